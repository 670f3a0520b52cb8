#include "sip/headers.hpp"

#include "sip/text.hpp"

namespace junctor::sip {

using namespace text;

namespace {

// Takes header parameters up to the end of the text. False if something else, or malformed, is there.
bool take_params(std::string_view& rest, Params& params) {
  if (rest.empty()) return true;
  if (scan_params(rest, ParamSyntax::header) != rest.size()) return false;
  params.text = trim_left(rest);
  rest = {};
  return true;
}

std::optional<std::uint32_t> seconds_of(std::optional<std::string_view> value) {
  if (!value) return std::nullopt;
  std::string_view rest = *value;
  const auto seconds = take_clamped(rest);
  return rest.empty() ? seconds : std::nullopt;
}

// The digits at the start of `rest` with white space behind them.
std::optional<std::uint32_t> take_number_and_space(std::string_view& rest, std::uint32_t max) {
  std::size_t digits = 0;
  while (digits < rest.size() && is_digit(rest[digits])) ++digits;
  const auto value = number(take(rest, digits), max);
  if (!value || rest.empty() || !is_lws(rest.front())) return std::nullopt;
  rest = trim_left(rest);
  return value;
}

constexpr std::uint32_t max_sequence = 0x7fffffff;  // §8.1.1.5: CSeq is less than 2^31

}  // namespace

std::optional<CSeq> CSeq::parse(std::string_view text) {
  std::string_view rest = trim(text);
  const auto number = take_number_and_space(rest, max_sequence);
  if (!number || !is_token(rest)) return std::nullopt;
  return CSeq{*number, method_from(rest), rest};
}

std::string to_string(const CSeq& cseq) {
  std::string out;
  append_number(out, cseq.number);
  out += ' ';
  out += cseq.method == Method::other ? cseq.method_name : to_string(cseq.method);
  return out;
}

std::optional<std::uint32_t> parse_seconds(std::string_view text) {
  std::string_view rest = trim(text);
  const auto seconds = take_clamped(rest);
  Params ignored;
  if (!seconds || !take_params(rest, ignored)) return std::nullopt;
  return seconds;
}

std::optional<SessionExpires> SessionExpires::parse(std::string_view text) {
  std::string_view rest = trim(text);
  const auto seconds = take_clamped(rest);
  Params params;
  if (!seconds || !take_params(rest, params)) return std::nullopt;
  SessionExpires out{*seconds, Refresher::none};
  const auto refresher = params.get("refresher").value_or(std::string_view());
  if (iequals(refresher, "uac")) out.refresher = Refresher::uac;
  if (iequals(refresher, "uas")) out.refresher = Refresher::uas;
  return out;
}

std::string to_string(const SessionExpires& value) {
  std::string out;
  append_number(out, value.seconds);
  if (value.refresher == SessionExpires::Refresher::uac) out += ";refresher=uac";
  if (value.refresher == SessionExpires::Refresher::uas) out += ";refresher=uas";
  return out;
}

std::optional<MinSE> MinSE::parse(std::string_view text) {
  const auto seconds = parse_seconds(text);
  if (!seconds) return std::nullopt;
  return MinSE{*seconds};
}

std::string to_string(const MinSE& value) {
  std::string out;
  append_number(out, value.seconds);
  return out;
}

std::optional<Replaces> Replaces::parse(std::string_view text) {
  std::string_view rest = trim(text);
  Replaces out;
  std::size_t end = 0;
  while (end < rest.size() && rest[end] != ';' && !is_lws(rest[end])) ++end;
  out.call_id = take(rest, end);
  Params params;
  if (out.call_id.empty() || !take_params(rest, params)) return std::nullopt;
  out.to_tag = params.get("to-tag").value_or(std::string_view());
  out.from_tag = params.get("from-tag").value_or(std::string_view());
  out.early_only = params.has("early-only");
  if (out.to_tag.empty() || out.from_tag.empty()) return std::nullopt;
  return out;
}

std::string to_string(const Replaces& value) {
  std::string out(value.call_id);
  out += ";to-tag=";
  out += value.to_tag;
  out += ";from-tag=";
  out += value.from_tag;
  if (value.early_only) out += ";early-only";
  return out;
}

std::optional<RAck> RAck::parse(std::string_view text) {
  std::string_view rest = trim(text);
  const auto rseq = take_number_and_space(rest, 0xffffffffu);
  if (!rseq || *rseq == 0) return std::nullopt;
  const auto cseq = CSeq::parse(rest);
  if (!cseq) return std::nullopt;
  return RAck{*rseq, cseq->number, cseq->method, cseq->method_name};
}

std::string to_string(const RAck& value) {
  std::string out;
  append_number(out, value.rseq);
  out += ' ';
  out += to_string(CSeq{value.cseq, value.method, value.method_name});
  return out;
}

std::optional<RSeq> RSeq::parse(std::string_view text) {
  const auto value = text::number(trim(text));
  if (!value || *value == 0) return std::nullopt;
  return RSeq{*value};
}

std::string to_string(const RSeq& value) {
  std::string out;
  append_number(out, value.number);
  return out;
}

std::optional<Reason> Reason::parse(std::string_view text) {
  std::string_view rest = trim(text);
  Reason out;
  out.protocol = take_token(rest);
  Params params;
  if (out.protocol.empty() || !take_params(rest, params)) return std::nullopt;
  if (const auto cause = params.get("cause")) {
    const auto value = number(*cause, 65535);
    if (!value) return std::nullopt;
    out.cause = static_cast<std::uint16_t>(*value);
  }
  std::string_view quoted = params.get("text").value_or(std::string_view());
  out.text = take_quoted(quoted).value_or(quoted);
  return out;
}

std::string to_string(const Reason& value) {
  std::string out(value.protocol);
  if (value.cause) {
    out += ";cause=";
    append_number(out, *value.cause);
  }
  if (!value.text.empty()) {
    out += ";text=\"";
    out += value.text;
    out += '"';
  }
  return out;
}

std::optional<Event> Event::parse(std::string_view text) {
  std::string_view rest = trim(text);
  Event out;
  out.package = take_token(rest);
  if (out.package.empty() || !take_params(rest, out.params)) return std::nullopt;
  return out;
}

std::string to_string(const Event& value) {
  return std::string(value.package).append(value.params.text);
}

std::optional<SubscriptionState> SubscriptionState::parse(std::string_view text) {
  std::string_view rest = trim(text);
  SubscriptionState out;
  out.state = take_token(rest);
  if (out.state.empty() || !take_params(rest, out.params)) return std::nullopt;
  return out;
}

std::optional<std::uint32_t> SubscriptionState::expires() const {
  return seconds_of(params.get("expires"));
}
std::optional<std::uint32_t> SubscriptionState::retry_after() const {
  return seconds_of(params.get("retry-after"));
}

std::string to_string(const SubscriptionState& value) {
  return std::string(value.state).append(value.params.text);
}

namespace {

// Takes a comment with its parentheses, which nest (§25.1). False if it does not end.
bool take_comment(std::string_view& rest) {
  std::size_t depth = 0;
  for (std::size_t i = 0; i < rest.size(); ++i) {
    if (rest[i] == '\\') {
      ++i;
    } else if (rest[i] == '(') {
      ++depth;
    } else if (rest[i] == ')' && --depth == 0) {
      rest = trim_left(rest.substr(i + 1));
      return true;
    }
  }
  return false;
}

}  // namespace

std::optional<RetryAfter> RetryAfter::parse(std::string_view text) {
  std::string_view rest = trim(text);
  const auto seconds = take_clamped(rest);
  if (!seconds) return std::nullopt;
  RetryAfter out{*seconds, {}};
  rest = trim_left(rest);
  if (!rest.empty() && rest.front() == '(' && !take_comment(rest)) return std::nullopt;
  if (!take_params(rest, out.params)) return std::nullopt;
  return out;
}

std::string to_string(const RetryAfter& value) {
  std::string out;
  append_number(out, value.seconds);
  out += value.params.text;
  return out;
}

std::optional<Warning> Warning::parse(std::string_view text) {
  std::string_view rest = trim(text);
  Warning out;
  const std::size_t digits = rest.find_first_not_of("0123456789");
  const auto code = take_number_and_space(rest, 999);
  if (!code || digits != 3) return std::nullopt;
  out.code = static_cast<std::uint16_t>(*code);
  const std::size_t agent = rest.find_first_of(" \t\r\n\"");
  if (agent == 0 || agent == std::string_view::npos) return std::nullopt;
  out.agent = take(rest, agent);
  rest = trim_left(rest);
  const auto quoted = take_quoted(rest);
  if (!quoted || !rest.empty()) return std::nullopt;
  out.text = *quoted;
  return out;
}

std::string to_string(const Warning& value) {
  std::string out;
  append_number(out, value.code);
  out += ' ';
  out += value.agent;
  out += " \"";
  out += value.text;
  out += '"';
  return out;
}

std::optional<MediaType> MediaType::parse(std::string_view text) {
  std::string_view rest = trim(text);
  MediaType out;
  out.type = take_token(rest);
  if (out.type.empty() || !take_separator(rest, '/')) return std::nullopt;
  out.subtype = take_token(rest);
  if (out.subtype.empty() || !take_params(rest, out.params)) return std::nullopt;
  return out;
}

bool MediaType::is(std::string_view type_subtype) const {
  const std::size_t slash = type_subtype.find('/');
  return slash != std::string_view::npos && iequals(type, type_subtype.substr(0, slash)) &&
         iequals(subtype, type_subtype.substr(slash + 1));
}

std::string to_string(const MediaType& value) {
  std::string out(value.type);
  out += '/';
  out += value.subtype;
  out += value.params.text;
  return out;
}

std::optional<std::uint32_t> contact_expires(const NameAddr& contact) {
  return seconds_of(contact.params.get("expires"));
}

std::optional<std::uint16_t> contact_q(const NameAddr& contact) {
  const auto text = contact.params.get("q");
  if (!text) return std::uint16_t{1000};
  // qvalue (§25.1): "0" or "1", then at most three decimals.
  std::string_view rest = *text;
  const bool one = take_char(rest, '1');
  if (!one && !take_char(rest, '0')) return std::nullopt;
  std::uint32_t q = one ? 1000 : 0;
  if (take_char(rest, '.')) {
    for (std::uint32_t weight = 100; !rest.empty() && weight > 0; weight /= 10) {
      if (!is_digit(rest.front())) return std::nullopt;
      q += static_cast<std::uint32_t>(take(rest, 1).front() - '0') * weight;
    }
  }
  if (!rest.empty() || q > 1000) return std::nullopt;
  return static_cast<std::uint16_t>(q);
}

bool is_contact_star(const Message& message) {
  return message.header(HeaderId::contact) == "*";
}

std::optional<std::vector<NameAddr>> name_addrs(const Message& message, HeaderId id) {
  std::vector<NameAddr> out;
  for (const std::string_view value : message.values(id)) {
    const auto address = NameAddr::parse(value);
    if (!address) return std::nullopt;
    out.push_back(*address);
  }
  return out;
}

bool has_token(const Message& message, HeaderId id, std::string_view token) {
  for (const std::string_view value : message.values(id)) {
    if (id == HeaderId::allow ? value == token : iequals(value, token)) return true;
  }
  return false;
}

}  // namespace junctor::sip
