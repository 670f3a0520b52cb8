#pragma once
// The one place where the structs of commands.hpp and store rows become JSON. Private to this room's .cpp files.
#include <boost/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "control/commands.hpp"

namespace junctor::control {

/// A JSON string: bytes that are not UTF-8 become U+FFFD.
boost::json::string text(std::string_view bytes);
/// The same behind a text of JSON.
void append_quoted(std::string& out, std::string_view bytes);
bool is_utf8(std::string_view bytes);

boost::json::value to_json(const Status& status);
boost::json::value to_json(const CallInfo& call);
boost::json::value to_json(const CallDetail& detail);
boost::json::value to_json(const SipMessage& message);
boost::json::value to_json(const Registration& registration);
boost::json::value to_json(const TrunkInfo& trunk);
boost::json::value to_json(const UserInfo& user);
boost::json::value to_json(const Explanation& explanation);
boost::json::value to_json(const ReloadReport& report);
boost::json::value to_json(const DrainReport& report);
/// A record as REST, console and command line show it.
boost::json::value to_json(const store::CallRecord& record);

template <class T>
boost::json::value to_json(const std::vector<T>& items) {
  boost::json::array out;
  out.reserve(items.size());
  for (const T& item : items) out.push_back(to_json(item));
  return out;
}

}  // namespace junctor::control
