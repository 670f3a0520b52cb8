#include "transcription/json_fields.hpp"

#include <algorithm>
#include <cmath>

#include "transcription/engine.hpp"

namespace junctor::transcription {
namespace {

namespace json = boost::json;

constexpr std::size_t depth_max = 16;

bool is_middle_of_character(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

}  // namespace

Result<json::object, std::string> parse_object(std::string_view text) {
  boost::system::error_code error;
  json::parse_options options;
  options.max_depth = depth_max;
  json::value value = json::parse(json::string_view(text.data(), text.size()), error, {}, options);
  if (error) return fail("no JSON: " + error.message());
  if (!value.is_object()) return fail(std::string("no JSON object"));
  return std::move(value.as_object());
}

const json::object* object_of(const json::object& in, std::string_view name) {
  const json::value* const value = in.if_contains({name.data(), name.size()});
  return value == nullptr ? nullptr : value->if_object();
}

const json::array* array_of(const json::object& in, std::string_view name) {
  const json::value* const value = in.if_contains({name.data(), name.size()});
  return value == nullptr ? nullptr : value->if_array();
}

std::optional<double> number_of(const json::object& in, std::string_view name) {
  const json::value* const value = in.if_contains({name.data(), name.size()});
  if (value == nullptr || !value->is_number()) return std::nullopt;
  boost::system::error_code error;
  const double number = value->to_number<double>(error);
  if (error || !std::isfinite(number)) return std::nullopt;
  return number;
}

bool flag_of(const json::object& in, std::string_view name) {
  const json::value* const value = in.if_contains({name.data(), name.size()});
  const bool* const flag = value == nullptr ? nullptr : value->if_bool();
  return flag != nullptr && *flag;
}

std::optional<std::string> text_of(const json::object& in, std::string_view name) {
  const json::value* const value = in.if_contains({name.data(), name.size()});
  const json::string* const found = value == nullptr ? nullptr : value->if_string();
  if (found == nullptr) return std::nullopt;
  std::string out(found->data(), found->size());
  if (out.size() > Engine::text_bytes_max) {
    std::size_t end = Engine::text_bytes_max;
    while (end > 0 && is_middle_of_character(out[end])) --end;
    out.resize(end);
  }
  std::ranges::replace_if(out, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; }, ' ');
  const std::size_t first = out.find_first_not_of(' ');
  if (first == std::string::npos) return "";
  return out.substr(first, out.find_last_not_of(' ') - first + 1);
}

}  // namespace junctor::transcription
