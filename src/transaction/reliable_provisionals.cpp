#include "transaction/reliable_provisionals.hpp"

#include <algorithm>
#include <utility>

#include "transaction/release.hpp"

namespace junctor::transaction {

ReliableProvisionals::Added ReliableProvisionals::add(sip::Message provisional, const Timers& timers, TimePoint now) {
  if (stopped_ || waiting_.size() >= provisionals_waiting_max) return Added::refused;
  if (!sip::has_token(provisional, sip::HeaderId::require, "100rel")) provisional.add(sip::HeaderId::require, "100rel");
  waiting_.push_back(std::move(provisional));
  if (outstanding_) return Added::waiting;
  begin(timers, now);
  return Added::send;
}

void ReliableProvisionals::begin(const Timers& timers, TimePoint now) {
  waiting_.front().set(sip::HeaderId::rseq, std::to_string(rseq_));
  current_ = waiting_.front().serialize();
  with_body_ = !waiting_.front().body().empty();
  waiting_.pop_front();
  outstanding_ = true;
  interval_ = timers.t1;
  resend_ = now + interval_;
  give_up_ = now + timers.timeout();
}

bool ReliableProvisionals::on_prack(const sip::RAck& rack, const Timers& timers, TimePoint now) {
  if (!outstanding_ || rack.rseq != rseq_ || rack.cseq != cseq_ || rack.method != sip::Method::invite) return false;
  outstanding_ = false;
  ++rseq_;
  resend_ = give_up_ = never;
  current_.clear();
  if (!waiting_.empty()) begin(timers, now);
  return true;
}

Step ReliableProvisionals::on_wake(TimePoint now) {
  if (now >= give_up_) {
    stop();
    outstanding_ = false;
    return {.timed_out = true};
  }
  if (now < resend_) return {};
  interval_ *= 2;
  resend_ = now + interval_;
  return {.send = true};
}

bool ReliableProvisionals::hold(const sip::Message& final_response) {
  const bool body_waits = std::any_of(waiting_.begin(), waiting_.end(),
                                      [](const sip::Message& provisional) { return !provisional.body().empty(); });
  if (stopped_ || final_response.status() / 100 != 2 || !((outstanding_ && with_body_) || body_waits)) return false;
  held_ = final_response;
  return true;
}

void ReliableProvisionals::stop() {
  stopped_ = true;
  resend_ = give_up_ = never;
  release(current_);
  waiting_.clear();
}

}  // namespace junctor::transaction
