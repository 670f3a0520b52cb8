#include "media/source_lock.hpp"

namespace junctor::media {

void SourceLock::set_signalled(const Address& address) {
  if (address == signalled_) return;
  signalled_ = address;
  locked_ = false;
  target_probation_.reset();
  candidate_probation_.reset();
  target_ = address;
}

SourceLock::Verdict SourceLock::on_packet(const Address& from, std::uint32_t ssrc, std::uint16_t sequence,
                                          bool known_type, TimePoint now) {
  if (locked_ && from == target_) {
    heard_ = now;
    return Verdict::accepted;
  }
  if (locked_ && now - heard_ >= silence_to_unlock) locked_ = false;

  // Who was there before, or where SDP said, is heard at once while nobody else has the lock, and keeps others from
  // getting it by sending at all.
  const bool expected = from == signalled_ || from == target_;
  if (expected) {
    if (!locked_) candidate_probation_.reset();
    if (known_type && target_probation_.on_packet(ssrc, sequence, packets_to_lock)) {
      // Also takes the lock back from a stranger who came first: SDP's word is stronger.
      locked_ = true;
      target_ = from;
      heard_ = now;
      target_probation_.reset();
      return Verdict::locked;
    }
    return locked_ ? Verdict::stranger : Verdict::accepted;
  }
  if (locked_ || !known_type) return Verdict::stranger;
  if (from != candidate_) candidate_probation_.reset();
  candidate_ = from;
  if (!candidate_probation_.on_packet(ssrc, sequence, packets_to_lock)) return Verdict::stranger;
  locked_ = true;
  target_ = from;
  heard_ = now;
  target_probation_.reset();
  candidate_probation_.reset();
  return Verdict::locked;
}

}  // namespace junctor::media
