#include "sip/params.hpp"

#include "sip/text.hpp"

namespace junctor::sip {
namespace {

using namespace text;

// In header syntax a value is a token, a host or a quoted string; real messages carry a little more.
template <ParamSyntax syntax>
std::size_t value_length(std::string_view rest) {
  if (syntax == ParamSyntax::uri) return span_escaped(rest, param_char);
  return !rest.empty() && rest.front() == '"' ? quoted_length(rest) : span(rest, value_char);
}

// Takes one parameter behind its ';'. False if it is malformed.
template <ParamSyntax syntax>
bool take_param(std::string_view& rest, WantedParam* wanted) {
  const std::size_t length = syntax == ParamSyntax::uri ? span_escaped(rest, param_char) : span(rest, token_char);
  if (length == 0) return false;
  const std::string_view name = take(rest, length);
  const bool found = wanted != nullptr && iequals(name, wanted->name);
  if (found) wanted->name = {};  // later ones of that name do not count
  if (syntax == ParamSyntax::uri ? !take_char(rest, '=') : !take_separator(rest, '=')) return true;
  const std::string_view value = take(rest, value_length<syntax>(rest));
  if (found) wanted->value = value;
  return !value.empty();
}

template <ParamSyntax syntax>
std::optional<std::size_t> scan(std::string_view text, WantedParam* wanted) {
  std::string_view rest = text;
  while (syntax == ParamSyntax::uri ? take_char(rest, ';') : take_separator(rest, ';')) {
    if (!take_param<syntax>(rest, wanted)) return std::nullopt;
  }
  return text.size() - rest.size();
}

}  // namespace

std::optional<std::size_t> scan_params(std::string_view text, ParamSyntax syntax, WantedParam* wanted) {
  return syntax == ParamSyntax::uri ? scan<ParamSyntax::uri>(text, wanted) : scan<ParamSyntax::header>(text, wanted);
}

void Params::Iterator::read() {
  done_ = !take_separator(rest_, ';');
  if (done_) return;
  // The text is well-formed in either syntax, so a name ends at '=', ';', white space or the end.
  param_ = {take(rest_, span_not(rest_, name_end)), {}, false};
  if (!take_separator(rest_, '=')) return;
  param_.has_value = true;
  const std::size_t quoted = quoted_length(rest_);
  param_.value = take(rest_, quoted != 0 ? quoted : span_not(rest_, param_end));
}

std::optional<std::string_view> Params::get(std::string_view name) const {
  for (const Param& p : *this) {
    if (iequals(p.name, name)) return p.value;
  }
  return std::nullopt;
}

namespace {

void append_param(std::string& out, std::string_view name, std::string_view value, bool has_value) {
  out += ';';
  out += name;
  if (!has_value) return;
  out += '=';
  out += value;
}

}  // namespace

std::string with_param(Params params, std::string_view name, std::string_view value) {
  std::string out;
  out.reserve(params.text.size() + name.size() + value.size() + 2);
  bool found = false;
  for (const Param& p : params) {
    if (!iequals(p.name, name)) {
      append_param(out, p.name, p.value, p.has_value);
    } else if (!found) {
      found = true;
      append_param(out, p.name, value, !value.empty());
    }
  }
  if (!found) append_param(out, name, value, !value.empty());
  return out;
}

std::string without_param(Params params, std::string_view name) {
  std::string out;
  out.reserve(params.text.size());
  for (const Param& p : params) {
    if (!iequals(p.name, name)) append_param(out, p.name, p.value, p.has_value);
  }
  return out;
}

}  // namespace junctor::sip
