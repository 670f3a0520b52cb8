#include "sip/header_rules.hpp"

#include <algorithm>

#include "sip/text.hpp"

namespace junctor::sip {

HeaderRule keep(std::string pattern) {
  return {HeaderRule::Action::keep, std::move(pattern), {}};
}
HeaderRule drop(std::string pattern) {
  return {HeaderRule::Action::drop, std::move(pattern), {}};
}
HeaderRule set(std::string name, std::string value) {
  return {HeaderRule::Action::set, std::move(name), std::move(value)};
}

bool is_side_header(HeaderId id) {
  switch (id) {
    case HeaderId::via:
    case HeaderId::route:
    case HeaderId::record_route:
    case HeaderId::path:
    case HeaderId::service_route:
    case HeaderId::from:
    case HeaderId::to:
    case HeaderId::call_id:
    case HeaderId::cseq:
    case HeaderId::contact:
    case HeaderId::max_forwards:
    case HeaderId::content_length:
    case HeaderId::content_type:
    case HeaderId::content_encoding:
    case HeaderId::content_disposition:
    case HeaderId::authorization:
    case HeaderId::proxy_authorization:
    case HeaderId::www_authenticate:
    case HeaderId::proxy_authenticate:
    case HeaderId::authentication_info:
    case HeaderId::allow:
    case HeaderId::supported:
    case HeaderId::require:
    case HeaderId::proxy_require:
    case HeaderId::unsupported:
    case HeaderId::session_expires:
    case HeaderId::min_se:
    case HeaderId::rack:
    case HeaderId::rseq:
    case HeaderId::replaces:
    case HeaderId::timestamp:
      return true;
    default:
      return false;
  }
}

namespace {

// A known header fits under each of its names.
bool fits(std::string_view pattern, HeaderId id, std::string_view name) {
  if (!pattern.empty() && pattern.back() == '*') {
    const std::string_view begin = pattern.substr(0, pattern.size() - 1);
    const std::string_view full = id == HeaderId::other ? name : to_string(id);
    return text::iequals(full.substr(0, begin.size()), begin);
  }
  return id == HeaderId::other ? text::iequals(pattern, name) : header_from(pattern) == id;
}

bool passes(const std::vector<HeaderRule>& rules, HeaderId id, std::string_view name) {
  if (is_side_header(id)) return false;
  const auto rule = std::ranges::find_if(
      rules, [&](const HeaderRule& r) { return r.action != HeaderRule::Action::set && fits(r.name, id, name); });
  return rule != rules.end() && rule->action == HeaderRule::Action::keep;
}

}  // namespace

void HeaderRules::apply(const Message& incoming, Message& outgoing) const {
  for (const HeaderField field : incoming.headers()) {
    if (passes(rules, field.id, field.name)) outgoing.add(field.name, field.value);
  }
  for (const HeaderRule& rule : rules) {
    if (rule.action != HeaderRule::Action::set || is_side_header(header_from(rule.name))) continue;
    if (rule.value.empty()) {
      outgoing.remove(rule.name);
    } else {
      outgoing.set(rule.name, rule.value);
    }
  }
}

std::string to_string(const HeaderRules& rules) {
  std::string out;
  for (const HeaderRule& rule : rules.rules) {
    switch (rule.action) {
      case HeaderRule::Action::keep:
        out += "keep " + rule.name;
        break;
      case HeaderRule::Action::drop:
        out += "drop " + rule.name;
        break;
      case HeaderRule::Action::set:
        out += "set " + rule.name + ": " + rule.value;
        break;
    }
    out += '\n';
  }
  return out;
}

std::optional<HeaderRule> parse_header_rule(std::string_view line) {
  std::string_view rest = text::trim(line);
  const std::string_view action = text::take_token(rest);
  rest = text::trim_left(rest);
  const std::string_view name = text::take_token(rest);
  if (name.empty()) return std::nullopt;
  if (action == "set" && name.find('*') == std::string_view::npos && text::take_separator(rest, ':')) {
    return set(std::string(name), std::string(rest));
  }
  if (!rest.empty() || name.substr(0, name.size() - 1).find('*') != std::string_view::npos) return std::nullopt;
  if (action == "keep") return keep(std::string(name));
  if (action == "drop") return drop(std::string(name));
  return std::nullopt;
}

}  // namespace junctor::sip
