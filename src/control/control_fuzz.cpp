// Any bytes on the local socket: each line has one result, which is one line of JSON.
#include <boost/json.hpp>
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/check.hpp"
#include "control/local_server.hpp"
#include "control/test_commands.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace junctor;
  control::TestCommands commands;
  control::TestStreams streams;
  Counters counters;
  control::LocalServer server(commands, streams, counters);
  control::LineFramer framer;
  std::size_t lines = 0;
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  framer.on_bytes(bytes, [&](std::string&& line) {
    server.on_message(ConnectionId{1}, std::move(line), TimePoint{});
    ++lines;
    if (commands.later) {
      commands.later({});
      commands.later = nullptr;
    }
  });
  JUNCTOR_CHECK(streams.written.size() == lines);
  for (const std::string& result : streams.written) {
    JUNCTOR_CHECK(boost::json::parse(result).as_object().contains("status"));
  }
  return 0;
}
