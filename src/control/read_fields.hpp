#pragma once
// Fills a struct with fields() (base/field.hpp) from a JSON object, and says exactly what does not fit: which member,
// and what was expected. Members that the struct does not have are ignored.
#include <array>
#include <boost/json.hpp>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "apps/program/vocabulary.hpp"
#include "base/field.hpp"

namespace junctor::control {

template <class T>
concept HasWords = std::is_enum_v<T> && requires(T value) { words(value); };

class FieldReader {
 public:
  explicit FieldReader(const boost::json::object& object, std::string path = {})
      : object_(object), path_(std::move(path)) {}

  template <class T>
  void operator()(const Field& field, T& into) {
    if (!fault_.empty()) return;
    const boost::json::value* value = object_.if_contains(field.name);
    if (value == nullptr && !field.also.empty()) value = object_.if_contains(field.also);
    if (value == nullptr || value->is_null()) {
      if (field.required) fault_ = "\"" + path_ + std::string(field.name) + "\" is missing";
      return;
    }
    read(field, path_ + std::string(field.name), *value, into);
  }

  /// Empty: all fits.
  const std::string& fault() const { return fault_; }

 private:
  void refuse(const std::string& name, const std::string& expected) { fault_ = "\"" + name + "\" must be " + expected; }

  void read(const Field& field, const std::string& name, const boost::json::value& value, std::string& into) {
    const boost::json::string* const text = value.if_string();
    if (text == nullptr) return refuse(name, "a string");
    if (text->size() > field.longest) return refuse(name, "at most " + std::to_string(field.longest) + " bytes");
    into.assign(text->data(), text->size());
  }
  void read(const Field& field, const std::string& name, const boost::json::value& value,
            apps::program::CallRef& into) {
    read(field, name, value, into.name);
  }
  void read(const Field& field, const std::string&, const boost::json::value& value, apps::program::JsonText& into) {
    into.text = boost::json::serialize(value);
    if (into.text.size() > field.longest) fault_ = "\"" + std::string(field.name) + "\" is too long";
  }
  void read(const Field&, const std::string& name, const boost::json::value& value, bool& into) {
    if (const bool* const flag = value.if_bool()) {
      into = *flag;
    } else {
      refuse(name, "true or false");
    }
  }
  void read(const Field& field, const std::string& name, const boost::json::value& value, double& into) {
    boost::system::error_code error;
    const double number = value.to_number<double>(error);
    if (error || !std::isfinite(number)) return refuse(name, "a number");
    if (field.bounded() && (number < static_cast<double>(field.least) || number > static_cast<double>(field.most)))
      return refuse(name, "from " + std::to_string(field.least) + " to " + std::to_string(field.most));
    into = number;
  }
  template <std::integral T>
    requires(!std::same_as<T, bool>)
  void read(const Field& field, const std::string& name, const boost::json::value& value, T& into) {
    using Limits = std::numeric_limits<T>;
    constexpr auto top = static_cast<std::uint64_t>(Limits::max());
    constexpr auto most_of_type = top > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())
                                      ? std::numeric_limits<std::int64_t>::max()
                                      : static_cast<std::int64_t>(top);
    const std::int64_t least = std::max(field.least, static_cast<std::int64_t>(Limits::min()));
    const std::int64_t most = std::min(field.most, most_of_type);
    boost::system::error_code error;
    const auto number = value.is_number() ? value.to_number<std::int64_t>(error) : 0;
    if (!value.is_number() || error || number < least || number > most)
      return refuse(name, "a whole number from " + std::to_string(least) + " to " + std::to_string(most));
    into = static_cast<T>(number);
  }
  template <HasWords T>
  void read(const Field&, const std::string& name, const boost::json::value& value, T& into) {
    constexpr auto all = words(T{});
    const boost::json::string* const text = value.if_string();
    for (std::size_t i = 0; text != nullptr && i < all.size(); ++i) {
      if (std::string_view(text->data(), text->size()) != all[i]) continue;
      into = static_cast<T>(i);
      return;
    }
    std::string expected = "one of";
    for (std::size_t i = 0; i < all.size(); ++i) expected.append(i == 0 ? " " : ", ").append(all[i]);
    refuse(name, expected);
  }
  template <class T>
  void read(const Field& field, const std::string& name, const boost::json::value& value, std::optional<T>& into) {
    read(field, name, value, into.emplace());
  }
  template <class T>
  void read(const Field& field, const std::string& name, const boost::json::value& value, std::vector<T>& into) {
    const boost::json::array* const array = value.if_array();
    if (array == nullptr) return refuse(name, "an array");
    if (field.bounded() && array->size() > static_cast<std::uint64_t>(field.most))
      return refuse(name, "of at most " + std::to_string(field.most) + " items");
    const Field item(field.name, field.says);
    for (const boost::json::value& each : *array) {
      if (!fault_.empty()) return;
      read(item, name + "[" + std::to_string(into.size()) + "]", each, into.emplace_back());
    }
  }
  template <class T>
  void read(const Field& field, const std::string& name, const boost::json::value& value,
            std::map<std::string, T>& into) {
    const boost::json::object* const object = value.if_object();
    if (object == nullptr) return refuse(name, "an object");
    if (field.bounded() && object->size() > static_cast<std::uint64_t>(field.most))
      return refuse(name, "of at most " + std::to_string(field.most) + " members");
    const Field item = Field(field.name, field.says).up_to_bytes(4096);
    for (const auto& member : *object) {
      if (!fault_.empty()) return;
      if (member.key().size() > Field::text_bytes_max) return refuse(name, "of shorter names");
      read(item, name + "." + std::string(member.key()), member.value(), into[std::string(member.key())]);
    }
  }
  template <class T>
    requires requires(T& value, FieldReader& reader) { T::fields(value, reader); }
  void read(const Field&, const std::string& name, const boost::json::value& value, T& into) {
    const boost::json::object* const object = value.if_object();
    if (object == nullptr) return refuse(name, "an object");
    FieldReader reader(*object, name + ".");
    T::fields(into, reader);
    fault_ = reader.fault_;
  }

  const boost::json::object& object_;
  std::string path_;
  std::string fault_;
};

}  // namespace junctor::control
