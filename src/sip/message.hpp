#pragma once
// A SIP request or response (RFC 3261 §7). The message owns its text in one buffer; headers are entries of offsets into
// it, so parsing costs two allocations whatever the number of headers, and headers that nobody knows come out byte for
// byte and in order. A change appends new text to the buffer and moves offsets.
//
// Views (string_view, Uri, NameAddr, Via, ranges) point into the message: they end with its next change, move or end.
// Values given to the builder may be views into the same message. Nothing can be smuggled in through the builder: CR
// and LF in a value or a reason phrase become spaces, a header name keeps its token characters only (with none left,
// nothing is added), and a Request-URI loses spaces and control characters. Content-Length is the message's own
// business: giving one to the builder has no effect.
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "sip/header_id.hpp"
#include "sip/name_addr.hpp"
#include "sip/parse_error.hpp"
#include "sip/via.hpp"

namespace junctor::sip {

constexpr std::size_t max_message_bytes = 65536;  ///< with its body; the largest datagram, and our limit on streams
constexpr std::size_t max_start_line_bytes = 8192;
constexpr std::size_t max_header_bytes = 16384;  ///< one header with its folds
constexpr std::size_t max_headers = 256;         ///< header lines of one message
constexpr std::uint32_t max_forwards_initial = 70;

/// CSeq (§20.16).
struct CSeq {
  std::uint32_t number = 0;
  Method method = Method::other;
  std::string_view method_name;

  static std::optional<CSeq> parse(std::string_view text);
  bool operator==(const CSeq&) const = default;
};
std::string to_string(const CSeq& cseq);

/// One header line.
struct HeaderField {
  HeaderId id = HeaderId::other;
  std::string_view name;   ///< as written, compact or not
  std::string_view value;  ///< without the white space around it; folds are spaces, except in unknown headers
};

/// Typed headers as a message keeps them: offsets into its text, so that they survive copies, moves and growth.
namespace offsets {
struct Span {
  std::uint32_t at = 0;
  std::uint32_t length = 0;
};
struct Via {
  Span transport, host, params;
  std::uint16_t port = 0;
};
struct Uri {
  Span scheme, user, password, host, params, headers, opaque;
  std::uint16_t port = 0;
};
struct NameAddr {
  Span display, params;
  Uri uri;
};
}  // namespace offsets

class Message {
 public:
  /// An empty request; only good to be assigned to.
  Message() = default;

  /// Parses one whole message: a datagram, or what stream_framer cut out. Bytes after Content-Length are dropped; with
  /// no Content-Length the body is the rest. What identifies the message is checked here (start line, Via, From, To,
  /// Call-ID, CSeq, Max-Forwards, and that Contact can be read), everything else when it is read. On failure, a request
  /// that can still be answered (its Via, From, To, Call-ID and CSeq can be read) is left in `answerable`, only fit for
  /// response(request, info(error).status, info(error).reason).
  static Result<Message, ParseError> parse(std::string bytes, std::optional<Message>* answerable = nullptr);

  /// A request with no headers yet.
  static Message request(Method method, std::string_view uri);
  static Message request(std::string_view method, std::string_view uri);
  /// A response with the request's Vias, From, To, Call-ID and CSeq, and for a 100 its Timestamp (§8.2.6). The To tag,
  /// Contact, Record-Route are the caller's business. `reason` defaults to reason_phrase(status).
  static Message response(const Message& request, int status, std::string_view reason = {});

  bool is_request() const { return status_ == 0; }
  bool is_response() const { return status_ != 0; }

  /// Of a response: CSeq's method.
  Method method() const { return is_request() ? method_ : cseq_method_; }
  std::string_view method_name() const;
  std::string_view request_uri() const { return view(is_request() ? target_ : Span{}); }
  /// The Request-URI, parsed; nothing only if set_request_uri() was given something else.
  std::optional<Uri> uri() const;
  void set_request_uri(std::string_view uri);
  int status() const { return status_; }  ///< 0 for a request
  std::string_view reason() const { return view(is_response() ? target_ : Span{}); }

  // -- headers as text

