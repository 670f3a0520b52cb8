#pragma once
// Session descriptions (RFC 8866) as owned values. Reading is as tolerant as phones need: bare LF as line end, spaces
// too many, s= and t= missing. What decides where media goes (v, o, c, m, rtpmap of a listed format) is read
// strictly, and an error names the line. Everything else is kept in order, and written again.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.hpp"
#include "base/result.hpp"

namespace junctor::sip::sdp {

inline constexpr std::size_t max_bytes = std::size_t{64} * 1024;  ///< of a whole description
inline constexpr std::size_t max_media = 32;                      ///< m= lines
inline constexpr std::size_t max_formats = 64;                    ///< formats (codecs) of one m= line
inline constexpr std::size_t max_attributes = 1024;               ///< a= lines of a whole description
inline constexpr std::size_t max_other_lines = 128;               ///< lines kept unread, of a whole description

/// Why a text is no session description. `line` counts from 1; 0 when it concerns the whole text.
struct Error {
  std::size_t line = 0;
  std::string_view reason;  ///< a constant, e.g. "bad port in m="

  bool operator==(const Error&) const = default;
};

/// "line 7: bad port in m=".
std::string to_string(const Error& error);

/// Seen from the side whose description it is in (RFC 8866 §6.7).
enum class Direction : std::uint8_t { sendrecv, sendonly, recvonly, inactive };

constexpr bool sends(Direction d) {
  return d == Direction::sendrecv || d == Direction::sendonly;
}
constexpr bool receives(Direction d) {
  return d == Direction::sendrecv || d == Direction::recvonly;
}
constexpr Direction make_direction(bool send, bool receive) {
  return send ? (receive ? Direction::sendrecv : Direction::sendonly)
              : (receive ? Direction::recvonly : Direction::inactive);
}
/// The same flow seen from the other side.
constexpr Direction reversed(Direction d) {
  return make_direction(receives(d), sends(d));
}
std::string_view to_string(Direction direction);

/// An a= line that has no typed field: `a=name` (empty value) or `a=name:value`.
struct Attribute {
  std::string name;
  std::string value;

  bool operator==(const Attribute&) const = default;
};

/// A line that is kept unread, e.g. {'b', "AS:64"}.
struct Line {
  char type = 0;
  std::string value;

  bool operator==(const Line&) const = default;
};

/// o= (RFC 8866 §5.2). Id and version are kept as text: decimal numbers of any length, and some peers send words.
struct Origin {
  std::string username = "-";
  std::string session_id = "0";
  std::string session_version = "0";
  Family family = Family::v4;
  std::string address = "0.0.0.0";  ///< an IP address or a host name

  bool operator==(const Origin&) const = default;
};

/// c= (RFC 8866 §5.7).
struct Connection {
  Family family = Family::v4;
  std::string address;  ///< an IP address (multicast with its /TTL) or a host name

  bool operator==(const Connection&) const = default;
  /// Nothing when the address is a name or a multicast range.
  std::optional<IpAddress> ip() const { return IpAddress::parse(address); }
  static Connection of(const IpAddress& ip) { return {ip.family, junctor::to_string(ip)}; }
};

inline constexpr std::uint8_t no_payload_type = 255;  ///< a codec that has no number yet

/// One RTP format: its payload type, rtpmap and fmtp together. `name` is empty for a dynamic payload type without
/// rtpmap (kept, equal to no other codec). Static payload types without rtpmap have RFC 3551's name and rate.
struct Codec {
  std::uint8_t payload_type = no_payload_type;  ///< 0–127
  std::string name;                             ///< as written; compared without case
  std::uint32_t clock_rate = 0;                 ///< Hz
  std::uint8_t channels = 1;
  std::string fmtp;  ///< what follows the payload type in a=fmtp, empty when there is none

  bool operator==(const Codec&) const = default;
};

/// An m= section (RFC 8866 §5.14). Of a=, the first readable rtpmap and fmtp per listed payload type, direction, ptime,
/// maxptime and rtcp-mux are the typed fields; all others (crypto, ssrc, candidate, rtcp, …) are in `attributes`.
struct Media {
  std::string type = "audio";  ///< "audio", "video", "image", …
  std::uint16_t port = 0;      ///< 0: rejected or disabled
  std::uint16_t port_count = 1;
  std::string protocol = "RTP/AVP";
  std::vector<Codec> codecs;         ///< RTP media: the formats in order
  std::vector<std::string> formats;  ///< anything else, e.g. {"t38"}; empty when `codecs` is used
  std::optional<Connection> connection;
  std::optional<Direction> direction;
  std::optional<std::uint16_t> ptime;     ///< milliseconds
  std::optional<std::uint16_t> maxptime;  ///< milliseconds
  bool rtcp_mux = false;
  std::vector<Line> lines;  ///< i=, further c=, b=, k= and unknown ones, in the order of RFC 8866 §5
  std::vector<Attribute> attributes;

  bool operator==(const Media&) const = default;
  bool is_rtp() const;                                 ///< RTP/AVP, RTP/SAVPF, UDP/TLS/RTP/SAVPF, …
  bool is_audio() const;                               ///< audio over RTP, rejected or not
  const Attribute* find(std::string_view name) const;  ///< the first of that name, or null
};

struct Session {
  Origin origin;
  std::string name = "-";
  std::optional<Connection> connection;
  std::string timing = "0 0";  ///< the first t=
  std::optional<Direction> direction;
  std::vector<Line> lines;  ///< i= u= e= p= b=, further t=, r= z= k= and unknown ones, in the order of RFC 8866 §5
  std::vector<Attribute> attributes;
  std::vector<Media> media;

  bool operator==(const Session&) const = default;
  const Attribute* find(std::string_view name) const;
};

Result<Session, Error> parse(std::string_view text);

/// A look at where audio goes without reading the whole and without allocation: the values of the first c= and the
/// first m= (views, empty when there is none). Nothing is checked.
struct Glance {
  std::string_view connection;
  std::string_view media;
};
Glance glance(std::string_view text);

/// CRLF line ends. parse(serialize(parse(x))) equals parse(x). Line breaks inside a field would forge lines and are
/// therefore left out.
std::string serialize(const Session& session);

// What a session says about one of its media sections, defaults and session level included. `media` is one of
// `session.media`.

/// c= of the section or of the session.
const Connection* connection_of(const Session& session, const Media& media);
/// Where RTP is to be sent. Nothing when rejected, on hold by 0.0.0.0, or given by name.
std::optional<Address> rtp_address(const Session& session, const Media& media);
/// Where RTCP is to be sent: a=rtcp (RFC 3605), else the port after RTP's. The caller knows whether rtcp-mux was
/// agreed.
std::optional<Address> rtcp_address(const Session& session, const Media& media);
/// Media level, session level, or sendrecv; a connection address of all zeros (hold of RFC 2543) takes away receiving.
Direction direction_of(const Session& session, const Media& media);
/// The first audio section over RTP that is not rejected, or null.
const Media* first_audio(const Session& session);

}  // namespace junctor::sip::sdp
