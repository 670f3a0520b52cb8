#include "apps/leg_quality.hpp"

#include <cstdio>
#include <optional>
#include <string_view>

namespace junctor::apps {
namespace {

/// Members of one JSON object.
class Members {
 public:
  Members& text(std::string_view name, std::string_view value) { return add(name, '"' + std::string(value) + '"'); }
  Members& count(std::string_view name, std::uint64_t value) { return add(name, std::to_string(value)); }
  /// With so many digits after the point; null when it is not known.
  Members& number(std::string_view name, std::optional<float> value, int digits) {
    if (!value) return add(name, "null");
    char out[32];
    std::snprintf(out, sizeof out, "%.*f", digits, static_cast<double>(*value));
    return add(name, out);
  }
  std::string object() const { return '{' + out_ + '}'; }

 private:
  Members& add(std::string_view name, std::string_view value) {
    if (!out_.empty()) out_ += ',';
    out_ += '"';
    out_ += name;
    out_ += "\":";
    out_ += value;
    return *this;
  }
  std::string out_;
};

std::optional<float> known(float value, bool is_known) {
  return is_known ? std::optional(value) : std::nullopt;
}

float part(std::uint64_t some, std::uint64_t all) {
  return all == 0 ? 0 : static_cast<float>(some) / static_cast<float>(all);
}

}  // namespace

std::string quality_of(const call::LegFacts& leg) {
  const auto& s = leg.stats;
  if (s.packets_in == 0 && s.packets_out == 0) return {};
  const bool heard = s.packets_in > 0;
  const std::string in = Members()
                             .text("codec", rtp::codec_name(s.codec))
                             .count("packets", s.packets_in)
                             .number("loss", known(part(s.lost, s.lost + s.packets_in), heard), 4)
                             .number("jitter_ms", known(s.jitter_ms, heard), 1)
                             .number("delay_ms", known(s.delay_ms, s.delay_ms >= 0), 1)
                             .number("concealed_ms", s.concealed_ms, 0)
                             .number("level_dbm0", s.level_dbm0, 1)
                             .number("mos", known(s.mos, heard), 2)
                             .object();
  const bool told = s.remote_mos > 0;
  const std::string out = Members()
                              .text("codec", rtp::codec_name(s.codec_out))
                              .count("packets", s.packets_out)
                              .number("loss", known(part(s.remote_lost, s.packets_out), told), 4)
                              .number("jitter_ms", known(s.remote_jitter_ms, told), 1)
                              .number("delay_ms", known(s.remote_delay_ms, s.remote_delay_ms >= 0), 1)
                              .number("level_dbm0", s.remote_level_dbm0, 1)
                              .number("mos", known(s.remote_mos, told), 2)
                              .object();
  return "{\"in\":" + in + ",\"out\":" + out + '}';
}

}  // namespace junctor::apps
