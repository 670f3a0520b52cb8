// Whatever a program sends, in whatever order: no crash, and the accounts hold. What is played and what is thrown away
// is never more than what was given.
#include <boost/json.hpp>
#include <cstdint>

#include "base/check.hpp"
#include "stream/program_fixture.hpp"
#include "stream/session.hpp"

namespace {

using namespace junctor;
using namespace junctor::stream;

struct Checks final : FrameSink {
  void send_text(std::string frame) override {
    const auto text = boost::json::parse(frame).as_object();
    if (!text.contains("heard_ms")) return;
    const double heard = text.at("heard_ms").to_number<double>();
    JUNCTOR_CHECK(heard >= 0 && heard >= last && text.at("discarded_ms").to_number<double>() >= 0);
    last = heard;
  }
  void send_binary(std::string) override {}
  std::size_t unsent() const override { return 0; }
  double last = 0;
};

constexpr std::uint32_t rates[] = {8000, 16'000, 24'000, 48'000};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const Format format{static_cast<Codec>(data[0] & 3), rates[data[0] >> 2 & 3],
                      static_cast<std::uint8_t>((data[0] >> 4 & 1) + 1), 20};
  const auto dialect = (data[0] & 0x20) != 0 ? Dialect::bridge : Dialect::media;
  Counters counters;
  StreamCounters stream_counters(counters);
  Checks checks;
  TimePoint now{hours(1)};
  TestMixer mixer(data[1] % 2 == 0 ? 8000 : 16'000);
  Session session({.format = format, .dialect = dialect}, stream_counters);
  session.apply(Follow{mixer.tap, mixer.feed, {}}, now);
  session.open(checks, now);
  for (std::size_t at = 2; at + 1 < size;) {
    const std::uint8_t kind = data[at];
    const std::size_t length = std::min<std::size_t>(data[at + 1], size - at - 2);
    const std::string_view frame(reinterpret_cast<const char*>(data) + at + 2, length);
    at += 2 + length;
    switch (kind % 6) {
      case 0:
        session.on_text(frame, now);
        break;
      case 1:
        session.on_binary(frame, now);
        break;
      case 2:
        session.on_binary(std::string(64 * length, static_cast<char>(kind)), now);
        break;
      case 3:
        session.on_text(R"({"command":"clear"})", now);
        break;
      case 4:
        now += milliseconds(length);
        mixer.tick(now);
        break;
      default: {
        TestMixer next(kind % 4 == 1 ? 8000 : 48'000);
        mixer.feed->end();
        mixer = next;
        session.apply(Follow{mixer.tap, mixer.feed, {}}, now);
      }
    }
    session.work(now);
  }
  return 0;
}
