#include "net/port_pool.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/check.hpp"
#include "net/socket_address.hpp"
#include "net/udp_socket.hpp"

namespace junctor::net {

PortPool::PortPool(const MediaThreadSettings& settings, Counters& counters)
    : settings_(settings),
      empty_(counters.get("media_pool_empty")),
      bind_errors_(counters.get("media_bind_errors")),
      v4_(settings.bind_v4, pairs_of(settings), settings.idle_pairs + settings.ready_pairs),
      v6_(settings.bind_v6, pairs_of(settings), settings.idle_pairs + settings.ready_pairs),
      returned_(settings.max_slots) {}

std::optional<PortPair> PortPool::take(Family family) {
  std::optional<PortPair> pair = side(family).ready.pop();
  if (pair) {
    in_use_.fetch_add(1, std::memory_order_relaxed);
  } else {
    empty_.add();
  }
  return pair;
}

void PortPool::give_back(const PortPair& pair) {
  const std::size_t in_use_before = in_use_.fetch_sub(1, std::memory_order_relaxed);
  JUNCTOR_CHECK(in_use_before != 0);
  const bool taken_back = returned_.push(PortPair(pair));
  JUNCTOR_CHECK(taken_back);  // the queue holds every slot there is
}

bool PortPool::low(Family family) const {
  return side(family).ready.size() < (settings_.ready_pairs + 1) / 2;
}

std::size_t PortPool::pairs_of(const MediaThreadSettings& settings) {
  const std::size_t first = (settings.port_min + std::size_t{1}) / 2;
  const std::size_t end = (settings.port_max + std::size_t{1}) / 2;  // both ports of a pair are inside the range
  const std::size_t all = end > first ? end - first : 0;
  return all > settings.worker ? (all - settings.worker - 1) / settings.workers + 1 : 0;
}

std::uint16_t PortPool::rtp_port_at(std::size_t index) const {
  const std::size_t first = (settings_.port_min + std::size_t{1}) / 2;
  return static_cast<std::uint16_t>(2 * (first + settings_.worker + index * settings_.workers));
}

std::size_t PortPool::index_of(std::uint16_t rtp_port) const {
  const std::size_t first = (settings_.port_min + std::size_t{1}) / 2;
  return (rtp_port / std::size_t{2} - first - settings_.worker) / settings_.workers;
}

Result<void, std::string> PortPool::fill(const OnBound& on_bound, TimePoint now) {
  int error = EADDRNOTAVAIL;
  for (const Family family : {Family::v4, Family::v6}) {
    Side& s = side(family);
    if (!s.bind) continue;
    while (bind_some(family, settings_.ready_pairs, on_bound, now)) {
    }
    if (s.bound_count > 0) continue;
    error = s.last_error;
    s.bind.reset();
  }
  if (v4_.bind || v6_.bind) return {};
  return fail("no media port could be bound in " + std::to_string(settings_.port_min) + "-" +
              std::to_string(settings_.port_max) + ": " + error_text(error));
}

bool PortPool::refill(std::size_t bind_most, const OnBound& on_bound, TimePoint now) {
  take_back();
  bool more = false;
  for (const Family family : {Family::v4, Family::v6}) more = bind_some(family, bind_most, on_bound, now) || more;
  return more;
}

void PortPool::take_back() {
  while (std::optional<PortPair> pair = returned_.pop()) {
    Side& s = side(pair->family);
    const bool at_home = sockets(pair->slot) != nullptr;
    if (!at_home || s.ready.size() >= settings_.idle_pairs + settings_.ready_pairs || !s.ready.push(PortPair(*pair)))
      close(*pair);
  }
}

SocketPair PortPool::release(std::uint32_t slot) {
  if (sockets(slot) == nullptr) return {};
  return std::exchange(slot < settings_.max_slots ? sockets_[slot] : guests_[slot - settings_.max_slots], {});
}

void PortPool::adopt(std::uint32_t slot, SocketPair sockets) {
  JUNCTOR_CHECK(slot >= settings_.max_slots);
  const std::size_t at = slot - settings_.max_slots;
  if (at >= guests_.size()) guests_.resize(at + 1);
  JUNCTOR_CHECK(!guests_[at]);
  guests_[at] = std::move(sockets);
}

// True when pairs are still missing and may be had at once.
bool PortPool::bind_some(Family family, std::size_t most, const OnBound& on_bound, TimePoint now) {
  Side& s = side(family);
  if (!s.bind || now < s.retry_at) return false;
  for (; most > 0; --most) {
    if (s.ready.size() >= settings_.ready_pairs || s.bound_count == s.bound.size()) return false;
    while (s.bound[s.next]) s.next = (s.next + 1) % s.bound.size();
    const std::size_t index = std::exchange(s.next, (s.next + 1) % s.bound.size());
    Result<SocketPair, int> sockets = bind_pair(family, rtp_port_at(index));
    const std::optional<std::uint32_t> slot = sockets ? new_slot() : std::nullopt;
    if (!slot) {
      s.last_error = sockets ? ENOSPC : sockets.error();
      bind_errors_.add();
      // Once round, or out of something that another port will not bring back.
      if (++s.tried_in_vain + s.bound_count >= s.bound.size() || s.last_error != EADDRINUSE) {
        s.tried_in_vain = 0;
        s.retry_at = now + retry_after;
        return false;
      }
      continue;
    }
    s.tried_in_vain = 0;
    s.bound[index] = true;
    ++s.bound_count;
    sockets_[*slot] = std::move(*sockets);
    on_bound(*slot, sockets_[*slot]);
    const bool pushed = s.ready.push({settings_.worker, *slot, family, rtp_port_at(index)});
    JUNCTOR_CHECK(pushed);
  }
  return s.ready.size() < settings_.ready_pairs;
}

Result<SocketPair, int> PortPool::bind_pair(Family family, std::uint16_t rtp_port) const {
  const IpAddress& ip = *side(family).bind;
  Result<Fd, int> rtp = bind_udp({ip, rtp_port});
  if (!rtp) return fail(rtp.error());
  Result<Fd, int> rtcp = bind_udp({ip, static_cast<std::uint16_t>(rtp_port + 1)});
  if (!rtcp) return fail(rtcp.error());
  report_refusals(rtp->get(), family);
  report_refusals(rtcp->get(), family);
  if (family == Family::v4) {
    forbid_fragments(rtp->get());
    forbid_fragments(rtcp->get());
  }
  return SocketPair{std::move(*rtp), std::move(*rtcp), family};
}

std::optional<std::uint32_t> PortPool::new_slot() {
  if (!free_slots_.empty()) {
    const std::uint32_t slot = free_slots_.back();
    free_slots_.pop_back();
    return slot;
  }
  if (sockets_.size() >= settings_.max_slots) return std::nullopt;
  sockets_.emplace_back();
  return static_cast<std::uint32_t>(sockets_.size() - 1);
}

void PortPool::close(const PortPair& pair) {
  Side& s = side(pair.family);
  sockets_[pair.slot] = {};
  free_slots_.push_back(pair.slot);
  s.bound[index_of(pair.rtp_port)] = false;
  --s.bound_count;
}

}  // namespace junctor::net
