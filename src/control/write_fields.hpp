#pragma once
// Makes a JSON object of a struct with fields() (base/field.hpp).
#include <boost/json.hpp>
#include <concepts>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "apps/program/vocabulary.hpp"
#include "base/field.hpp"
#include "control/read_fields.hpp"
#include "control/to_json.hpp"

namespace junctor::control {

/// How a call is named toward whoever reads it.
using CallNames = std::function<std::string(CallId)>;

class FieldWriter {
 public:
  /// Members that are in the flat form since a later release than `flat` are left out; nothing: all are written.
  FieldWriter(boost::json::object& object, const CallNames& names, std::optional<Field::Flat> flat = std::nullopt)
      : object_(object), names_(names), flat_(flat) {}

  template <class T>
  void operator()(const Field& field, const T& from) {
    if (flat_ && field.flat > *flat_) return;
    object_.insert_or_assign(field.name, made(from));
  }

 private:
  boost::json::value made(const std::string& from) const { return text(from); }
  boost::json::value made(const apps::program::CallRef& from) const {
    return from.name.empty() ? text(names_(from.id)) : text(from.name);
  }
  boost::json::value made(const apps::program::JsonText& from) const {
    return from.text.empty() ? boost::json::value(nullptr) : boost::json::parse(from.text);
  }
  template <class T>
    requires std::is_arithmetic_v<T>
  boost::json::value made(T from) const {
    return from;
  }
  template <HasWords T>
  boost::json::value made(T from) const {
    return text(words(T{}).at(static_cast<std::size_t>(from)));
  }
  template <class T>
  boost::json::value made(const std::optional<T>& from) const {
    return from ? made(*from) : boost::json::value(nullptr);
  }
  template <class T>
  boost::json::value made(const std::vector<T>& from) const {
    boost::json::array out;
    for (const T& each : from) out.push_back(made(each));
    return out;
  }
  template <class T>
  boost::json::value made(const std::map<std::string, T>& from) const {
    boost::json::object out;
    for (const auto& [key, value] : from) out.insert_or_assign(text(key), made(value));
    return out;
  }
  template <class T>
    requires requires(const T& value, FieldWriter& writer) { T::fields(value, writer); }
  boost::json::value made(const T& from) const {
    boost::json::object out;
    FieldWriter writer(out, names_, flat_);
    T::fields(from, writer);
    return out;
  }

  boost::json::object& object_;
  const CallNames& names_;
  std::optional<Field::Flat> flat_;
};

}  // namespace junctor::control
