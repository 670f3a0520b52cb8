#include "sip/message.hpp"

#include <algorithm>
#include <utility>

#include "base/check.hpp"
#include "sip/text.hpp"

namespace junctor::sip {

using namespace text;

// ---- reading

std::string_view Message::method_name() const {
  if (!is_request()) return view(cseq_name_);
  return method_ == Method::other ? view(method_name_) : to_string(method_);
}

std::size_t Message::find(HeaderId id) const {
  std::size_t i = 0;
  while (i < headers_.size() && headers_[i].id != id) ++i;
  return i;
}

bool Message::matches(const Entry& e, HeaderId id, std::string_view name) const {
  return id != HeaderId::other ? e.id == id : e.id == id && iequals(name_of(e), name);
}

std::string_view Message::name_of(const Entry& e) const {
  return e.name_length == 0 ? to_string(e.id) : view({e.name_at, e.name_length});
}

HeaderField Message::header_at(std::size_t index) const {
  const Entry& e = headers_[index];
  return {e.id, name_of(e), value_of(e)};
}

std::optional<std::string_view> Message::header(HeaderId id) const {
  const std::size_t i = find(id);
  if (i == headers_.size()) return std::nullopt;
  return value_of(headers_[i]);
}

std::optional<std::string_view> Message::header(std::string_view name) const {
  for (const HeaderField field : headers(name)) return field.value;
  return std::nullopt;
}

Message::FieldRange Message::headers() const {
  return {*this, HeaderId::other, {}, true};
}
Message::FieldRange Message::headers(HeaderId id) const {
  return {*this, id, {}, false};
}
Message::FieldRange Message::headers(std::string_view name) const {
  return {*this, header_from(name), name, false};
}
Message::ValueRange Message::values(HeaderId id) const {
  return {*this, id};
}

void Message::FieldRange::Iterator::skip() {
  if (all_) return;
  while (index_ < message_->headers_.size() && !message_->matches(message_->headers_[index_], id_, name_)) ++index_;
}

void Message::ValueRange::Iterator::read() {
  for (;;) {
    while (rest_.empty()) {
      const auto& entries = message_->headers_;
      while (index_ < entries.size() && entries[index_].id != id_) ++index_;
      if (index_ == entries.size()) {
        done_ = true;
        return;
      }
      rest_ = message_->value_of(entries[index_++]);
    }
    value_ = trim(take(rest_, value_end(rest_)));
    take_char(rest_, ',');
    if (!value_.empty()) return;
  }
}

std::optional<std::string_view> Message::first_value(HeaderId id) const {
  for (const std::string_view value : values(id)) return value;
  return std::nullopt;
}

Message::ViaSpans Message::spans_of(const Via& via) const {
  return {span_of(via.transport), span_of(via.host), span_of(via.params.text), via.port};
}

void Message::spans_of(const Uri& u, UriSpans& out) const {
  out.scheme = span_of(u.scheme);
  out.user = span_of(u.user);
  out.password = span_of(u.password);
  out.host = span_of(u.host);
  out.params = span_of(u.params.text);
  out.headers = span_of(u.headers);
  out.opaque = span_of(u.opaque);
  out.port = u.port;
}

void Message::spans_of(const NameAddr& a, AddressSpans& out) const {
  out.display = span_of(a.display);
  out.params = span_of(a.params.text);
  spans_of(a.uri, out.uri);
}

Uri Message::uri(const UriSpans& s) const {
  return {view(s.scheme), view(s.user),     view(s.password), view(s.host),
          s.port,         {view(s.params)}, view(s.headers),  view(s.opaque)};
}

NameAddr Message::address(const AddressSpans& s) const {
  return {view(s.display), uri(s.uri), {view(s.params)}};
}

std::optional<Uri> Message::uri() const {
  return uri_ ? std::optional(uri(*uri_)) : std::nullopt;
}

std::optional<Via> Message::top_via() const {
  if (!via_) return std::nullopt;
  return Via{view(via_->transport), view(via_->host), via_->port, {view(via_->params)}};
}

std::optional<NameAddr> Message::from() const {
  return from_ ? std::optional(address(*from_)) : std::nullopt;
}
std::optional<NameAddr> Message::to() const {
  return to_ ? std::optional(address(*to_)) : std::nullopt;
}
std::optional<NameAddr> Message::contact() const {
  return contact_ ? std::optional(address(*contact_)) : std::nullopt;
}

// ---- building

namespace {

constexpr std::size_t typical_request_text = 768, typical_request_headers = 16;

}  // namespace

Message Message::request(Method method, std::string_view uri) {
  JUNCTOR_CHECK(method != Method::other);
  Message m;
  m.text_.reserve(typical_request_text);
  m.headers_.reserve(typical_request_headers);
  m.method_ = method;
  m.set_request_uri(uri);
  return m;
}

Message Message::request(std::string_view method, std::string_view uri) {
  Message m;
  m.method_ = method_from(method);
  if (m.method_ == Method::other) {
    std::string name(method);
    std::erase_if(name, [](char c) { return !is(c, token_char); });
    JUNCTOR_CHECK(!name.empty());
    m.method_name_ = m.append(name);
  }
  m.set_request_uri(uri);
  return m;
}

Message Message::response(const Message& request, int status, std::string_view reason) {
  JUNCTOR_CHECK(status >= 100 && status <= 699);
  Message m;
  m.text_.reserve(512);
  m.headers_.reserve(12);
  m.status_ = static_cast<std::uint16_t>(status);
  m.target_ = m.append(reason.empty() ? reason_phrase(status) : reason);
  m.copy_headers(request, HeaderId::via);
  m.copy_headers(request, HeaderId::from);
  m.copy_headers(request, HeaderId::to);
  m.copy_headers(request, HeaderId::call_id);
  m.copy_headers(request, HeaderId::cseq);
  if (status == 100) m.copy_headers(request, HeaderId::timestamp);
  return m;
}

void Message::set_request_uri(std::string_view uri) {
  std::string clean(uri);
  std::erase_if(clean, [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f; });
  target_ = append(clean);
  const auto parsed = Uri::parse(request_uri());
  uri_.reset();
  if (parsed) spans_of(*parsed, uri_.emplace());
  clean_ = false;
}

// `value` may point into text_: std::string::append() takes care of that.
Message::Span Message::append(std::string_view value) {
  const std::size_t at = text_.size();
  JUNCTOR_CHECK(at + value.size() < UINT32_MAX);
  text_.append(value.data(), value.size());
  for (std::size_t i = at; (i = find_either(text_.data(), i, text_.size(), '\r', '\n')) != text_.size();)
    text_[i] = ' ';
  return {static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(value.size())};
}

// A header known by its id needs no name in the text.
Message::Entry Message::append_line(HeaderId id, std::string_view name, std::string_view value) {
  Entry entry;
  entry.id = id;
  if (!name.empty()) {
    const std::string kept_value(value);  // appending the name may move the text that `value` points into
    const Span at = append(name);
    entry.name_at = at.at;
    entry.name_length = static_cast<std::uint16_t>(at.length);
    return with_value(entry, kept_value);
  }
  return with_value(entry, value);
}

Message::Entry Message::with_value(Entry entry, std::string_view value) {
  const Span at = append(trim(value));
  entry.value_at = at.at;
  entry.value_length = at.length;
  entry.raw_length = 0;
  return entry;
}

namespace {

// What may stand before the colon; an entry keeps the length in 16 bits.
std::string clean_name(std::string_view name) {
  std::string out(name.substr(0, max_header_bytes));
  std::erase_if(out, [](char c) { return !is(c, token_char); });
  return out;
}

}  // namespace

void Message::insert(HeaderId id, std::string_view name, std::string_view value, Place place) {
  if (id == HeaderId::content_length) return;
  const Entry entry = append_line(id, name, value);
  auto at = headers_.end();
  if (place == Place::first) {
    const std::size_t first = find(id);
    at = first == headers_.size() ? headers_.begin() : headers_.begin() + static_cast<std::ptrdiff_t>(first);
  }
  const bool first_stays = place == Place::last && first_is_known(id);
  headers_.insert(at, entry);
  if (first_stays) {
    clean_ = false;
  } else {
    changed(id);
  }
}

void Message::add(HeaderId id, std::string_view value) {
  JUNCTOR_CHECK(id != HeaderId::other);
  insert(id, {}, value, Place::last);
}

void Message::add(std::string_view name, std::string_view value) {
  const std::string clean = clean_name(name);
  if (!clean.empty()) insert(header_from(clean), clean, value, Place::last);
}

void Message::add_first(HeaderId id, std::string_view value) {
  JUNCTOR_CHECK(id != HeaderId::other);
  insert(id, {}, value, Place::first);
}

void Message::replace(HeaderId id, std::string_view name, std::string_view value) {
  if (id == HeaderId::content_length) return;
  const auto same = [&](const Entry& e) { return matches(e, id, name); };
  const auto first = std::find_if(headers_.begin(), headers_.end(), same);
  if (first == headers_.end()) return insert(id, name, value, Place::last);
  *first = append_line(id, name, value);
  headers_.erase(std::remove_if(first + 1, headers_.end(), same), headers_.end());
  changed(id);
}

void Message::set(HeaderId id, std::string_view value) {
  JUNCTOR_CHECK(id != HeaderId::other);
  replace(id, {}, value);
}

void Message::set(std::string_view name, std::string_view value) {
  const std::string clean = clean_name(name);
  if (!clean.empty()) replace(header_from(clean), clean, value);
}

void Message::set_first_value(HeaderId id, std::string_view value) {
  const std::size_t i = find(id);
  if (i == headers_.size()) return insert(id, {}, value, Place::first);
  if (const std::string_view whole = value_of(headers_[i]); value_end(whole) == whole.size() && !whole.empty()) {
    headers_[i] = append_line(id, {}, value);  // the line has no other value
    return changed(id);
  }
  const std::string kept(value);
  remove_first_value(id);
  insert(id, {}, kept, Place::first);
}

void Message::remove(HeaderId id) {
  std::erase_if(headers_, [id](const Entry& e) { return e.id == id; });
  changed(id);
}

void Message::remove(std::string_view name) {
  const HeaderId id = header_from(name);
  std::erase_if(headers_, [&](const Entry& e) { return matches(e, id, name); });
  changed(id);
}

void Message::remove_first_value(HeaderId id) {
  for (;;) {
    const std::size_t i = find(id);
    if (i == headers_.size()) break;
    Entry& entry = headers_[i];
    const std::string_view whole = value_of(entry);
    const std::size_t end = value_end(whole);
    const bool found = !trim(whole.substr(0, end)).empty();
    const std::string_view rest = end < whole.size() ? trim(whole.substr(end + 1)) : std::string_view();
    if (rest.empty()) {
      headers_.erase(headers_.begin() + static_cast<std::ptrdiff_t>(i));
    } else {
      const Span at = span_of(rest);
      entry.value_at = at.at;
      entry.value_length = at.length;
      entry.raw_length = 0;
    }
    if (found) break;
  }
  changed(id);
}

void Message::copy_headers(const Message& from, HeaderId id) {
  if (this == &from || id == HeaderId::content_length) return;
  bool first = find(id) == headers_.size();
  for (const Entry& entry : from.headers_) {
    if (entry.id != id) continue;
    headers_.push_back(append_line(id, {}, from.value_of(entry)));
    if (std::exchange(first, false)) adopt(from, id, headers_.back().value_at - entry.value_at);
  }
  if (!first_is_known(id)) changed(id);
  clean_ = false;
}

bool Message::first_is_known(HeaderId id) const {
  switch (id) {
    case HeaderId::via:
      return via_.has_value();
    case HeaderId::from:
      return from_.has_value();
    case HeaderId::to:
      return to_.has_value();
    case HeaderId::contact:
      return contact_.has_value();
    case HeaderId::call_id:
      return call_id_.length != 0;
    case HeaderId::cseq:
      return cseq_name_.length != 0;
    case HeaderId::max_forwards:
      return max_forwards_.has_value();
    default:
      return true;  // nothing is kept of it
  }
}

// What `from` knows of its first `id`, whose value stands `distance` further on here (modulo 2^32).
void Message::adopt(const Message& from, HeaderId id, std::uint32_t distance) {
  const auto moved = [distance](Span s) { return s.length == 0 ? Span{} : Span{s.at + distance, s.length}; };
  const auto move_uri = [&](UriSpans& uri) {
    for (Span* s : {&uri.scheme, &uri.user, &uri.password, &uri.host, &uri.params, &uri.headers, &uri.opaque})
      *s = moved(*s);
  };
  const auto take = [&](const std::optional<AddressSpans>& theirs, std::optional<AddressSpans>& ours) {
    ours = theirs;
    if (!ours) return;
    ours->display = moved(ours->display);
    ours->params = moved(ours->params);
    move_uri(ours->uri);
  };
  switch (id) {
    case HeaderId::via:
      via_ = from.via_;
      if (via_) *via_ = {moved(via_->transport), moved(via_->host), moved(via_->params), via_->port};
      branch_ = moved(from.branch_);
      return;
    case HeaderId::from:
      take(from.from_, from_);
      from_tag_ = moved(from.from_tag_);
      return;
    case HeaderId::to:
      take(from.to_, to_);
      to_tag_ = moved(from.to_tag_);
      return;
    case HeaderId::contact:
      take(from.contact_, contact_);
      return;
    case HeaderId::call_id:
      call_id_ = moved(from.call_id_);
      return;
    case HeaderId::cseq:
      cseq_number_ = from.cseq_number_;
      cseq_method_ = from.cseq_method_;
      cseq_name_ = moved(from.cseq_name_);
      return;
    case HeaderId::max_forwards:
      max_forwards_ = from.max_forwards_;
      return;
    default:
      return;
  }
}

void Message::set_body(std::string_view content_type, std::string_view bytes) {
  const std::string kept_type(content_type);
  const std::size_t at = text_.size();
  JUNCTOR_CHECK(at + bytes.size() < UINT32_MAX);
  text_.append(bytes.data(), bytes.size());
  body_ = {static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(text_.size() - at)};
  if (body_.length == 0) return remove(HeaderId::content_type);
  set(HeaderId::content_type, kept_type);
}

void Message::changed(HeaderId id) {
  clean_ = false;
  const auto read_address = [this](std::optional<std::string_view> value, std::optional<AddressSpans>& spans) {
    const auto parsed = value ? NameAddr::parse(*value) : std::nullopt;
    spans.reset();
    if (parsed) spans_of(*parsed, spans.emplace());
    return parsed ? span_of(parsed->tag()) : Span{};
  };
  switch (id) {
    case HeaderId::via: {
      const auto value = first_value(id);
      const auto parsed = value ? Via::parse(*value) : std::nullopt;
      via_ = parsed ? std::optional(spans_of(*parsed)) : std::nullopt;
      branch_ = parsed ? span_of(parsed->branch()) : Span{};
      return;
    }
    case HeaderId::from:
      from_tag_ = read_address(header(id), from_);
      return;
    case HeaderId::to:
      to_tag_ = read_address(header(id), to_);
      return;
    case HeaderId::contact:
      read_address(first_value(id), contact_);
      return;
    case HeaderId::call_id:
      call_id_ = span_of(header(id).value_or(std::string_view()));
      return;
    case HeaderId::cseq: {
      const auto parsed = CSeq::parse(header(id).value_or(std::string_view()));
      cseq_number_ = parsed ? parsed->number : 0;
      cseq_method_ = parsed ? parsed->method : Method::other;
      cseq_name_ = parsed ? span_of(parsed->method_name) : Span{};
      return;
    }
    case HeaderId::max_forwards:
      max_forwards_ = number(header(id).value_or(std::string_view()), 255);
      return;
    default:
      return;
  }
}

// ---- out

void Message::serialize_start_line(std::string& out) const {
  if (is_request()) {
    out += method_name();
    out += ' ';
    out += request_uri();
    out += " SIP/2.0\r\n";
    return;
  }
  out += "SIP/2.0 ";
  append_number(out, status_);
  out += ' ';
  out += reason();
  out += "\r\n";
}

void Message::serialize_to(std::string& out) const {
  if (clean_) {
    out += text_;
    return;
  }
  constexpr std::size_t line_overhead = 32;  // ": ", CRLF and names that are not in text_
  out.reserve(out.size() + text_.size() + (headers_.size() + 4) * line_overhead);
  serialize_start_line(out);
  bool length_written = false;
  for (const Entry& e : headers_) {
    if (e.id == HeaderId::content_length) {
      if (length_written) continue;
      length_written = true;
      out += name_of(e);
      out += ": ";
      append_number(out, body_.length);
    } else if (e.raw_length != 0) {
      out += view({e.name_at, e.raw_length});
    } else {
      out += name_of(e);
      out += ": ";
      out += value_of(e);
    }
    out += "\r\n";
  }
  if (!length_written) {
    out += "Content-Length: ";
    append_number(out, body_.length);
    out += "\r\n";
  }
  out += "\r\n";
  out += body();
}

std::string Message::serialize() const {
  std::string out;
  serialize_to(out);
  return out;
}

bool Message::operator==(const Message& other) const {
  if (status_ != other.status_ || body() != other.body() || view(target_) != other.view(other.target_)) return false;
  if (is_request() && method_name() != other.method_name()) return false;
  const auto counts = [](const Entry& e) { return e.id != HeaderId::content_length; };
  auto a = headers_.begin();
  auto b = other.headers_.begin();
  for (;; ++a, ++b) {
    a = std::find_if(a, headers_.end(), counts);
    b = std::find_if(b, other.headers_.end(), counts);
    if (a == headers_.end() || b == other.headers_.end()) return a == headers_.end() && b == other.headers_.end();
    if (name_of(*a) != other.name_of(*b) || value_of(*a) != other.value_of(*b)) return false;
  }
}

}  // namespace junctor::sip
