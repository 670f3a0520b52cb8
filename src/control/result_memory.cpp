#include "control/result_memory.hpp"

#include <utility>

namespace junctor::control {
namespace {

std::uint64_t hash_of(const std::string& action_id) {
  return std::hash<std::string>{}(action_id);
}

}  // namespace

ResultMemory::Entry* ResultMemory::find(const std::string& action_id) {
  const auto at = numbers_.find(hash_of(action_id));
  if (at == numbers_.end()) return nullptr;
  Entry& entry = entries_[at->second - first_];
  return entry.action_id == action_id ? &entry : nullptr;
}

void ResultMemory::put(Entry entry) {
  numbers_.insert_or_assign(hash_of(entry.action_id), first_ + entries_.size());
  entries_.push_back(std::move(entry));
}

void ResultMemory::forget_old(TimePoint now) {
  for (std::size_t left = entries_.size(); left > 0; --left) {
    Entry& oldest = entries_.front();
    const bool over = entries_.size() > entries_max || data_bytes_ > data_bytes_max;
    if (!over && now - oldest.at <= kept) return;
    Entry gone = std::move(oldest);
    const auto at = numbers_.find(hash_of(gone.action_id));
    if (at != numbers_.end() && at->second == first_) numbers_.erase(at);
    entries_.pop_front();
    ++first_;
    if (!gone.outcome) {  // it is looked at again later
      put(std::move(gone));
    } else {
      data_bytes_ -= gone.outcome->data.size();
    }
  }
}

const ResultMemory::Entry* ResultMemory::begin(const std::string& action_id, std::size_t body, TimePoint now) {
  forget_old(now);
  const std::uint64_t number = first_ + entries_.size();
  const auto [at, is_new] = numbers_.try_emplace(hash_of(action_id), number);
  if (!is_new) {
    if (const Entry& known = entries_[at->second - first_]; known.action_id == action_id) return &known;
    at->second = number;  // of another one with this hash, which is forgotten
  }
  entries_.push_back({action_id, body, now, {}});
  return nullptr;
}

void ResultMemory::finish(const std::string& action_id, Outcome outcome) {
  const bool last = !entries_.empty() && entries_.back().action_id == action_id;  // as most are that are done at once
  Entry* const entry = last ? &entries_.back() : find(action_id);
  if (entry == nullptr) return;
  data_bytes_ += outcome.data.size();
  entry->outcome = std::move(outcome);
}

}  // namespace junctor::control
