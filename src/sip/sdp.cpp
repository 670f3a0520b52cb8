#include "sip/sdp.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

#include "sip/codec.hpp"
#include "sip/text.hpp"

namespace junctor::sip::sdp {
namespace {

using text::find_either;
using text::is_lws;
using text::trim;

constexpr std::string_view blanks = " \t";

/// Takes the first word off `rest`; empty at its end.
std::string_view next_word(std::string_view& rest) {
  rest = trim(rest);
  const auto end = std::min(rest.find_first_of(blanks), rest.size());
  const auto word = rest.substr(0, end);
  rest.remove_prefix(end);
  return word;
}

std::vector<std::string_view> words(std::string_view text) {
  std::vector<std::string_view> out;
  out.reserve(8);
  for (auto word = next_word(text); !word.empty(); word = next_word(text)) out.push_back(word);
  return out;
}

/// Takes the next line off `rest`, without its end and the blanks around it.
std::string_view next_line(std::string_view& rest) {
  const auto line = rest.substr(0, rest.find('\n'));
  rest.remove_prefix(std::min(line.size() + 1, rest.size()));
  return trim(line);
}

template <class Number>
std::optional<Number> number(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool is_rtp_protocol(std::string_view protocol) {
  return protocol.find("RTP/") != std::string_view::npos;
}

// The order of lines in RFC 8866 §5. Lines of equal rank keep their order (t=, r= and z= belong together).
constexpr int ranks = 9;
int session_rank(char type) {
  switch (type) {
    case 'i':
      return 0;
    case 'u':
      return 1;
    case 'e':
      return 2;
    case 'p':
      return 3;
    case 'c':
      return 4;
    case 'b':
      return 5;
    case 't':
    case 'r':
    case 'z':
      return 6;
    case 'k':
      return 7;
    default:
      return 8;
  }
}
constexpr int session_rank_connection = 4;
constexpr int session_rank_timing = 6;

int media_rank(char type) {
  switch (type) {
    case 'i':
      return 0;
    case 'c':
      return 1;
    case 'b':
      return 2;
    case 'k':
      return 3;
    default:
      return 4;
  }
}
constexpr int media_rank_connection = 1;

using Rank = int (*)(char);

std::optional<Direction> direction_named(std::string_view name) {
  for (const Direction d : {Direction::sendrecv, Direction::sendonly, Direction::recvonly, Direction::inactive}) {
    if (name == to_string(d)) return d;
  }
  return std::nullopt;
}

std::optional<Family> family_named(std::string_view net_type, std::string_view address_type) {
  if (net_type != "IN") return std::nullopt;
  if (address_type == "IP4") return Family::v4;
  if (address_type == "IP6") return Family::v6;
  return std::nullopt;
}

const Attribute* find_attribute(const std::vector<Attribute>& attributes, std::string_view name) {
  for (const auto& attribute : attributes) {
    if (attribute.name == name) return &attribute;
  }
  return nullptr;
}

class Reader {
 public:
  Result<Session, Error> read(std::string_view text);

 private:
  /// Each reads one line's value; an empty text is success, anything else the reason of the error.
  using Reason = std::string_view;
  Reason line(char type, std::string_view value);
  Reason session_line(char type, std::string_view value);
  Reason media_line(char type, std::string_view value);
  Reason origin(std::string_view value);
  Reason connection(std::string_view value, std::optional<Connection>& into);
  Reason media(std::string_view value);
  Reason formats(const std::vector<std::string_view>& listed);
  Reason attribute(std::string_view value);
  Reason session_attribute(std::string_view name, std::string_view value);
  Reason media_attribute(std::string_view name, std::string_view value);
  Reason rtpmap(std::string_view value);
  Reason keep(std::vector<Line>& lines, Rank rank, char type, std::string_view value);
  Reason keep(std::vector<Attribute>& attributes, std::string_view name, std::string_view value);
  bool take_fmtp(std::string_view value);
  Codec* listed_codec(std::string_view payload_type);
  void finish();

  Session session_;
  Media* media_ = nullptr;
  bool has_version_ = false, has_origin_ = false, has_name_ = false, has_timing_ = false;
  std::size_t attributes_ = 0, other_lines_ = 0;
};

Result<Session, Error> Reader::read(std::string_view text) {
  if (text.size() > max_bytes) return fail(Error{0, "too large"});
  if (text.find('\0') != std::string_view::npos) return fail(Error{0, "NUL in the text"});
  for (std::size_t count = 1; !text.empty(); ++count) {
    const auto content = next_line(text);
    if (content.empty()) continue;
    if (content.find('\r') != std::string_view::npos) return fail(Error{count, "CR inside a line"});
    if (content.size() < 2 || content[1] != '=') return fail(Error{count, "not a letter and ="});
    const auto reason = line(content[0], trim(content.substr(2)));
    if (!reason.empty()) return fail(Error{count, reason});
  }
  if (!has_version_) return fail(Error{0, "empty"});
  if (!has_origin_) return fail(Error{0, "no o="});
  finish();
  return std::move(session_);
}

Reader::Reason Reader::line(char type, std::string_view value) {
  if (!has_version_) {
    has_version_ = type == 'v' && value == "0";
    return has_version_ ? Reason() : Reason("the first line is not v=0");
  }
  if (type == 'm') return media(value);
  if (type == 'a') return attribute(value);
  return media_ == nullptr ? session_line(type, value) : media_line(type, value);
}

Reader::Reason Reader::session_line(char type, std::string_view value) {
  switch (type) {
    case 'o':
      return origin(value);
    case 's':
      if (has_name_) break;
      has_name_ = true;
      session_.name = value.empty() ? "-" : value;
      return {};
    case 'c':
      if (session_.connection) break;
      return connection(value, session_.connection);
    case 't':
      if (has_timing_) break;
      has_timing_ = true;
      session_.timing = value.empty() ? "0 0" : value;
      return {};
    default:
      break;
  }
  return keep(session_.lines, session_rank, type, value);
}

Reader::Reason Reader::media_line(char type, std::string_view value) {
  if (type == 'c' && !media_->connection) return connection(value, media_->connection);
  return keep(media_->lines, media_rank, type, value);
}

// The username may hold spaces on some phones, and is missing on others: the last five words are what counts.
Reader::Reason Reader::origin(std::string_view value) {
  if (has_origin_) return "o= twice";
  has_origin_ = true;
  const auto parts = words(value);
  if (parts.size() < 5) return "too few words in o=";
  const auto first = parts.size() - 5;
  const auto family = family_named(parts[first + 2], parts[first + 3]);
  if (!family) return "unknown network or address type in o=";
  std::string username;
  for (std::size_t i = 0; i < first; ++i) username.append(i == 0 ? "" : " ").append(parts[i]);
  session_.origin = {username.empty() ? "-" : username, std::string(parts[first]), std::string(parts[first + 1]),
                     *family, std::string(parts[first + 4])};
  return {};
}

Reader::Reason Reader::connection(std::string_view value, std::optional<Connection>& into) {
  const auto parts = words(value);
  if (parts.size() != 3) return "not three words in c=";
  const auto family = family_named(parts[0], parts[1]);
  if (!family) return "unknown network or address type in c=";
  into = Connection{*family, std::string(parts[2])};
  return {};
}

Reader::Reason Reader::media(std::string_view value) {
  if (session_.media.size() == max_media) return "too many m=";
  const auto parts = words(value);
  if (parts.size() < 3) return "too few words in m=";
  Media media;
  media.type = parts[0];
  media.protocol = parts[2];
  const auto slash = std::min(parts[1].find('/'), parts[1].size());
  const auto port = number<std::uint16_t>(parts[1].substr(0, slash));
  if (!port) return "bad port in m=";
  media.port = *port;
  if (slash < parts[1].size()) {
    const auto count = number<std::uint16_t>(parts[1].substr(slash + 1));
    if (!count || *count == 0) return "bad number of ports in m=";
    media.port_count = *count;
  }
  session_.media.push_back(std::move(media));
  media_ = &session_.media.back();
  return formats({parts.begin() + 3, parts.end()});
}

Reader::Reason Reader::formats(const std::vector<std::string_view>& listed) {
  const bool rejected = media_->port == 0;
  if (listed.empty()) {
    if (!rejected) return "no formats in m=";
    return formats({"0"});  // a rejected section is sometimes sent without
  }
  if (listed.size() > max_formats) return "too many formats in m=";
  if (media_->is_rtp()) {
    media_->codecs.reserve(listed.size());
    for (const auto word : listed) {
      const auto payload_type = number<std::uint8_t>(word);
      if (!payload_type || *payload_type > 127) {
        media_->codecs.clear();
        break;
      }
      if (listed_codec(word) == nullptr) media_->codecs.push_back(Codec{.payload_type = *payload_type});
    }
    if (!media_->codecs.empty()) return {};
    if (!rejected && media_->type == "audio") return "bad payload type in m=";
  }
  media_->formats.assign(listed.begin(), listed.end());
  return {};
}

Reader::Reason Reader::attribute(std::string_view value) {
  const auto colon = value.find(':');
  const auto name = trim(value.substr(0, colon));
  value = colon == std::string_view::npos ? std::string_view() : trim(value.substr(colon + 1));
  return media_ == nullptr ? session_attribute(name, value) : media_attribute(name, value);
}

Reader::Reason Reader::session_attribute(std::string_view name, std::string_view value) {
  if (!session_.direction && value.empty()) {
    session_.direction = direction_named(name);
    if (session_.direction) return {};
  }
  return keep(session_.attributes, name, value);
}

// The first readable one of a kind becomes the typed field; whatever follows is kept as it is.
Reader::Reason Reader::media_attribute(std::string_view name, std::string_view value) {
  if (name == "rtpmap") return rtpmap(value);
  if (name == "fmtp" && take_fmtp(value)) return {};
  if (name == "rtcp-mux" && value.empty() && !media_->rtcp_mux) {
    media_->rtcp_mux = true;
    return {};
  }
  if (name == "ptime" && !media_->ptime) {
    media_->ptime = number<std::uint16_t>(value);
    if (media_->ptime) return {};
  }
  if (name == "maxptime" && !media_->maxptime) {
    media_->maxptime = number<std::uint16_t>(value);
    if (media_->maxptime) return {};
  }
  if (!media_->direction && value.empty()) {
    media_->direction = direction_named(name);
    if (media_->direction) return {};
  }
  return keep(media_->attributes, name, value);
}

// "96 opus/48000/2"
Reader::Reason Reader::rtpmap(std::string_view value) {
  std::string_view rest = value;
  Codec* codec = listed_codec(next_word(rest));
  if (codec == nullptr || !codec->name.empty()) return keep(media_->attributes, "rtpmap", value);
  rest = trim(rest);
  const auto slash = rest.find('/');
  const auto name = rest.substr(0, slash);
  const auto rates = slash == std::string_view::npos ? std::string_view() : rest.substr(slash + 1);
  const auto second = rates.find('/');
  const auto clock_rate = number<std::uint32_t>(rates.substr(0, second));
  const auto channels = second == std::string_view::npos ? std::optional<std::uint8_t>(std::uint8_t{1})
                                                         : number<std::uint8_t>(rates.substr(second + 1));
  const bool good = !name.empty() && name.find_first_of(blanks) == std::string_view::npos &&
                    clock_rate.value_or(0) != 0 && channels.value_or(0) != 0;
  if (!good) return media_->type == "audio" ? Reason("bad rtpmap") : keep(media_->attributes, "rtpmap", value);
  codec->name = name;
  codec->clock_rate = *clock_rate;
  codec->channels = *channels;
  return {};
}

bool Reader::take_fmtp(std::string_view value) {
  Codec* codec = listed_codec(next_word(value));
  value = trim(value);
  if (codec == nullptr || !codec->fmtp.empty() || value.empty()) return false;
  codec->fmtp = value;
  return true;
}

Codec* Reader::listed_codec(std::string_view payload_type) {
  const auto wanted = number<std::uint8_t>(payload_type);
  if (!wanted) return nullptr;
  const auto at = std::ranges::find(media_->codecs, *wanted, &Codec::payload_type);
  return at == media_->codecs.end() ? nullptr : &*at;
}

Reader::Reason Reader::keep(std::vector<Line>& lines, Rank rank, char type, std::string_view value) {
  if (other_lines_++ == max_other_lines) return "too many lines";
  const auto after = std::ranges::upper_bound(lines, rank(type), {}, [rank](const Line& l) { return rank(l.type); });
  lines.insert(after, {type, std::string(value)});
  return {};
}

Reader::Reason Reader::keep(std::vector<Attribute>& attributes, std::string_view name, std::string_view value) {
  if (attributes_++ == max_attributes) return "too many a=";
  attributes.push_back({std::string(name), std::string(value)});
  return {};
}

void Reader::finish() {
  for (auto& media : session_.media) {
    for (auto& codec : media.codecs) {
      if (!codec.name.empty()) continue;
      if (auto known = static_codec(codec.payload_type)) {
        known->fmtp = std::move(codec.fmtp);
        codec = std::move(*known);
      }
    }
  }
}

class Writer {
 public:
  std::string write(const Session& session);

 private:
  Writer& add(std::string_view text) {
    if (text.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos) {
      out_ += text;
    } else {
      std::ranges::copy_if(text, std::back_inserter(out_), [](char c) { return c != '\r' && c != '\n' && c != '\0'; });
    }
    return *this;
  }
  Writer& add(std::uint32_t number) {
    out_ += std::to_string(number);
    return *this;
  }
  Writer& line(char type, std::string_view value) {
    (out_ += type) += '=';
    return add(value);
  }
  void end() { out_ += "\r\n"; }

  void connection(const std::optional<Connection>& connection);
  /// The lines whose rank is in [from, to).
  void lines(const std::vector<Line>& lines, Rank rank, int from, int to);
  void direction(const std::optional<Direction>& direction);
  void attributes(const std::vector<Attribute>& attributes);
  void media(const Media& media);
  void formats(const Media& media);
  void codec(const Codec& codec);

  std::string out_;
};

constexpr std::string_view address_type(Family family) {
  return family == Family::v4 ? "IN IP4 " : "IN IP6 ";
}

std::string Writer::write(const Session& session) {
  out_.reserve(1024);
  line('v', "0").end();
  const Origin& origin = session.origin;
  line('o', origin.username).add(" ").add(origin.session_id).add(" ").add(origin.session_version).add(" ");
  add(address_type(origin.family)).add(origin.address).end();
  line('s', session.name).end();
  lines(session.lines, session_rank, 0, session_rank_connection);
  connection(session.connection);
  lines(session.lines, session_rank, session_rank_connection, session_rank_timing);
  line('t', session.timing).end();
  lines(session.lines, session_rank, session_rank_timing, ranks);
  direction(session.direction);
  attributes(session.attributes);
  for (const auto& section : session.media) media(section);
  return std::move(out_);
}

void Writer::connection(const std::optional<Connection>& connection) {
  if (connection) line('c', address_type(connection->family)).add(connection->address).end();
}

void Writer::lines(const std::vector<Line>& lines, Rank rank, int from, int to) {
  for (int now = from; now < to; ++now) {
    for (const auto& kept : lines) {
      if (rank(kept.type) == now) line(kept.type, kept.value).end();
    }
  }
}

void Writer::direction(const std::optional<Direction>& direction) {
  if (direction) line('a', to_string(*direction)).end();
}

void Writer::attributes(const std::vector<Attribute>& attributes) {
  for (const auto& attribute : attributes) {
    line('a', attribute.name);
    if (!attribute.value.empty()) add(":").add(attribute.value);
    end();
  }
}

void Writer::media(const Media& media) {
  line('m', media.type).add(" ").add(media.port);
  if (media.port_count != 1) add("/").add(media.port_count);
  add(" ").add(media.protocol);
  formats(media);
  end();
  lines(media.lines, media_rank, 0, media_rank_connection);
  connection(media.connection);
  lines(media.lines, media_rank, media_rank_connection, ranks);
  for (const auto& each : media.codecs) codec(each);
  if (media.ptime) line('a', "ptime:").add(*media.ptime).end();
  if (media.maxptime) line('a', "maxptime:").add(*media.maxptime).end();
  direction(media.direction);
  if (media.rtcp_mux) line('a', "rtcp-mux").end();
  attributes(media.attributes);
}

void Writer::formats(const Media& media) {
  if (media.codecs.empty() && media.formats.empty()) add(" 0");  // the grammar wants one, also when rejected
  for (const auto& each : media.codecs) add(" ").add(each.payload_type);
  for (const auto& each : media.formats) add(" ").add(each);
}

void Writer::codec(const Codec& codec) {
  if (!codec.name.empty()) {
    line('a', "rtpmap:").add(codec.payload_type).add(" ").add(codec.name).add("/").add(codec.clock_rate);
    if (codec.channels != 1) add("/").add(codec.channels);
    end();
  }
  if (!codec.fmtp.empty()) line('a', "fmtp:").add(codec.payload_type).add(" ").add(codec.fmtp).end();
}

}  // namespace

std::string to_string(const Error& error) {
  if (error.line == 0) return std::string(error.reason);
  return "line " + std::to_string(error.line) + ": " + std::string(error.reason);
}

std::string_view to_string(Direction direction) {
  switch (direction) {
    case Direction::sendrecv:
      return "sendrecv";
    case Direction::sendonly:
      return "sendonly";
    case Direction::recvonly:
      return "recvonly";
    case Direction::inactive:
      break;
  }
  return "inactive";
}

bool Media::is_rtp() const {
  return is_rtp_protocol(protocol);
}
bool Media::is_audio() const {
  return type == "audio" && is_rtp();
}
const Attribute* Media::find(std::string_view wanted) const {
  return find_attribute(attributes, wanted);
}
const Attribute* Session::find(std::string_view wanted) const {
  return find_attribute(attributes, wanted);
}

Result<Session, Error> parse(std::string_view text) {
  return Reader().read(text);
}
Glance glance(std::string_view text) {
  Glance out;
  for (std::size_t at = 0; at < text.size() && (out.connection.empty() || out.media.empty());) {
    const std::size_t end = find_either(text.data(), at, text.size(), '\n', '\n');
    while (at < end && is_lws(text[at])) ++at;
    if (at + 1 < end && text[at + 1] == '=') {
      const auto value = text.substr(at + 2, end - at - 2);
      if (text[at] == 'c' && out.connection.empty()) out.connection = trim(value);
      if (text[at] == 'm' && out.media.empty()) out.media = trim(value);
    }
    at = end + 1;
  }
  return out;
}

std::string serialize(const Session& session) {
  return Writer().write(session);
}

const Connection* connection_of(const Session& session, const Media& media) {
  if (media.connection) return &*media.connection;
  return session.connection ? &*session.connection : nullptr;
}

std::optional<Address> rtp_address(const Session& session, const Media& media) {
  const Connection* connection = connection_of(session, media);
  if (media.port == 0 || connection == nullptr) return std::nullopt;
  const auto ip = connection->ip();
  if (!ip || ip->is_any()) return std::nullopt;
  return Address{*ip, media.port};
}

std::optional<Address> rtcp_address(const Session& session, const Media& media) {
  auto address = rtp_address(session, media);
  if (!address) return std::nullopt;
  if (const Attribute* rtcp = media.find("rtcp")) {
    const auto parts = words(rtcp->value);
    const auto port = parts.empty() ? std::nullopt : number<std::uint16_t>(parts[0]);
    if (port && *port != 0) {
      address->port = *port;
      const auto ip = parts.size() == 4 ? IpAddress::parse(parts[3]) : std::nullopt;
      if (ip) address->ip = *ip;
      return address;
    }
  }
  if (address->port == std::numeric_limits<std::uint16_t>::max()) return std::nullopt;
  ++address->port;
  return address;
}

Direction direction_of(const Session& session, const Media& media) {
  const Direction written = media.direction.value_or(session.direction.value_or(Direction::sendrecv));
  const Connection* connection = connection_of(session, media);
  const auto ip = connection == nullptr ? std::nullopt : connection->ip();
  const bool held = ip && ip->is_any();
  return make_direction(sends(written), receives(written) && !held);
}

const Media* first_audio(const Session& session) {
  for (const auto& media : session.media) {
    if (media.is_audio() && media.port != 0) return &media;
  }
  return nullptr;
}

}  // namespace junctor::sip::sdp
