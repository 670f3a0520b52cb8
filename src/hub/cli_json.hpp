#pragma once
// Reading the hub's answers; what is missing reads as empty. For the command line's .cpp files.
#include <boost/json.hpp>
#include <cstdint>
#include <cstdio>
#include <string>

namespace junctor::hub::cli {

inline const boost::json::value* member(const boost::json::value& from, const char* name) {
  const boost::json::object* object = from.if_object();
  return object == nullptr ? nullptr : object->if_contains(name);
}

/// A string's text, a number in digits (fractions with two of them), else nothing.
inline std::string text_of(const boost::json::value& from, const char* name) {
  const boost::json::value* value = member(from, name);
  if (value == nullptr || value->is_null()) return {};
  if (value->is_string()) return std::string(value->get_string());
  if (value->is_double()) {
    char digits[32];
    std::snprintf(digits, sizeof digits, "%.2f", value->get_double());
    return digits;
  }
  return boost::json::serialize(*value);
}

inline std::int64_t number_of(const boost::json::value& from, const char* name) {
  const boost::json::value* value = member(from, name);
  return value != nullptr && value->is_number() ? value->to_number<std::int64_t>() : 0;
}

inline bool flag_of(const boost::json::value& from, const char* name) {
  const boost::json::value* value = member(from, name);
  return value != nullptr && value->is_bool() && value->get_bool();
}

inline boost::json::array array_of(const boost::json::value& from, const char* name) {
  const boost::json::value* value = member(from, name);
  return value != nullptr && value->is_array() ? value->get_array() : boost::json::array();
}

}  // namespace junctor::hub::cli
