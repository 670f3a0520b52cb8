#pragma once
// One contact of one user, packed: a hub keeps tens of thousands of them.
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/address.hpp"
#include "base/ids.hpp"
#include "base/io.hpp"
#include "base/time.hpp"
#include "store/store.hpp"

namespace junctor::registrar {

/// In the order of transport::Protocol.
enum class Protocol : std::uint8_t { udp, tcp, tls, ws, wss };

/// How a request came, and how to send back the same way (RFC 3581, RFC 5626): a phone behind a NAT is reached through
/// what it registered over.
struct Reach {
  Protocol protocol = Protocol::udp;
  ListenerIndex listener = 0;
  ConnectionId connection;  ///< none for UDP, and after a restart
  Address local;            ///< what our socket is bound to
  Address remote;           ///< as seen on the wire
};

/// What a binding says in words; views.
struct BindingText {
  std::string_view contact;  ///< URI
  std::string_view path;     ///< Path values, one per line
  std::string_view call_id;
  std::string_view instance;  ///< "<urn:uuid:…>", or empty
  std::string_view user_agent;
};

class Binding {
 public:
  static constexpr std::size_t text_max = 65535;  ///< bytes of all texts together

  /// JUNCTOR_CHECK: the texts fit into text_max.
  explicit Binding(const BindingText& text);

  std::string_view contact() const { return part(0); }
  std::string_view path() const { return part(1); }
  std::string_view call_id() const { return part(2); }
  std::string_view instance() const { return part(3); }
  std::string_view user_agent() const { return part(4); }

  /// Whether the way it registered by can still be used.
  bool flow_alive() const { return reach.protocol == Protocol::udp || reach.connection; }

  Reach reach;
  TimePoint expires{};
  std::uint32_t cseq = 0;
  std::uint32_t reg_id = 0;  ///< 0: none
  std::uint16_t q_milli = 1000;

 private:
  std::string_view part(std::size_t i) const {
    const std::size_t from = i == 0 ? 0 : ends_[i - 1];
    return std::string_view(text_).substr(from, ends_[i] - from);
  }

  std::array<std::uint16_t, 5> ends_{};  // of the parts of text_
  std::string text_;
};

store::BindingRow to_row(const Binding& binding, std::string_view user, WallTime expires);
/// Nothing for a row that cannot be used (its addresses cannot be read).
std::optional<Binding> from_row(const store::BindingRow& row, TimePoint expires);

}  // namespace junctor::registrar
