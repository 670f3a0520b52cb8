#pragma once
// Writes a struct with fields() (base/field.hpp) as the members of a JSON object.
#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <charconv>
#include <concepts>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "apps/program/vocabulary.hpp"
#include "base/field.hpp"
#include "control/read_fields.hpp"
#include "control/to_json.hpp"

namespace junctor::control {

/// How a call is named toward whoever reads it.
using CallNames = std::function<std::string(CallId)>;

/// The text has no braces: what it is of, the caller knows.
class FieldWriter {
 public:
  /// Members that are in the flat form since a later release than `flat` are left out; nothing: all are written.
  explicit FieldWriter(const CallNames& names, std::optional<Field::Flat> flat = std::nullopt)
      : names_(names), flat_(flat) {}

  template <class T>
  void operator()(const Field& field, const T& from) {
    if (flat_ && field.flat > *flat_) return;
    add(field.name, from);
  }
  /// A member besides the struct's own.
  template <class T>
  void add(std::string_view name, const T& from) {
    if (text_.empty()) text_.reserve(usual_bytes);
    add_name(name, text_.empty());
    const std::size_t begin = text_.size();
    write(from);
    members_.push_back({name, begin, text_.size()});
  }
  void add_missing(std::string_view name, const std::string& value) {
    if (!value.empty() && !value_of(name)) add(name, value);
  }

  const std::string& text() const { return text_; }
  std::string object() const { return '{' + text_ + '}'; }
  /// JSON; nothing: there is no such member.
  std::optional<std::string_view> value_of(std::string_view name) const {
    const auto at = std::ranges::find(members_, name, &Member::name);
    if (at == members_.end()) return std::nullopt;
    return std::string_view(text_).substr(at->begin, at->end - at->begin);
  }

 private:
  static constexpr std::size_t usual_bytes = 256;

  void add_name(std::string_view name, bool first) { text_.append(first ? "\"" : ",\"").append(name).append("\":"); }

  /// Of a struct in the struct: nobody asks for the values of its members.
  struct Inner {
    FieldWriter& out;
    bool first = true;

    template <class T>
    void operator()(const Field& field, const T& from) {
      if (out.flat_ && field.flat > *out.flat_) return;
      out.add_name(field.name, std::exchange(first, false));
      out.write(from);
    }
  };

  struct Member {
    std::string_view name;
    std::size_t begin = 0, end = 0;  // of its value
  };

  void write(std::nullptr_t) { text_ += "null"; }
  void write(std::string_view from) { append_quoted(text_, from); }
  void write(const std::string& from) { append_quoted(text_, from); }
  void write(const apps::program::CallRef& from) { write(from.name.empty() ? names_(from.id) : from.name); }
  void write(const apps::program::JsonText& from) { text_ += from.text.empty() ? std::string_view("null") : from.text; }
  void write(bool from) { text_ += from ? "true" : "false"; }
  void write(double from) { text_ += boost::json::serialize(boost::json::value(from)); }
  template <std::integral T>
    requires(!std::same_as<T, bool>)
  void write(T from) {
    std::array<char, 24> digits;
    text_.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), from).ptr);
  }
  template <HasWords T>
  void write(T from) {
    write(words(T{}).at(static_cast<std::size_t>(from)));
  }
  template <class T>
  void write(const std::optional<T>& from) {
    from ? write(*from) : write(nullptr);
  }
  template <class T>
  void write(const std::vector<T>& from) {
    text_ += '[';
    for (bool first = true; const T& each : from) {
      if (!std::exchange(first, false)) text_ += ',';
      write(each);
    }
    text_ += ']';
  }
  template <class T>
  void write(const std::map<std::string, T>& from) {
    text_ += '{';
    for (bool first = true; const auto& [key, value] : from) {
      if (!std::exchange(first, false)) text_ += ',';
      append_quoted(text_, key);
      text_ += ':';
      write(value);
    }
    text_ += '}';
  }
  template <class T>
    requires requires(const T& value, FieldWriter& writer) { T::fields(value, writer); }
  void write(const T& from) {
    Inner inner{*this};
    text_ += '{';
    T::fields(from, inner);
    text_ += '}';
  }

  const CallNames& names_;
  std::optional<Field::Flat> flat_;
  std::string text_;
  std::vector<Member> members_;
};

}  // namespace junctor::control
