#pragma once
// Reading what an engine sent: fields that may be missing, or be something else. Private to this room; brings
// Boost.JSON.
#include <boost/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace junctor::transcription {

/// The error is one line; anything but an object is one.
Result<boost::json::object, std::string> parse_object(std::string_view text);

const boost::json::object* object_of(const boost::json::object& in, std::string_view name);
const boost::json::array* array_of(const boost::json::object& in, std::string_view name);
/// Of any kind of number that is finite.
std::optional<double> number_of(const boost::json::object& in, std::string_view name);
/// False when it is not there.
bool flag_of(const boost::json::object& in, std::string_view name);
/// One line: control characters become spaces, those at both ends go; at most Engine::text_bytes_max, whole
/// characters. Nothing when it is no text.
std::optional<std::string> text_of(const boost::json::object& in, std::string_view name);

}  // namespace junctor::transcription
