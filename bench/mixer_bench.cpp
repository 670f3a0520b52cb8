// What mixing costs per member and tick of 20 ms at 8 kHz, decoding and encoding not included: rooms where everybody
// speaks all the time, and one where a few do and the rest hear the same.
#include <cstdint>
#include <cstdio>
#include <memory>
#include <random>
#include <vector>

#include "bench/measure.hpp"
#include "media/mixer.hpp"

namespace junctor::bench {
namespace {

constexpr std::uint32_t sample_rate = 8000;

/// `rooms` rooms of `members`, of which `speakers` speak.
class Rooms {
 public:
  Rooms(std::size_t rooms, std::size_t members, std::size_t speakers, const audio::MixKernels& kernels)
      : members_(members), speakers_(speakers) {
    std::mt19937 engine(1);
    for (std::size_t r = 0; r < rooms; ++r) {
      rooms_.push_back(std::make_unique<media::Mixer>(sample_rate, 20, kernels));
      for (std::size_t m = 0; m < members; ++m) {
        const auto member = *rooms_.back()->add();
        rooms_.back()->speak(member, 0);
        rooms_.back()->hear(member, 0);
      }
    }
    said_.resize(rooms_.front()->frame_samples());
    heard_.resize(said_.size());
    for (auto& s : said_) s = static_cast<std::int16_t>(engine() % 4000);
    tick();
  }

  void tick() {
    for (auto& room : rooms_) {
      for (std::uint32_t m = 0; m < speakers_; ++m) room->put(m, said_);
      room->tick();
      for (std::uint32_t m = 0; m < members_; ++m) {
        if (room->same_as(m) == m) room->heard(m, heard_);
        keep(heard_);
      }
    }
  }
  double ns_per_member() {
    constexpr std::size_t ticks = 20;
    return ns_each(ticks, [this] { tick(); }) / static_cast<double>(members_ * rooms_.size());
  }

 private:
  std::size_t members_, speakers_;
  std::vector<std::unique_ptr<media::Mixer>> rooms_;
  std::vector<std::int16_t> said_, heard_;
};

void compare(const char* name, std::size_t rooms, std::size_t members, std::size_t speakers) {
  Rooms fast(rooms, members, speakers, audio::mix_kernels());
  Rooms plain(rooms, members, speakers, audio::scalar_mix_kernels());
  fast.tick();  // ramps are over
  plain.tick();
  Rounds f, p;
  for (int round = 0; round < 31; ++round) f.add(fast.ns_per_member()), p.add(plain.ns_per_member());
  std::printf("  %-34s %7.3f us   plain C++ %7.3f us\n", name, f.median() / 1000, p.median() / 1000);
}

}  // namespace
}  // namespace junctor::bench

int main() {
  std::printf("mixing, per member and tick of 20 ms at 8 kHz\n");
  junctor::bench::compare("50 rooms of 4, all speak", 50, 4, 4);
  junctor::bench::compare("1 room of 100, all speak", 1, 100, 100);
  junctor::bench::compare("1 room of 100, 3 speak", 1, 100, 3);
  junctor::bench::compare("500 calls of 2", 500, 2, 2);
  return 0;
}
