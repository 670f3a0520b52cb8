#pragma once
// The property that fuzzers and property tests share: parse(serialise(parse(x))) == parse(x), for the message as it was
// read, after changes, and for one that is built anew from typed fields with no bytes of the first kept.
#include <string>
#include <string_view>
#include <utility>

#include "base/check.hpp"
#include "sip/headers.hpp"
#include "sip/message.hpp"

namespace junctor::sip {

template <class T>
void check_typed(std::string_view text) {
  const auto value = T::parse(text);
  if (!value) return;
  const std::string out = to_string(*value);
  const auto again = T::parse(out);
  JUNCTOR_CHECK(again.has_value());
  JUNCTOR_CHECK(*again == *value);
  JUNCTOR_CHECK(to_string(*again) == out);
}

inline void check_message(const Message& m) {
  const std::string text = m.serialize();
  const auto again = Message::parse(text);
  JUNCTOR_CHECK(again.has_value());
  JUNCTOR_CHECK(*again == m);
  JUNCTOR_CHECK(again->serialize() == text);
  JUNCTOR_CHECK(again->from() == m.from() && again->to() == m.to() && again->contact() == m.contact());
  JUNCTOR_CHECK(again->top_via() == m.top_via() && again->uri() == m.uri() && again->cseq() == m.cseq());
}

// Headers that have a type, written from it; the others as text.
inline void add_typed(Message& to, const Message& from, HeaderId id) {
  for (const std::string_view value : from.values(id)) {
    const auto via = id == HeaderId::via ? Via::parse(value) : std::nullopt;
    const auto address = NameAddr::parse(value);
    to.add(id, via ? to_string(*via) : address ? to_string(*address) : std::string(value));
  }
}

inline Message rebuilt(const Message& m) {
  Message out = m.is_request() ? Message::request(m.method_name(), to_string(*m.uri()))
                               : Message::response(Message::request(Method::options, "sip:x"), m.status(), m.reason());
  add_typed(out, m, HeaderId::via);
  out.add(HeaderId::from, to_string(*m.from()));
  out.add(HeaderId::to, to_string(*m.to()));
  out.add(HeaderId::call_id, m.call_id());
  out.add(HeaderId::cseq, to_string(m.cseq()));
  add_typed(out, m, HeaderId::route);
  if (is_contact_star(m)) {
    out.add(HeaderId::contact, "*");
  } else {
    add_typed(out, m, HeaderId::contact);
  }
  out.set_body("application/octet-stream", m.body());
  return out;
}

inline void check_round_trip(std::string_view bytes) {
  std::optional<Message> request;
  const auto m = Message::parse(std::string(bytes), &request);
  if (!m) {
    if (request) Message::response(*request, 400).serialize();
    return;
  }
  JUNCTOR_CHECK(m->serialize().size() <= 2 * bytes.size() + 64);
  check_message(*m);
  if (m->is_request()) check_message(Message::response(*m, 486));
  for (const HeaderField field : m->headers()) {
    check_typed<SessionExpires>(field.value);
    check_typed<Replaces>(field.value);
    check_typed<RAck>(field.value);
    check_typed<Reason>(field.value);
    check_typed<Event>(field.value);
    check_typed<SubscriptionState>(field.value);
    check_typed<RetryAfter>(field.value);
    check_typed<Warning>(field.value);
    check_typed<MediaType>(field.value);
    for (const std::string_view value : m->values(field.id)) {
      check_typed<NameAddr>(value);
      check_typed<Via>(value);
    }
  }

  const Message built = rebuilt(*m);
  if (built.serialize().size() <= max_message_bytes && built.header_count() < max_headers) check_message(built);

  Message changed = *m;
  changed.add_first(HeaderId::via, "SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKproperty");
  changed.set(HeaderId::max_forwards, "3");
  changed.remove_first_value(HeaderId::route);
  changed.remove(HeaderId::subject);
  changed.add("X-Property", changed.call_id());
  if (changed.serialize().size() <= max_message_bytes && changed.header_count() < max_headers) check_message(changed);
  const Message moved = std::move(changed);
  JUNCTOR_CHECK(moved.top_branch() == "z9hG4bKproperty" && moved.max_forwards() == 3u);
}

inline void check_uri_round_trip(std::string_view text) {
  const auto uri = Uri::parse(text);
  check_typed<NameAddr>(text);
  check_typed<Via>(text);
  if (!uri) return;
  const std::string out = to_string(*uri);
  const auto again = Uri::parse(out);
  JUNCTOR_CHECK(again.has_value());
  JUNCTOR_CHECK(*again == *uri);
  JUNCTOR_CHECK(equivalent(*again, *uri) && equivalent(*uri, *again));
  check_typed<NameAddr>("\"x\" <" + out + ">;tag=1");
}

}  // namespace junctor::sip
