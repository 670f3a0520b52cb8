// Properties: parse(serialize(parse(x))) == parse(x); parse(serialize(v)) == v for v built from typed fields; an answer
// made to any offer fits it.
#include <cstdint>

#include "base/check.hpp"
#include "sip/offer_answer.hpp"
#include "sip/sdp.hpp"

namespace {

using namespace junctor;
using namespace junctor::sip::sdp;

/// Turns bytes into decisions and words.
class Source {
 public:
  Source(const std::uint8_t* data, std::size_t size) : data_(data), size_(size) {}
  std::uint8_t byte() { return at_ < size_ ? data_[at_++] : std::uint8_t{0}; }
  std::uint16_t number() { return static_cast<std::uint16_t>(byte() << 8 | byte()); }
  bool flag() { return (byte() & 1) != 0; }
  /// Printable, never empty, without blanks, '/' and ':'.
  std::string word() {
    std::string out;
    const unsigned length = 1u + byte() % 8u;
    for (unsigned i = 0; i < length; ++i) {
      const auto c = static_cast<char>('!' + byte() % 94);
      out += c == '/' || c == ':' ? 'x' : c;
    }
    return out;
  }

 private:
  const std::uint8_t* data_;
  std::size_t size_;
  std::size_t at_ = 0;
};

/// Never one that has a typed field, which would be read back as that field.
Attribute attribute(Source& in) {
  return {"x" + in.word(), in.flag() ? in.word() + " " + in.word() : std::string()};
}

Media media(Source& in) {
  Media out;
  out.type = in.flag() ? "audio" : in.word();
  out.port = in.number();
  out.port_count = static_cast<std::uint16_t>(1 + in.byte());
  out.protocol = in.flag() ? "RTP/AVP" : "udptl";
  if (!out.is_rtp()) out.formats = {in.word()};
  for (std::uint8_t n = 0; out.is_rtp() && n < 1 + in.byte() % 4; ++n) {
    const auto payload_type = static_cast<std::uint8_t>(96 + n);
    out.codecs.push_back({payload_type, in.word(), 1u + in.number(), static_cast<std::uint8_t>(1 + in.byte() % 255),
                          in.flag() ? in.word() : std::string()});
  }
  if (in.flag()) out.connection = Connection{in.flag() ? Family::v4 : Family::v6, in.word()};
  if (in.flag()) out.direction = make_direction(in.flag(), in.flag());
  if (in.flag()) out.ptime = in.number();
  if (in.flag()) out.maxptime = in.number();
  out.rtcp_mux = in.flag();
  if (in.flag()) out.lines.push_back({'b', in.word()});
  if (in.flag()) out.attributes.push_back(attribute(in));
  return out;
}

Session session(Source& in) {
  Session out;
  out.origin = {in.word(), in.word(), in.word(), in.flag() ? Family::v4 : Family::v6, in.word()};
  out.name = in.word();
  if (in.flag()) out.connection = Connection{in.flag() ? Family::v4 : Family::v6, in.word()};
  if (in.flag()) out.direction = make_direction(in.flag(), in.flag());
  if (in.flag()) out.lines.push_back({'i', in.word()});
  if (in.flag()) out.attributes.push_back(attribute(in));
  for (unsigned n = in.byte() % 3u; n > 0; --n) out.media.push_back(media(in));
  return out;
}

void answered(const Session& offer) {
  const Address ours{IpAddress::v4(192, 0, 2, 1), 20000};
  LocalAudio audio{.rtp = ours};
  for (const auto name : {"opus", "pcma", "pcmu", "g729", "amr", "telephone-event", "cn"}) {
    audio.codecs.push_back(*codec_by_name(name));
  }
  const auto answer = make_answer(offer, make_origin(1, ours.ip), audio);
  if (!answer) return;
  JUNCTOR_CHECK(!check_answer(offer, *answer));
  JUNCTOR_CHECK(parse(serialize(*answer)));
  const auto agreed = negotiated_audio(*answer, offer);
  JUNCTOR_CHECK(agreed || agreed.error() == NegotiationError::no_address);
  const Session again = make_reoffer(*answer, audio);
  JUNCTOR_CHECK(again.media.size() == offer.media.size());
}

void read_and_written(std::string_view text) {
  const auto first = parse(text);
  if (!first) return;
  const std::string written = serialize(*first);
  // What is written may be longer (CRLF, rtpmap of static payload types), so only then may it pass the bound.
  if (written.size() <= max_bytes) JUNCTOR_CHECK(parse(written) == first);
  answered(*first);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  glance(text);
  read_and_written(text);
  const std::string head = "v=0\no=- 1 1 IN IP4 192.0.2.1\nc=IN IP4 192.0.2.1\n";
  read_and_written(head + text);
  read_and_written(head + "m=audio 4000 RTP/AVP 0 8 96 97\na=" + text);
  Source in(data, size);
  const Session built = session(in);
  JUNCTOR_CHECK(parse(serialize(built)) == built);
  return 0;
}
