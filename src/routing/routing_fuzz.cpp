// Any text as a destination, as a pattern and as a called number: no crash, and what is printed reads back the same.
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/check.hpp"
#include "routing/routing.hpp"

namespace {

using namespace junctor::routing;

class NoUsers final : public Directory {
 public:
  const User* find_user(std::string_view) const override { return nullptr; }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const std::size_t cut = std::min(text.find('\n'), text.size());
  const std::string head = text.substr(0, cut);
  const std::string tail = cut < text.size() ? text.substr(cut + 1) : "";

  if (const auto destination = Destination::parse(head)) {
    const auto again = Destination::parse(to_string(*destination));
    JUNCTOR_CHECK(again && *again == *destination);
  }
  Definition definition;
  definition.features = {"9196", "9197", "*97", "*98", "*8", "**", "700", "701", "799"};
  definition.trunks = {{"carrier", "192.0.2.1", "udp", {"+4930123456"}}};
  RouteEntry route{.name = "r", .action = ActionKind::dial, .target = "sip:$0@carrier"};
  route.match.to = head;
  definition.routes.push_back(route);
  const Compiled compiled = compile(definition);
  JUNCTOR_CHECK((compiled.tables == nullptr) == !compiled.faults.empty());
  if (compiled.tables == nullptr) return 0;
  Facts facts;
  facts.origin = Origin::user;
  facts.to = tail;
  Trace trace;
  JUNCTOR_CHECK(!to_string(decide(*compiled.tables, NoUsers{}, facts, &trace).action).empty());
  return 0;
}
