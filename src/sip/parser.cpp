// Message::parse(): one pass over the bytes. Line by line the header's name is recognised and an entry of offsets kept;
// the few headers that identify a message are read at once.

#include <algorithm>

#include "sip/line_breaks.hpp"
#include "sip/message.hpp"
#include "sip/read.hpp"
#include "sip/text.hpp"

namespace junctor::sip {

using namespace text;

namespace {

constexpr std::size_t typical_headers = 32;  // entries reserved: one allocation for nearly every message

}  // namespace

class Parser {
 public:
  explicit Parser(Message& message) : m_(message), breaks_(message.text_) {}

  /// Fills the message from its text; the first error, if any.
  std::optional<ParseError> run() {
    parse();
    return error_;
  }
  /// After an error: whether the message holds what an answer needs.
  bool can_be_answered() const;

 private:
  struct Line {
    std::size_t at = 0, end = 0;  // without its line break, folds included
  };
  enum class Read { line, nothing_more, broken };

  // Only the first error counts; parsing goes on as far as it can, so that the message may still be answered.
  void fault(ParseError error) {
    if (!error_) error_ = error;
  }
  std::string_view view(Line l) const { return std::string_view(m_.text_).substr(l.at, l.end - l.at); }

  void parse();
  Read next_line(Line& line);
  Read unusual_line(Line& line, std::size_t stop);
  void unfold(Line line);
  void start_line(Line line);
  void request_line(std::string_view line);
  void status_line(std::string_view line);
  void header_line(Line line);
  void core_header(HeaderId id, std::string_view value);
  void via(std::string_view value);
  void address(std::string_view value, std::optional<Message::AddressSpans>& address, Message::Span& tag,
               ParseError error);
  void call_id(std::string_view value);
  void cseq(std::string_view value);
  void max_forwards(std::string_view value);
  void content_length(std::string_view value);
  void contact(std::string_view value);
  void body();
  void require_core();

  // Headers that are read at once; all but Via must not come twice.
  enum class Core : unsigned {
    via = 1,
    from = 2,
    to = 4,
    call_id = 8,
    cseq = 16,
    max_forwards = 32,
    content_length = 64
  };
  bool seen(Core core) const { return (seen_ & static_cast<unsigned>(core)) != 0; }
  bool once(Core core) {
    const bool first = !seen(core);
    seen_ |= static_cast<unsigned>(core);
    return first;
  }
  bool only_once(Core core) {
    const bool first = once(core);
    if (!first) fault(ParseError::duplicate_header);
    return first;
  }

