#pragma once
// The senders (SSRCs) that a context knows, each with its own rollover counter and replay windows. A plain value.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <vector>

#include "base/check.hpp"
#include "srtp/replay_window.hpp"

namespace junctor::srtp {

/// Senders of one context; packets of a further one are refused.
inline constexpr std::size_t ssrcs_max = 64;

/// What a context knows about one sender. The RTP index is 2^16 × rollover counter + sequence number.
struct Sender {
  std::uint32_t ssrc = 0;
  ReplayWindow<1024> rtp;
  ReplayWindow<128> rtcp;

  bool operator==(const Sender&) const = default;
  template <class Self, class Archive>
  static void fields(Self& self, Archive& archive) {
    archive(self.ssrc, self.rtp, self.rtcp);
  }
};

/// The first one, which is the only one nearly always, stands in the object itself: whoever has fetched that has it,
/// too.
class Senders {
 public:
  bool empty() const { return count_ == 0; }
  std::size_t size() const { return count_; }
  bool full() const { return count_ == ssrcs_max; }
  /// `i` is below size().
  const Sender& operator[](std::size_t i) const { return i == 0 ? first_ : others_[i - 1]; }

  /// Null when it is not there.
  Sender* find(std::uint32_t ssrc) {
    if (count_ == 0) return nullptr;
    if (first_.ssrc == ssrc) return &first_;
    const auto found = std::ranges::find(others_, ssrc, &Sender::ssrc);
    return found == others_.end() ? nullptr : &*found;
  }
  /// A new one; not while full(). Does not allocate after make_room().
  Sender& add(const Sender& sender) {
    JUNCTOR_CHECK(!full());
    return ++count_ == 1 ? first_ = sender : others_.emplace_back(sender);
  }
  void make_room() { others_.reserve(ssrcs_max - 1); }

  bool operator==(const Senders&) const = default;
  template <class Self, class Archive>
  static void fields(Self& self, Archive& archive) {
    std::vector<Sender> all = self.all();
    archive(all);
    if constexpr (!std::is_const_v<Self>) self.assign(all);
  }

 private:
  std::vector<Sender> all() const {
    std::vector<Sender> all(others_);
    if (count_ != 0) all.insert(all.begin(), first_);
    return all;
  }
  void assign(const std::vector<Sender>& all) {
    *this = Senders{};
    for (const Sender& sender : all) add(sender);
  }

  std::size_t count_ = 0;
  Sender first_;
  std::vector<Sender> others_;
};

}  // namespace junctor::srtp
