#pragma once
// Session timers (RFC 4028) as pure logic: what goes into INVITE, UPDATE and 2xx, what was agreed, who refreshes when,
// when the session is dead. The owner schedules the times and sends the requests.
#include <cstdint>
#include <optional>

#include "base/time.hpp"
#include "sip/headers.hpp"
#include "sip/message.hpp"

namespace junctor::transaction {

/// The smallest Min-SE that RFC 4028 §5 allows.
inline constexpr std::uint32_t min_se_floor = 90;

struct SessionTimerPolicy {
  std::uint32_t expires_s = 1800;  ///< what we ask for; 0: we do not ask (but accept what the peer asks for)
  std::uint32_t min_se_s = min_se_floor;

  bool operator==(const SessionTimerPolicy&) const = default;
  template <class Self, class Archive>
  static void fields(Self& self, Archive& archive) {
    archive(self.expires_s, self.min_se_s);
  }
};

/// Session timers of one dialog. A plain value.
class SessionTimer {
 public:
  explicit SessionTimer(SessionTimerPolicy policy = {});

  // --- we send an INVITE or UPDATE (UAC) ---
  /// Sets Supported: timer, Session-Expires and Min-SE on a request about to be sent: the first one, and every
  /// refresh (§7.1, §7.4).
  void prepare_request(sip::Message& request) const;
  /// A 422 came: takes its Min-SE (§7.2). True: send the request again (prepare_request() has the larger interval).
  /// False: there is no use in trying again.
  bool on_interval_too_small(const sip::Message& response);
  /// A 2xx to our INVITE or UPDATE came: takes what it says; without Session-Expires there is no timer (§7.2).
  void on_success(const sip::Message& response, TimePoint now);

  // --- we get an INVITE or UPDATE (UAS) ---
  /// The Min-SE to answer 422 with, or nothing if the request is acceptable (§9).
  std::optional<std::uint32_t> too_small(const sip::Message& request) const;
  /// Adds Session-Expires (and Require: timer where due) to our 2xx and takes what it says (§9).
  void answer(const sip::Message& request, sip::Message& response, TimePoint now);

  // --- while the session lasts ---
  bool active() const { return interval_s_ != 0; }
  bool we_refresh() const { return we_refresh_; }
  std::uint32_t interval_s() const { return interval_s_; }
  /// When to send a re-INVITE or UPDATE: half the interval (§10); nothing if the peer refreshes or there is no timer.
  std::optional<TimePoint> refresh_at() const;
  /// When to give up and send BYE: min(32 s, a third of the interval) before the end (§10); nothing without a timer.
  std::optional<TimePoint> expires_at() const;

  bool operator==(const SessionTimer&) const = default;
  /// For save and load of the leg that it belongs to.
  template <class Self, class Archive>
  static void fields(Self& self, Archive& archive) {
    archive(self.policy_, self.interval_s_, self.we_refresh_, self.since_);
  }

 private:
  void agree(std::uint32_t interval_s, bool we_refresh, TimePoint now);

  SessionTimerPolicy policy_;
  std::uint32_t interval_s_ = 0;  // 0: no timer
  bool we_refresh_ = false;
  TimePoint since_{};
};

}  // namespace junctor::transaction