  Message& m_;
  LineBreaks breaks_;
  std::optional<ParseError> error_;
  std::size_t at_ = 0;
  bool folded_ = false;   // the line just read has folds
  bool bare_lf_ = false;  // … and one of them is no CRLF
  bool readable_via_ = false;
  unsigned seen_ = 0;
  std::optional<std::uint32_t> content_length_;
};

Result<Message, ParseError> Message::parse(std::string bytes, std::optional<Message>* answerable) {
  Result<Message, ParseError> out;
  out->text_ = std::move(bytes);
  Parser parser(*out);
  if (const auto error = parser.run()) {
    if (answerable != nullptr && parser.can_be_answered()) *answerable = std::move(*out);
    out = fail(*error);
  }
  return out;
}

// A line ends with CRLF; a bare LF is taken too (and sent on as CRLF). A following line that begins with white space is
// its continuation. A CR that no LF follows is never taken: others may see a line end there.
inline Parser::Read Parser::next_line(Line& line) {
  const char* t = m_.text_.data();
  const std::size_t size = m_.text_.size(), at = at_, stop = breaks_.next(at);
  line = {at, stop};
  folded_ = false;
  if (stop + 2 < size && t[stop] == '\r' && t[stop + 1] == '\n' && t[stop + 2] != ' ' && t[stop + 2] != '\t') {
    at_ = stop + 2;
    return Read::line;
  }
  return unusual_line(line, stop);
}

// Everything but one line that ends with CRLF. `stop` is its first CR or LF.
Parser::Read Parser::unusual_line(Line& line, std::size_t stop) {
  const std::string& t = m_.text_;
  bare_lf_ = false;
  bool broken = false;
  for (std::size_t from = at_;; stop = breaks_.next(from)) {
    if (stop == t.size()) {
      line.end = at_ = stop;
      return Read::nothing_more;
    }
    const bool lf = t[stop] == '\n';
    if (!lf && (stop + 1 == t.size() || t[stop + 1] != '\n')) {
      broken = true;
      from = stop + 1;
      continue;
    }
    if (lf) m_.clean_ = false;
    const std::size_t next = stop + (lf ? 1 : 2);
    const bool fold = stop != line.at && next < t.size() && (t[next] == ' ' || t[next] == '\t');
    if (!fold) {
      line.end = stop;
      at_ = next;
      return broken ? Read::broken : Read::line;
    }
    folded_ = true;
    bare_lf_ |= lf;
    from = next;
  }
}

void Parser::unfold(Line line) {
  for (std::size_t i = line.at; i < line.end; ++i) {
    if (m_.text_[i] == '\r' || m_.text_[i] == '\n') m_.text_[i] = ' ';
  }
}

void Parser::start_line(Line line) {
  if (folded_) {
    unfold(line);
    m_.clean_ = false;
    fault(ParseError::bad_start_line);
  }
  const std::string_view text = view(line);
  if (text.size() >= 4 && iequals(text.substr(0, 4), "SIP/")) {
    status_line(text);
  } else {
    request_line(text);
  }
}

// Method SP Request-URI SP SIP-Version (§7.1), each once.
void Parser::request_line(std::string_view line) {
  std::string_view rest = line;
  const std::string_view method = take_token(rest);
  m_.method_ = method_from(method);
  m_.method_name_ = m_.span_of(method);
  if (method.empty() || !take_char(rest, ' ')) return fault(ParseError::bad_start_line);
  const std::size_t space = rest.find(' ');
  if (space == std::string_view::npos) return fault(ParseError::bad_start_line);
  const std::string_view uri = take(rest, space);
  m_.target_ = m_.span_of(uri);
  rest.remove_prefix(1);
  if (!iequals(rest, "SIP/2.0")) {
    const bool version = rest.size() > 4 && iequals(rest.substr(0, 4), "SIP/") && rest.find(' ') == rest.npos;
    return fault(version ? ParseError::bad_version : ParseError::bad_start_line);
  }
  if (rest != "SIP/2.0") m_.clean_ = false;
  Uri parsed;
  if (!read(uri, parsed) || !parsed.headers.empty()) return fault(ParseError::bad_request_uri);  // §19.1.1
  m_.spans_of(parsed, m_.uri_.emplace());
}

// SIP-Version SP Status-Code SP Reason-Phrase (§7.2).
void Parser::status_line(std::string_view line) {
  std::string_view rest = line;
  const std::string_view version = take(rest, std::min<std::size_t>(7, rest.size()));
  m_.status_ = 1;  // whatever is wrong with it: it is a response, and so never answered
  if (!iequals(version, "SIP/2.0") || !take_char(rest, ' ')) return fault(ParseError::bad_start_line);
  const auto status = number(take(rest, std::min(rest.find(' '), rest.size())), 699);
  if (!status || *status < 100) return fault(ParseError::bad_status);
  m_.status_ = static_cast<std::uint16_t>(*status);
  if (version != "SIP/2.0" || !take_char(rest, ' ')) m_.clean_ = false;
  m_.target_ = m_.span_of(rest);
}

// Called in one place, once for each header: worth having inside the loop there, which the compiler would not see.
[[gnu::always_inline]] inline void Parser::header_line(Line line) {
  if (line.end - line.at > max_header_bytes) return fault(ParseError::header_too_long);
  const char* t = m_.text_.data();
  const std::size_t size = m_.text_.size(), colon = find_either(t, line.at, size, ':', ':');
  std::size_t name_end = colon;
  while (name_end > line.at && (t[name_end - 1] == ' ' || t[name_end - 1] == '\t')) --name_end;
  const std::string_view name(t + line.at, name_end - line.at);
  if (colon >= line.end) return fault(ParseError::bad_header);
  const HeaderId id = line.at + longest_name <= size ? header_from(name.data(), name.size()) : header_from(name);
  if (id == HeaderId::other && !is_token(name)) return fault(ParseError::bad_header);

  if (folded_ && (id != HeaderId::other || bare_lf_)) unfold(line);
  const std::string_view value = trim({t + colon + 1, line.end - colon - 1});
  Message::Entry& entry = m_.headers_.emplace_back();
  entry.name_at = static_cast<std::uint32_t>(line.at);
  entry.value_at = static_cast<std::uint32_t>(value.data() - t);
  entry.value_length = static_cast<std::uint32_t>(value.size());
  entry.raw_length = static_cast<std::uint32_t>(line.end - line.at);
  entry.name_length = static_cast<std::uint16_t>(name.size());
  entry.id = id;
  core_header(id, value);
}

inline void Parser::core_header(HeaderId id, std::string_view value) {
  switch (id) {
    case HeaderId::via:
      if (once(Core::via)) via(value);
      return;
    case HeaderId::from:
      return only_once(Core::from) ? address(value, m_.from_, m_.from_tag_, ParseError::bad_from) : void();
    case HeaderId::to:
      return only_once(Core::to) ? address(value, m_.to_, m_.to_tag_, ParseError::bad_to) : void();
    case HeaderId::call_id:
      return only_once(Core::call_id) ? call_id(value) : void();
    case HeaderId::cseq:
      return only_once(Core::cseq) ? cseq(value) : void();
    case HeaderId::max_forwards:
      return only_once(Core::max_forwards) ? max_forwards(value) : void();
    case HeaderId::content_length:
      return only_once(Core::content_length) ? content_length(value) : void();
    case HeaderId::contact:
      return contact(value);
    default:
      return;
  }
}

void Parser::via(std::string_view value) {
  Via top;
  WantedParam branch{"branch", {}};
  const bool good = read(value.substr(0, value_end(value)), top, &branch);
  if (!good) {
    fault(ParseError::bad_via);
    top.params = {};
  }
  if (top.host.empty()) return;  // with its sent-by, even a bad Via says where an answer goes
  readable_via_ = true;
  m_.via_ = m_.spans_of(top);
  m_.branch_ = m_.span_of(branch.value);
}

void Parser::address(std::string_view value, std::optional<Message::AddressSpans>& spans, Message::Span& tag,
                     ParseError error) {
  NameAddr parsed;
  WantedParam wanted{"tag", {}};
  if (!read(value, parsed, &wanted)) return fault(error);
  m_.spans_of(parsed, spans.emplace());
  tag = m_.span_of(wanted.value);
}

void Parser::call_id(std::string_view value) {
  if (value.empty() || find_either(value.data(), 0, value.size(), ' ', '\t') != value.size())
    return fault(ParseError::bad_call_id);
  m_.call_id_ = m_.span_of(value);
}

void Parser::cseq(std::string_view value) {
  const auto parsed = CSeq::parse(value);
  if (!parsed) return fault(ParseError::bad_cseq);
  m_.cseq_number_ = parsed->number;
  m_.cseq_method_ = parsed->method;
  m_.cseq_name_ = m_.span_of(parsed->method_name);
}

void Parser::max_forwards(std::string_view value) {
  m_.max_forwards_ = number(value, 255);
  if (!m_.max_forwards_) fault(ParseError::bad_max_forwards);
}

void Parser::content_length(std::string_view value) {
  content_length_ = number(value, max_message_bytes);
  if (!content_length_) fault(ParseError::bad_content_length);
}

void Parser::contact(std::string_view value) {
  if (value == "*") return;
  while (!value.empty()) {
    const std::string_view one = take(value, value_end(value));
    take_char(value, ',');
    NameAddr parsed;
    if (!read(one, parsed)) return fault(ParseError::bad_contact);
    if (!m_.contact_) m_.spans_of(parsed, m_.contact_.emplace());
  }
}

void Parser::body() {
  const std::size_t rest = m_.text_.size() - at_;
  m_.body_ = {static_cast<std::uint32_t>(at_), static_cast<std::uint32_t>(rest)};
  if (!content_length_) {
    m_.clean_ = false;
  } else if (*content_length_ > rest) {
    fault(ParseError::body_too_short);
  } else if (*content_length_ < rest) {
    m_.body_.length = *content_length_;
    m_.clean_ = false;
  }
}

void Parser::require_core() {
  if (!seen(Core::via)) fault(ParseError::missing_via);
  if (!seen(Core::from)) fault(ParseError::missing_from);
  if (!seen(Core::to)) fault(ParseError::missing_to);
  if (!seen(Core::call_id)) fault(ParseError::missing_call_id);
  if (!seen(Core::cseq)) fault(ParseError::missing_cseq);
  if (error_ || m_.is_response()) return;
  if (m_.view(m_.cseq_name_) != m_.view(m_.method_name_)) fault(ParseError::cseq_method_mismatch);
}

void Parser::parse() {
  if (m_.text_.size() > max_message_bytes) return fault(ParseError::message_too_large);
  m_.clean_ = true;
  while (at_ < m_.text_.size() && (m_.text_[at_] == '\r' || m_.text_[at_] == '\n')) ++at_;  // §7.5
  if (at_ == m_.text_.size()) return fault(ParseError::empty);
  m_.clean_ = at_ == 0;

  Line line;
  if (next_line(line) != Read::line) fault(ParseError::bad_start_line);
  if (line.end - line.at > max_start_line_bytes) return fault(ParseError::start_line_too_long);
  start_line(line);
  m_.headers_.reserve(typical_headers);
  for (;;) {
    const Read read = next_line(line);
    if (read == Read::nothing_more) return fault(ParseError::incomplete);
    if (read == Read::broken) {
      fault(ParseError::bad_header);
      continue;
    }
    if (line.at == line.end) break;
    if (m_.headers_.size() == max_headers) return fault(ParseError::too_many_headers);
    header_line(line);
  }
  body();
  require_core();
}

bool Parser::can_be_answered() const {
  return info(*error_).status != 0 && m_.is_request() && m_.method_ != Method::ack && readable_via_ &&
         seen(Core::from) && seen(Core::to) && seen(Core::call_id) && seen(Core::cseq);
}

}  // namespace junctor::sip
