// Properties: load() of any bytes is an error or a dialog that is saved to the same bytes and can build requests.
#include <cstdint>

#include "base/check.hpp"
#include "sip/dialog.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace junctor::sip;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (auto dialog = Dialog::load(bytes)) {
    JUNCTOR_CHECK(dialog->save() == bytes);
    dialog->next_hop();
    dialog->request(Method::bye).serialize();
    JUNCTOR_CHECK(dialog->ack(1).call_id() == dialog->id().call_id);
  }
  return 0;
}
