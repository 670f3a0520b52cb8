// Any bytes are answered, and an answer is consistent with its status.
#include <cstdlib>

#include "net/dns_message.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace junctor::net;
  for (const DnsType type : {DnsType::a, DnsType::aaaa, DnsType::srv, DnsType::naptr}) {
    const DnsAnswer answer = parse_dns_answer({data, size}, type);
    const std::size_t records = answer.addresses.size() + answer.srv.size() + answer.naptr.size();
    if ((answer.status == DnsStatus::ok) != (records > 0)) std::abort();
    if (answer.status == DnsStatus::no_name || answer.ttl.count() < 0) std::abort();
    if (answer.status != DnsStatus::ok && answer.ttl.count() != 0) std::abort();
    for (const SrvRecord& record : answer.srv) {
      if (record.target.size() > 255) std::abort();
    }
  }
  return 0;
}