  /// The first line of that header, whole ("a, b" stays one value).
  std::optional<std::string_view> header(HeaderId id) const;
  std::optional<std::string_view> header(std::string_view name) const;
  bool has(HeaderId id) const { return find(id) != headers_.size(); }
  std::size_t header_count() const { return headers_.size(); }
  HeaderField header_at(std::size_t index) const;

  class FieldRange;
  /// Every header line, in order.
  FieldRange headers() const;
  /// The lines of one header. A known header is found under all of its names.
  FieldRange headers(HeaderId id) const;
  FieldRange headers(std::string_view name) const;

  class ValueRange;
  /// The comma-separated values of all lines of a list header, one by one: for (std::string_view v : m.values(id)).
  ValueRange values(HeaderId id) const;
  /// The first of these; what remove_first_value() would take away.
  std::optional<std::string_view> first_value(HeaderId id) const;

  // -- changes

  void add(HeaderId id, std::string_view value);
  void add(std::string_view name, std::string_view value);
  /// Before the first line of the same header (before all headers if there is none): a new top Via, Route or
  /// Record-Route.
  void add_first(HeaderId id, std::string_view value);
  /// Replaces the first line of that header where it stands and removes the others; adds it if there is none.
  void set(HeaderId id, std::string_view value);
  void set(std::string_view name, std::string_view value);
  /// Replaces the first value of a list header (received and rport of the top Via).
  void set_first_value(HeaderId id, std::string_view value);
  void remove(HeaderId id);
  void remove(std::string_view name);
  /// Takes away the first value of a list header: the top Via or Route.
  void remove_first_value(HeaderId id);
  /// Adds, at the end, every line of that header which `from` has; as it is written there.
  void copy_headers(const Message& from, HeaderId id);

  std::string_view body() const { return view(body_); }
  /// Replaces the body and Content-Type; an empty body removes Content-Type. Content-Length follows by itself.
  void set_body(std::string_view content_type, std::string_view bytes);

  // -- what routing needs, located once when the message is parsed or that header is changed

  /// Nothing only in a message under construction; likewise below.
  std::optional<Via> top_via() const;
  std::string_view top_branch() const { return view(branch_); }
  std::optional<NameAddr> from() const;
  std::optional<NameAddr> to() const;
  std::string_view from_tag() const { return view(from_tag_); }  ///< empty: none
  std::string_view to_tag() const { return view(to_tag_); }      ///< empty: none
  std::string_view call_id() const { return view(call_id_); }
  CSeq cseq() const { return {cseq_number_, cseq_method_, view(cseq_name_)}; }
  std::optional<std::uint32_t> max_forwards() const { return max_forwards_; }
  /// The first Contact; nothing if there is none, or for "*".
  std::optional<NameAddr> contact() const;

  // -- out

  /// The text to send. Content-Length is always there and right.
  std::string serialize() const;
  void serialize_to(std::string& out) const;  ///< appended

  /// Same start line, same headers in the same order with the same bytes (Content-Length aside), same body.
  bool operator==(const Message& other) const;

 private:
  friend class Parser;

  using Span = offsets::Span;
  using ViaSpans = offsets::Via;
  using UriSpans = offsets::Uri;
  using AddressSpans = offsets::NameAddr;
  struct Entry {
    std::uint32_t name_at = 0;
    std::uint32_t value_at = 0;
    std::uint32_t value_length = 0;
    std::uint32_t raw_length = 0;   // from name_at to the line's end, without CRLF; 0: name and value were set here
    std::uint16_t name_length = 0;  // 0: the long name of `id`
    HeaderId id = HeaderId::other;
  };
  enum class Place { first, last };

