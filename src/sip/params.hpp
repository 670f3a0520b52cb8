#pragma once
// Parameters as they stand on the wire: ";name=value;flag". One view type for URI, Via, name-addr and every other
// header with generic-params (RFC 3261 §25.1). Nothing is allocated; a look-up scans the text.
#include <cstddef>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>

namespace junctor::sip {

struct Param {
  std::string_view name;
  std::string_view value;  ///< as written, quotes and escapes included; empty for a flag
  bool has_value = false;

  bool operator==(const Param&) const = default;
};

/// A view of well-formed parameter text: empty, or beginning with ';'. Its owner's parse() has checked the grammar.
struct Params {
  std::string_view text;

  /// The first parameter of that name (case-insensitive): its value as written, "" for a flag.
  std::optional<std::string_view> get(std::string_view name) const;
  bool has(std::string_view name) const { return get(name).has_value(); }
  bool empty() const { return text.empty(); }
  bool operator==(const Params&) const = default;

  class Iterator {
   public:
    using value_type = Param;
    using difference_type = std::ptrdiff_t;
    Iterator() = default;
    explicit Iterator(std::string_view rest) : rest_(rest) { read(); }
    const Param& operator*() const { return param_; }
    const Param* operator->() const { return &param_; }
    Iterator& operator++() {
      read();
      return *this;
    }
    void operator++(int) { read(); }
    bool operator==(std::default_sentinel_t) const { return done_; }

   private:
    void read();
    std::string_view rest_;
    Param param_;
    bool done_ = true;
  };
  Iterator begin() const { return Iterator(text); }
  std::default_sentinel_t end() const { return {}; }
};

/// What separates the parameters of a URI from those of a header: URI parameters are never quoted and hold no spaces.
enum class ParamSyntax { header, uri };

/// One parameter that is wanted while parameters are checked, so that they need not be gone through again.
struct WantedParam {
  std::string_view name;   ///< emptied when it was found
  std::string_view value;  ///< of the first of that name
};

/// The length of the well-formed parameters at the start of `text` (0 if it does not start with ';'); nothing if they
/// are malformed. In header syntax white space is allowed around ';' and '='.
std::optional<std::size_t> scan_params(std::string_view text, ParamSyntax syntax, WantedParam* wanted = nullptr);

/// The same parameters with `name` set to `value` (in place if present, else at the end); as a flag if `value` is
/// empty.
std::string with_param(Params params, std::string_view name, std::string_view value);
/// The same parameters without `name`.
std::string without_param(Params params, std::string_view name);

}  // namespace junctor::sip
