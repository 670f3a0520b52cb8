// Property: parse(to_string(parse(x))) == parse(x), for a plain body but for the duration, which it cannot tell.
#include <cstdint>

#include "base/check.hpp"
#include "sip/dtmf_info.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace junctor::sip;
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  dtmf_info_type(body);
  const auto relay = parse_dtmf_info(DtmfInfoType::relay, body);
  if (relay) {
    JUNCTOR_CHECK(parse_dtmf_info(DtmfInfoType::relay, to_string(*relay, DtmfInfoType::relay)) == relay);
    const auto plain = parse_dtmf_info(DtmfInfoType::plain, to_string(*relay, DtmfInfoType::plain));
    JUNCTOR_CHECK(plain && plain->digit == relay->digit && !plain->duration_ms);
  }
  const auto plain = parse_dtmf_info(DtmfInfoType::plain, body);
  if (plain) JUNCTOR_CHECK(parse_dtmf_info(DtmfInfoType::plain, to_string(*plain, DtmfInfoType::plain)) == plain);
  return 0;
}
