// What programs send: parameters of every command, and the targets of requests. What is understood is written and read
// again, and is the same.
#include <boost/json.hpp>
#include <cstdint>
#include <string_view>

#include "base/check.hpp"
#include "control/all_commands.hpp"
#include "control/read_fields.hpp"
#include "control/tokens.hpp"
#include "control/write_fields.hpp"

namespace junctor::control {
namespace {

template <class Command>
boost::json::object written(const Command& command) {
  const CallNames names = [](CallId) { return std::string(); };
  FieldWriter writer(names);
  Command::fields(command, writer);
  return boost::json::parse(writer.object()).as_object();
}

template <class Command>
void round_trip(const boost::json::object& params) {
  Command command;
  FieldReader reader(params);
  Command::fields(command, reader);
  if (!reader.fault().empty()) return;
  const boost::json::object first = written(command);
  Command again;
  FieldReader second(first);
  Command::fields(again, second);
  JUNCTOR_CHECK(second.fault().empty());
  JUNCTOR_CHECK(written(again) == first);
}

}  // namespace
}  // namespace junctor::control

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace junctor::control;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  (void)query_value(text, "token");
  (void)parse_scope(text);
  boost::system::error_code error;
  const boost::json::value parsed = boost::json::parse(text, error);
  const boost::json::object* const params = error ? nullptr : parsed.if_object();
  if (params == nullptr) return 0;
  for_each_command([&]<class Command>() { round_trip<Command>(*params); });
  return 0;
}
