#include "control/event_log.hpp"

#include <algorithm>

namespace junctor::control {

using apps::program::TokenId;

void EventLog::begin(TokenId token, const std::string& name, TimePoint now) {
  Stream& stream = streams_[token];
  if (!stream.name.empty()) return;
  stream.name = name;
  const auto at = before_.find(name);
  stream.last = at == before_.end() ? 0 : at->second;
  stream.began_after = stream.last;
  stream.reserved = stream.last;
  reserve(stream, now);
}

void EventLog::reserve(Stream& stream, TimePoint now) {
  stream.reserved = stream.last + block;
  store_.write(store::ReserveSequence{stream.name, stream.reserved}, nullptr, 0, now);
}

std::uint64_t EventLog::next(TokenId token, TimePoint now) {
  Stream& stream = streams_[token];
  ++stream.last;
  // Half a block ahead: the write is on disk long before its numbers are used.
  if (stream.last + block / 2 > stream.reserved) reserve(stream, now);
  return stream.last;
}

std::uint64_t EventLog::current(TokenId token) const {
  const auto at = streams_.find(token);
  return at == streams_.end() ? 0 : at->second.last;
}

bool EventLog::reads_flat(TokenId token) const {
  const auto at = streams_.find(token);
  return at != streams_.end() && at->second.reads_flat;
}

void EventLog::forget_old(Stream& stream, TimePoint now) {
  while (!stream.events.empty() && (stream.events.size() > events_max || now - stream.events.front().at > kept)) {
    stream.events.pop_front();
    stream.lost = true;
  }
}

void EventLog::keep(TokenId token, Entry entry) {
  Stream& stream = streams_[token];
  const TimePoint now = entry.at;
  stream.events.push_back(std::move(entry));
  forget_old(stream, now);
}

EventLog::Since EventLog::since(TokenId token, std::uint64_t seq, CallId call, TimePoint now) {
  Stream& stream = streams_[token];
  forget_old(stream, now);
  Since out;
  const std::uint64_t oldest = stream.events.empty() ? stream.last + 1 : stream.events.front().seq;
  out.complete = seq >= stream.began_after && (!stream.lost || seq + 1 >= oldest);
  const auto first = std::ranges::upper_bound(stream.events, seq, {}, &Entry::seq);
  for (auto at = first; at != stream.events.end(); ++at)
    if (!call || at->call == call) out.events.push_back(&*at);
  return out;
}

void EventLog::close(TimePoint now) {
  for (const auto& [token, stream] : streams_)
    if (!stream.name.empty()) store_.write(store::CloseSequence{stream.name, stream.last}, nullptr, 0, now);
}

}  // namespace junctor::control
