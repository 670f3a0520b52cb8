#include "call/media_fence.hpp"

#include <utility>

namespace junctor::call {

void MediaFence::after(std::span<const Leg* const> legs, Passed passed, TimePoint now) {
  const media::Token token = ++last_;
  std::size_t due = 0;
  for (const Leg* const leg : legs) {
    if (leg == nullptr || leg->port() == nullptr) continue;
    plane_.command(leg->port()->worker, media::Snapshot{leg->port()->id, token});
    ++due;
  }
  if (due == 0) return passed(now);
  waiting_.emplace(token, Waiting{due, std::move(passed)});
}

void MediaFence::after(const Leg& leg, Passed passed, TimePoint now) {
  const Leg* const one[] = {&leg};
  after(one, std::move(passed), now);
}

bool MediaFence::on_done(const media::Done& done, TimePoint now) {
  const auto at = waiting_.find(done.token);
  if (at == waiting_.end()) return false;
  if (--at->second.due > 0) return true;
  const Passed passed = std::move(at->second.passed);
  waiting_.erase(at);
  passed(now);
  return true;
}

}  // namespace junctor::call
