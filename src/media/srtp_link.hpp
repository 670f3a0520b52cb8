#pragma once
// One leg's SRTP: the two contexts of its keys, or nothing for plain RTP. Packets pass through here first when they
// come and last when they go.
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "media/media.hpp"
#include "srtp/srtp.hpp"

namespace junctor::media {

/// Movable. Allocates when keys are set or loaded, and never for a packet.
class SrtpLink {
 public:
  SrtpLink();
  ~SrtpLink();
  SrtpLink(SrtpLink&&) noexcept;
  SrtpLink& operator=(SrtpLink&&) noexcept;

  void set_keys(const std::optional<SrtpKeys>& keys);

  /// In place; the buffer has srtp::overhead_max bytes behind the packet. Gives the new size.
  Result<std::size_t, Drop> protect(srtp::Ciphers& ciphers, Channel channel, std::span<std::uint8_t> buffer,
                                    std::size_t size);
  /// The plain packet: `datagram` itself when there are no keys, else the beginning of `room`, which is no smaller.
  Result<std::span<const std::uint8_t>, Drop> unprotect(srtp::Ciphers& ciphers, Channel channel,
                                                        std::span<const std::uint8_t> datagram,
                                                        std::span<std::uint8_t> room);

  /// Before a packet of RTP that comes, and before one that goes.
  void prefetch_receive() const;
  void prefetch_send() const;

  /// Keys, rollover counters and replay windows.
  template <class Self, class Archive>
  static void fields(Self& self, Archive& archive) {
    std::vector<srtp::State> states = self.states();
    archive(states);
    if constexpr (!std::is_const_v<Self>) self.restore(std::move(states));
  }

 private:
  struct Contexts;
  /// What is sent and what is received; empty: plain.
  std::vector<srtp::State> states() const;
  void restore(std::vector<srtp::State> states);

  std::unique_ptr<Contexts> contexts_;
};

}  // namespace junctor::media
