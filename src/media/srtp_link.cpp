#include "media/srtp_link.hpp"

#include <algorithm>
#include <utility>

#include "base/check.hpp"
#include "base/prefetch.hpp"

namespace junctor::media {
namespace {

Drop drop_of(srtp::SrtpError error, Channel channel) {
  switch (error) {
    case srtp::SrtpError::malformed:
      return channel == Channel::rtp ? Drop::malformed : Drop::malformed_rtcp;
    case srtp::SrtpError::no_room:
      return Drop::send_failed;
    case srtp::SrtpError::auth_failed:
      return Drop::auth_failed;
    case srtp::SrtpError::replayed:
      return Drop::replayed;
    case srtp::SrtpError::ssrc_table_full:
      return Drop::ssrc_table_full;
    case srtp::SrtpError::key_exhausted:
      break;
  }
  return Drop::key_exhausted;
}

void take_key(srtp::Context& context, const srtp::MasterKey& master) {
  if (context.save().master != master) context.rekey(master);
}

}  // namespace

struct SrtpLink::Contexts {
  alignas(cache_line) srtp::Context send;
  alignas(cache_line) srtp::Context receive;
};

SrtpLink::SrtpLink() = default;
SrtpLink::~SrtpLink() = default;
SrtpLink::SrtpLink(SrtpLink&&) noexcept = default;
SrtpLink& SrtpLink::operator=(SrtpLink&&) noexcept = default;

void SrtpLink::set_keys(const std::optional<SrtpKeys>& keys) {
  if (!keys) return contexts_.reset();
  if (contexts_) {
    take_key(contexts_->send, keys->send);
    take_key(contexts_->receive, keys->receive);
    return;
  }
  contexts_ = std::make_unique<Contexts>(srtp::Context(srtp::Direction::outbound, keys->send),
                                         srtp::Context(srtp::Direction::inbound, keys->receive));
}

Result<std::size_t, Drop> SrtpLink::protect(srtp::Ciphers& ciphers, Channel channel, std::span<std::uint8_t> buffer,
                                            std::size_t size) {
  if (!contexts_) return size;
  srtp::Context& context = contexts_->send;
  const auto done =
      channel == Channel::rtp ? context.protect(ciphers, buffer, size) : context.protect_rtcp(ciphers, buffer, size);
  if (!done) return fail(drop_of(done.error(), channel));
  return *done;
}

Result<std::span<const std::uint8_t>, Drop> SrtpLink::unprotect(srtp::Ciphers& ciphers, Channel channel,
                                                                std::span<const std::uint8_t> datagram,
                                                                std::span<std::uint8_t> room) {
  if (!contexts_) return datagram;
  JUNCTOR_CHECK(datagram.size() <= room.size());
  std::ranges::copy(datagram, room.begin());
  const auto packet = room.first(datagram.size());
  srtp::Context& context = contexts_->receive;
  const auto size =
      channel == Channel::rtp ? context.unprotect(ciphers, packet) : context.unprotect_rtcp(ciphers, packet);
  if (!size) return fail(drop_of(size.error(), channel));
  return packet.first(*size);
}

void SrtpLink::prefetch_receive() const {
  if (contexts_) prefetch(&contexts_->receive, srtp::Context::rtp_bytes);
}

void SrtpLink::prefetch_send() const {
  if (contexts_) prefetch(&contexts_->send, srtp::Context::rtp_bytes);
}

std::vector<srtp::State> SrtpLink::states() const {
  if (!contexts_) return {};
  return {contexts_->send.save(), contexts_->receive.save()};
}

void SrtpLink::restore(std::vector<srtp::State> states) {
  contexts_.reset();
  if (states.size() != 2) return;
  contexts_ = std::make_unique<Contexts>(srtp::Context(std::move(states[0])), srtp::Context(std::move(states[1])));
}

}  // namespace junctor::media