  std::string_view view(Span s) const { return {text_.data() + s.at, s.length}; }
  std::string_view name_of(const Entry& e) const;
  std::string_view value_of(const Entry& e) const { return view({e.value_at, e.value_length}); }
  std::size_t find(HeaderId id) const;
  Span span_of(std::string_view part) const {
    if (part.empty()) return {};
    return {static_cast<std::uint32_t>(part.data() - text_.data()), static_cast<std::uint32_t>(part.size())};
  }
  ViaSpans spans_of(const Via& via) const;
  void spans_of(const Uri& uri, UriSpans& out) const;
  void spans_of(const NameAddr& address, AddressSpans& out) const;
  Uri uri(const UriSpans& spans) const;
  NameAddr address(const AddressSpans& spans) const;
  Span append(std::string_view value);
  Entry append_line(HeaderId id, std::string_view name, std::string_view value);
  Entry with_value(Entry entry, std::string_view value);
  void insert(HeaderId id, std::string_view name, std::string_view value, Place place);
  void replace(HeaderId id, std::string_view name, std::string_view value);
  void changed(HeaderId id);  // renews what is kept about that header
  bool first_is_known(HeaderId id) const;
  void adopt(const Message& from, HeaderId id, std::uint32_t distance);
  void serialize_start_line(std::string& out) const;
  bool matches(const Entry& e, HeaderId id, std::string_view name) const;

  std::string text_;
  std::vector<Entry> headers_;
  Span method_name_;  // of a request
  Span target_;       // Request-URI or reason phrase
  Span body_;
  Span branch_, from_tag_, to_tag_, call_id_, cseq_name_;
  std::optional<UriSpans> uri_;
  std::optional<ViaSpans> via_;
  std::optional<AddressSpans> from_, to_, contact_;
  std::optional<std::uint32_t> max_forwards_;
  std::uint32_t cseq_number_ = 0;
  std::uint16_t status_ = 0;
  Method method_ = Method::other;
  Method cseq_method_ = Method::other;
  bool clean_ = false;  // text_ is, byte for byte, what serialize() would build
};

/// Header lines, optionally of one header only.
class Message::FieldRange {
 public:
  FieldRange(const Message& message, HeaderId id, std::string_view name, bool all)
      : message_(&message), id_(id), name_(name), all_(all) {}

  class Iterator {
   public:
    using value_type = HeaderField;
    using difference_type = std::ptrdiff_t;
    Iterator() = default;
    Iterator(const Message& message, HeaderId id, std::string_view name, bool all)
        : message_(&message), id_(id), name_(name), all_(all) {
      skip();
    }
    HeaderField operator*() const { return message_->header_at(index_); }
    Iterator& operator++() {
      ++index_;
      skip();
      return *this;
    }
    void operator++(int) { ++*this; }
    bool operator==(std::default_sentinel_t) const { return index_ >= message_->header_count(); }

   private:
    void skip();
    const Message* message_ = nullptr;
    HeaderId id_ = HeaderId::other;
    std::string_view name_;
    bool all_ = true;
    std::size_t index_ = 0;
  };
  Iterator begin() const { return Iterator(*message_, id_, name_, all_); }
  std::default_sentinel_t end() const { return {}; }

 private:
  const Message* message_;
  HeaderId id_;
  std::string_view name_;
  bool all_;
};

/// Comma-separated values of one list header, over all its lines. Empty elements are skipped.
class Message::ValueRange {
 public:
  ValueRange(const Message& message, HeaderId id) : message_(&message), id_(id) {}

  class Iterator {
   public:
    using value_type = std::string_view;
    using difference_type = std::ptrdiff_t;
    Iterator() = default;
    Iterator(const Message& message, HeaderId id) : message_(&message), id_(id) { read(); }
    std::string_view operator*() const { return value_; }
    Iterator& operator++() {
      read();
      return *this;
    }
    void operator++(int) { read(); }
    bool operator==(std::default_sentinel_t) const { return done_; }

   private:
    void read();
    const Message* message_ = nullptr;
    HeaderId id_ = HeaderId::other;
    std::size_t index_ = 0;
    std::string_view rest_, value_;
    bool done_ = false;
  };
  Iterator begin() const { return Iterator(*message_, id_); }
  std::default_sentinel_t end() const { return {}; }

 private:
  const Message* message_;
  HeaderId id_;
};

/// The standard phrase ("Not Found"); "Unknown" for a status without one.
std::string_view reason_phrase(int status);

}  // namespace junctor::sip
