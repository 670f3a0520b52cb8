#include "base/timer_wheel.hpp"

#include <algorithm>
#include <bit>

#include "base/check.hpp"

namespace junctor {

TimerWheel::TimerWheel(TimePoint start) : start_(start) {}

TimerId TimerWheel::schedule(TimePoint at, TimerTarget& target, std::uint64_t token) {
  std::uint32_t index = free_;
  if (index != none) {
    free_ = nodes_[index].next;
  } else {
    index = static_cast<std::uint32_t>(nodes_.size());
    nodes_.emplace_back();
  }
  Node& node = nodes_[index];
  node.target = &target;
  node.token = token;
  const auto delay = std::chrono::ceil<milliseconds>(at - start_).count();
  node.tick = std::max(current_ + 1, delay > 0 ? static_cast<std::uint64_t>(delay) : 0);
  node.tick = std::min(node.tick, current_ + std::uint64_t{0xffffffff});
  place(index);
  ++pending_;
  return {index, node.generation};
}

void TimerWheel::cancel(TimerId& id) {
  if (id.generation != 0 && id.slot < nodes_.size() && nodes_[id.slot].generation == id.generation &&
      nodes_[id.slot].list != none) {
    unlink(id.slot);
    release(id.slot);
  }
  id = {};
}

void TimerWheel::release(std::uint32_t index) {
  Node& node = nodes_[index];
  node.target = nullptr;
  if (++node.generation == 0) node.generation = 1;
  node.next = free_;
  free_ = index;
  --pending_;
}

void TimerWheel::append(std::uint32_t list, std::uint32_t index) {
  Node& node = nodes_[index];
  List& l = lists_[list];
  node.list = list;
  node.next = none;
  node.previous = l.tail;
  (l.tail == none ? l.head : nodes_[l.tail].next) = index;
  l.tail = index;
  if (list < slots * levels) occupied_[list / slots][list % slots / 64] |= 1ull << (list % 64);
}

void TimerWheel::unlink(std::uint32_t index) {
  Node& node = nodes_[index];
  List& l = lists_[node.list];
  (node.previous == none ? l.head : nodes_[node.previous].next) = node.next;
  (node.next == none ? l.tail : nodes_[node.next].previous) = node.previous;
  if (l.head == none && node.list < slots * levels)
    occupied_[node.list / slots][node.list % slots / 64] &= ~(1ull << (node.list % 64));
  node.list = none;
}

// A timer sits on the level of the highest byte in which its tick differs from the current one.
void TimerWheel::place(std::uint32_t index) {
  const std::uint64_t tick = nodes_[index].tick;
  const std::uint64_t differing = tick ^ current_;
  int level = 0;
  while (level < levels - 1 && differing >> (bits * (level + 1)) != 0) ++level;
  const auto slot = static_cast<std::uint32_t>(tick >> (bits * level)) & (slots - 1);
  append(static_cast<std::uint32_t>(level) * slots + slot, index);
}

void TimerWheel::cascade(int level, std::uint32_t slot) {
  List& list = lists_[static_cast<std::uint32_t>(level) * slots + slot];
  std::uint32_t index = list.head;
  list = {};
  occupied_[static_cast<std::size_t>(level)][slot / 64] &= ~(1ull << (slot % 64));
  while (index != none) {
    const std::uint32_t next = nodes_[index].next;
    nodes_[index].list = none;
    place(index);
    index = next;
  }
}

void TimerWheel::advance(TimePoint now) {
  const auto until_ms = std::chrono::floor<milliseconds>(now - start_).count();
  if (until_ms <= 0) return;
  const auto until = static_cast<std::uint64_t>(until_ms);
  while (current_ < until) {
    if (pending_ == 0) {
      current_ = until;
      return;
    }
    if (const auto wake = next_wake()) {  // jump over empty stretches
      const auto tick = static_cast<std::uint64_t>(std::chrono::floor<milliseconds>(*wake - start_).count());
      if (tick > current_ + 1) current_ = std::min(tick, until + 1) - 1;
      if (current_ >= until) return;
    }
    ++current_;
    for (int level = 1; level < levels && (current_ & ((1ull << (bits * level)) - 1)) == 0; ++level)
      cascade(level, static_cast<std::uint32_t>(current_ >> (bits * level)) & (slots - 1));
    const auto slot = static_cast<std::uint32_t>(current_) & (slots - 1);
    constexpr std::uint32_t firing = slots * levels;
    for (std::uint32_t index; (index = lists_[slot].head) != none;) {
      unlink(index);
      append(firing, index);
    }
    // One by one, because a fired timer may cancel another of the same tick.
    for (std::uint32_t index; (index = lists_[firing].head) != none;) {
      TimerTarget* const target = nodes_[index].target;
      const std::uint64_t token = nodes_[index].token;
      unlink(index);
      release(index);
      target->on_timer(token, now);
    }
  }
}

std::optional<TimePoint> TimerWheel::next_wake() const {
  if (pending_ == 0) return std::nullopt;
  for (int level = 0; level < levels; ++level) {
    const auto& map = occupied_[static_cast<std::size_t>(level)];
    const auto now_slot = static_cast<std::uint32_t>(current_ >> (bits * level)) & (slots - 1);
    for (std::uint32_t word = now_slot / 64; word < slots / 64; ++word) {
      std::uint64_t set = map[word];
      if (word == now_slot / 64) set &= ~0ull << (now_slot % 64);
      if (level > 0 && word == now_slot / 64) set &= ~(1ull << (now_slot % 64));
      if (set == 0) continue;
      const auto slot = word * 64 + static_cast<std::uint32_t>(std::countr_zero(set));
      const std::uint64_t above = current_ >> (bits * (level + 1)) << (bits * (level + 1));
      const std::uint64_t tick = above + (std::uint64_t{slot} << (bits * level));
      return start_ + milliseconds(std::max(tick, current_ + 1));
    }
  }
  // Only timers behind a wrap of the highest level are left: look again at the wrap.
  const std::uint64_t wrap = ((current_ >> (bits * levels)) + 1) << (bits * levels);
  return start_ + milliseconds(wrap);
}

}  // namespace junctor
