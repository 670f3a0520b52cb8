// Property: load() of any bytes, and of a good save with some bytes changed, is an error or a dialog that is saved to
// the same bytes and can build requests.
#include <cstdint>

#include "base/check.hpp"
#include "sip/dialog.hpp"

namespace {

using namespace junctor::sip;

void loaded(std::string_view bytes) {
  auto dialog = Dialog::load(bytes);
  if (!dialog) return;
  JUNCTOR_CHECK(dialog->save() == bytes);
  dialog->next_hop();
  dialog->request(Method::bye).serialize();
  JUNCTOR_CHECK(dialog->ack(1).call_id() == dialog->id().call_id);
}

std::string good_save() {
  Message invite = Message::request(Method::invite, "sip:bob@example.com");
  invite.add(HeaderId::from, "\"A\" <sip:alice@example.com>;tag=a");
  invite.add(HeaderId::to, "<sip:bob@example.com>");
  invite.add(HeaderId::call_id, "call-1");
  invite.add(HeaderId::cseq, "1 INVITE");
  Message ok = Message::response(invite, 200);
  ok.set(HeaderId::to, "<sip:bob@example.com>;tag=b");
  ok.add(HeaderId::contact, "<sip:bob@192.0.2.2;transport=udp>");
  ok.add(HeaderId::record_route, "<sip:p2.example.com;lr>, <sip:p1.example.com>");
  return Dialog::uac(invite, ok)->save();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  loaded({reinterpret_cast<const char*>(data), size});
  static const std::string good = good_save();
  std::string changed = good;
  for (std::size_t i = 0; i + 1 < size; i += 2) changed[data[i] % changed.size()] = static_cast<char>(data[i + 1]);
  loaded(changed);
  return 0;
}
