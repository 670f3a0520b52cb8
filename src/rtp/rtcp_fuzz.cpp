// A compound packet that parses is rebuilt from its typed parts and must parse to the same parts again.
#include <algorithm>
#include <array>
#include <cstdlib>
#include <string>
#include <vector>

#include "rtp/rtcp.hpp"

namespace {

using namespace junctor::rtp;

void require(bool condition) {
  if (!condition) std::abort();
}

struct Parts {
  std::vector<Report> reports;
  std::vector<std::pair<std::uint32_t, std::string>> cnames;
  std::vector<std::pair<std::vector<std::uint32_t>, std::string>> byes;
  std::vector<ExtendedReport> extended;
};

Parts read(Compound compound) {
  Parts parts;
  RtcpPacket packet;
  while (compound.next(packet)) {
    if (const auto report = parse_report(packet)) parts.reports.push_back(*report);
    if (const auto cname = parse_sdes(packet)) parts.cnames.emplace_back(cname->ssrc, cname->text);
    if (const auto extended = parse_extended_report(packet)) parts.extended.push_back(*extended);
    if (const auto bye = parse_bye(packet)) {
      parts.byes.emplace_back(std::vector(bye->ssrcs.begin(), bye->ssrcs.begin() + bye->count), bye->reason);
    }
  }
  return parts;
}

bool same(const Report& a, const Report& b) {
  return a.sender == b.sender && a.ssrc == b.ssrc && a.info == b.info && std::ranges::equal(a.all(), b.all());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto compound = Compound::parse({data, size});
  if (!compound) return 0;
  const Parts parts = read(*compound);
  if (parts.reports.empty()) return 0;

  std::vector<std::uint8_t> out(2 * size + 64);
  CompoundWriter writer(out);
  for (const Report& report : parts.reports) writer.add_report(report);
  for (const auto& [ssrc, cname] : parts.cnames) writer.add_cname(ssrc, cname);
  for (const ExtendedReport& report : parts.extended) writer.add_extended_report(report);
  for (const auto& [ssrcs, reason] : parts.byes) writer.add_bye(ssrcs, reason);
  const std::size_t written = writer.finish();
  require(written != 0);

  const auto again = Compound::parse({out.data(), written});
  require(again.has_value());
  const Parts same_parts = read(*again);
  require(std::ranges::equal(parts.reports, same_parts.reports, same));
  require(parts.cnames == same_parts.cnames && parts.byes == same_parts.byes);
  require(parts.extended == same_parts.extended);
  return 0;
}
