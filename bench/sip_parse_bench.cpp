// What it costs to take a typical INVITE apart, read what routing needs, and write it again, beside the least that any
// SIP element does with one: finding its lines, telling the headers apart and locating the values that matter.
#include <array>
#include <string>
#include <string_view>

#include "bench/allocations.hpp"
#include "bench/measure.hpp"
#include "sip/headers.hpp"
#include "sip/message.hpp"
#include "sip/sdp.hpp"

namespace junctor::bench {
namespace {

std::string invite() {
  const std::string body =
      "v=0\r\n"
      "o=- 3982746512 3982746512 IN IP4 192.0.2.20\r\n"
      "s=-\r\n"
      "c=IN IP4 192.0.2.20\r\n"
      "t=0 0\r\n"
      "m=audio 23456 RTP/AVP 9 8 0 96 101\r\n"
      "a=rtpmap:9 G722/8000\r\n"
      "a=rtpmap:8 PCMA/8000\r\n"
      "a=rtpmap:0 PCMU/8000\r\n"
      "a=rtpmap:96 opus/48000/2\r\n"
      "a=fmtp:96 useinbandfec=1\r\n"
      "a=rtpmap:101 telephone-event/8000\r\n"
      "a=fmtp:101 0-16\r\n"
      "a=sendrecv\r\n";
  return "INVITE sip:1002@hub.example SIP/2.0\r\n"
         "Via: SIP/2.0/UDP 192.0.2.10:5060;rport;branch=z9hG4bKd3f0a1c2b4e5;received=192.0.2.10\r\n"
         "Via: SIP/2.0/UDP 192.0.2.20:5062;branch=z9hG4bK-7731-1---0a9b8c7d6e5f;rport=5062\r\n"
         "Max-Forwards: 69\r\n"
         "Record-Route: <sip:192.0.2.10;lr;ftag=7c1b22aa>\r\n"
         "Contact: <sip:1001@192.0.2.20:5062;transport=udp>\r\n"
         "To: \"Bob\" <sip:1002@hub.example>\r\n"
         "From: \"Alice\" <sip:1001@hub.example>;tag=7c1b22aa\r\n"
         "Call-ID: 4d2f5b7e9a1c4f0d8e6b3a5c7d9f1e2b@192.0.2.20\r\n"
         "CSeq: 2 INVITE\r\n"
         "Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, REFER, NOTIFY, MESSAGE, UPDATE\r\n"
         "Supported: replaces, 100rel, timer\r\n"
         "Session-Expires: 1800\r\n"
         "Content-Type: application/sdp\r\n"
         "User-Agent: desk phone 4.2\r\n"
         "Proxy-Authorization: Digest username=\"1001\", realm=\"hub.example\", "
         "nonce=\"0011a2b3c4d5e6f708192a3b4c5d6e7f\", "
         "uri=\"sip:1002@hub.example\", response=\"6629fae49393a05397450978507c4ef1\", algorithm=MD5, "
         "cnonce=\"5ec1a2\", "
         "qop=auth, nc=00000001\r\n"
         "Content-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

/// The floor: nothing is checked, nothing kept but where the values are.
std::size_t split(std::string_view text) {
  std::array<std::string_view, 8> found{};
  std::size_t others = 0;
  std::size_t at = text.find("\r\n") + 2;
  while (at < text.size()) {
    const std::size_t end = text.find('\n', at);
    if (end <= at + 1 || end == text.npos) break;
    const std::size_t colon = text.find(':', at);
    const std::string_view value = text.substr(colon + 2, end - colon - 3);
    switch ((static_cast<unsigned>(text[at]) | 0x20u) << 8 | static_cast<unsigned>(colon - at)) {
      case 'v' << 8 | 3:
        found[0] = value.substr(value.find("branch=") + 7);
        break;
      case 'f' << 8 | 4:
        found[1] = value.substr(value.find("tag=") + 4);
        break;
      case 't' << 8 | 2:
        found[2] = value;
        break;
      case 'c' << 8 | 7:
        found[value.front() == '<' ? 3 : 4] = value;
        break;
      case 'c' << 8 | 4:
        found[5] = value;
        break;
      case 'r' << 8 | 12:
        found[6] = value;
        break;
      case 'c' << 8 | 14:
        found[7] = value;
        break;
      default:
        ++others;
    }
    at = end + 1;
  }
  keep(found);
  return others;
}

/// What the hub reads of an INVITE before it decides anything.
std::size_t read(const sip::Message& m) {
  std::size_t bytes = m.from_tag().size() + m.to_tag().size() + m.call_id().size();
  if (const auto uri = m.uri()) bytes += uri->user.size() + uri->host.size();
  if (const auto via = m.top_via()) bytes += via->host.size() + m.top_branch().size();
  if (const auto contact = m.contact()) bytes += contact->uri.host.size();
  for (const auto id : {sip::HeaderId::record_route, sip::HeaderId::route}) {
    for (const std::string_view route : m.values(id)) {
      if (const auto parsed = sip::NameAddr::parse(route)) bytes += parsed->uri.host.size();
    }
  }
  bytes += m.cseq().number + m.max_forwards().value_or(0);
  const auto media = sip::sdp::glance(m.body());
  return bytes + media.connection.size() + media.media.size();
}

int run() {
  const std::string text = invite();
  if (!sip::Message::parse(text) || sip::Message::parse(text)->serialize() != text) return 1;
  const auto whole = [&text] {
    const auto m = sip::Message::parse(text);
    keep(read(*m));
    keep(m->serialize());
  };
  const auto parse = [&text] { keep(sip::Message::parse(text)); };

  constexpr int rounds = 31;
  constexpr std::size_t times = 5000;
  std::vector<double> floor, all, parsing;
  for (int i = 0; i < rounds; ++i) {
    floor.push_back(ns_each(times, [&text] { keep(split(text)); }));
    all.push_back(ns_each(times, whole));
    parsing.push_back(ns_each(times, parse));
  }
  const auto median = [](const std::vector<double>& values) {
    Rounds r;
    for (const double v : values) r.add(v);
    return r.median();
  };
  const std::size_t before = allocations();
  parse();
  const std::size_t for_parse = allocations() - before;
  whole();
  const std::size_t for_all = allocations() - before - for_parse;

  std::printf("INVITE of %zu bytes, 16 headers\n", text.size());
  std::printf("  lines and headers split (floor)   %7.0f ns\n", median(floor));
  std::printf(
      "  parse                             %7.0f ns   %.2f x floor   %zu allocations, the text's copy included\n",
      median(parsing), median_ratio(parsing, floor), for_parse);
  std::printf("  parse, read, serialise            %7.0f ns   %.2f x floor   %zu allocations\n", median(all),
              median_ratio(all, floor), for_all);
  return 0;
}

}  // namespace
}  // namespace junctor::bench

int main() {
  return junctor::bench::run();
}
