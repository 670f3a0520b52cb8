// The four machines against the state diagrams: RFC 3261 figures 5 to 8, with RFC 6026.
#include <gtest/gtest.h>
#include <random>
#include <vector>

#include "transaction/invite_client.hpp"
#include "transaction/invite_server.hpp"
#include "transaction/non_invite_client.hpp"
#include "transaction/non_invite_server.hpp"

namespace junctor::transaction {
namespace {

constexpr Timers times;
constexpr TimePoint start{seconds(1000)};

TimePoint at(Duration after) {
  return start + after;
}

/// Wakes the machine at its own wake-ups until `until`; the times, after `start`, at which it wanted to send.
template <class Machine, class Wake>
std::vector<milliseconds> sends(Machine& machine, Duration until, Wake wake) {
  std::vector<milliseconds> out;
  while (machine.wake() <= at(until)) {
    const TimePoint now = machine.wake();
    const Step step = wake(now);
    if (step.timed_out) break;
    if (step.send) out.push_back(std::chrono::duration_cast<milliseconds>(now - start));
  }
  return out;
}

std::vector<milliseconds> ms(std::initializer_list<int> values) {
  std::vector<milliseconds> out;
  for (const int v : values) out.emplace_back(v);
  return out;
}

// --- INVITE client, §17.1.1 -----------------------------------------------------------------------------------------

TEST(InviteClient, TimerARetransmitsDoublingWithoutCapUntilTimerB) {
  InviteClient machine(times, false, start);
  const auto sent = sends(machine, seconds(40), [&](TimePoint now) { return machine.on_wake(now); });
  EXPECT_EQ(sent, ms({500, 1500, 3500, 7500, 15500, 31500}));
  EXPECT_EQ(machine.state(), InviteClient::State::terminated);
  EXPECT_EQ(machine.wake(), never);
}

TEST(InviteClient, TimerBIs64T1AndOverReliableProtocolsTheOnlyTimer) {
  InviteClient machine(times, true, start);
  EXPECT_EQ(machine.wake(), at(seconds(32)));
  EXPECT_TRUE(machine.on_wake(at(seconds(32))).timed_out);
  EXPECT_EQ(machine.state(), InviteClient::State::terminated);
}

TEST(InviteClient, AProvisionalStopsTimersAAndB) {
  InviteClient machine(times, false, start);
  EXPECT_TRUE(machine.on_response(times, 100, at(milliseconds(20))).pass_up);
  EXPECT_EQ(machine.state(), InviteClient::State::proceeding);
  EXPECT_EQ(machine.wake(), never);
  EXPECT_TRUE(machine.on_response(times, 180, at(seconds(1))).pass_up);
  EXPECT_EQ(machine.wake(), never);
}

TEST(InviteClient, NonSuccessIsAcknowledgedEachTimeUntilTimerD) {
  InviteClient machine(times, false, start);
  Step step = machine.on_response(times, 486, at(seconds(1)));
  EXPECT_TRUE(step.send_ack);
  EXPECT_TRUE(step.pass_up);
  EXPECT_EQ(machine.state(), InviteClient::State::completed);
  EXPECT_TRUE(machine.lingering());
  step = machine.on_response(times, 486, at(seconds(2)));
  EXPECT_TRUE(step.send_ack);
  EXPECT_FALSE(step.pass_up);
  EXPECT_EQ(machine.wake(), at(seconds(33)));
  EXPECT_FALSE(machine.on_wake(at(seconds(33))).timed_out);
  EXPECT_EQ(machine.state(), InviteClient::State::terminated);
}

TEST(InviteClient, TimerDIsZeroOverReliableProtocols) {
  InviteClient machine(times, true, start);
  machine.on_response(times, 603, at(seconds(1)));
  EXPECT_EQ(machine.wake(), at(seconds(1)));
}

TEST(InviteClient, AcceptedPassesEverySuccessUntilTimerMAndNothingElse) {
  for (const bool reliable : {false, true}) {
    InviteClient machine(times, reliable, start);
    EXPECT_TRUE(machine.on_response(times, 200, at(seconds(1))).pass_up);
    EXPECT_EQ(machine.state(), InviteClient::State::accepted);
    EXPECT_TRUE(machine.on_response(times, 200, at(seconds(2))).pass_up);
    EXPECT_FALSE(machine.on_response(times, 180, at(seconds(3))).pass_up);
    const Step late = machine.on_response(times, 486, at(seconds(3)));
    EXPECT_FALSE(late.pass_up || late.send_ack);
    EXPECT_EQ(machine.wake(), at(seconds(33)));  // timer M, from the first 2xx
    machine.on_wake(at(seconds(33)));
    EXPECT_EQ(machine.state(), InviteClient::State::terminated);
  }
}

TEST(InviteClient, ACancelledOneGivesUpAfter64T1) {
  InviteClient machine(times, false, start);
  machine.on_response(times, 180, at(seconds(1)));
  machine.on_cancel_sent(times, at(seconds(5)));
  EXPECT_EQ(machine.wake(), at(seconds(37)));
  EXPECT_TRUE(machine.on_wake(at(seconds(37))).timed_out);
}

TEST(InviteClient, TheTransportErrorEndsIt) {
  InviteClient machine(times, false, start);
  machine.on_transport_error();
  EXPECT_EQ(machine.state(), InviteClient::State::terminated);
  EXPECT_EQ(machine.wake(), never);
}

// --- non-INVITE client, §17.1.2 -------------------------------------------------------------------------------------

TEST(NonInviteClient, TimerEDoublesUpToT2UntilTimerF) {
  NonInviteClient machine(times, false, start);
  const auto sent = sends(machine, seconds(40), [&](TimePoint now) { return machine.on_wake(times, now); });
  EXPECT_EQ(sent, ms({500, 1500, 3500, 7500, 11500, 15500, 19500, 23500, 27500, 31500}));
  EXPECT_EQ(machine.state(), NonInviteClient::State::terminated);
}

TEST(NonInviteClient, ProceedingRetransmitsEveryT2) {
  NonInviteClient machine(times, false, start);
  EXPECT_TRUE(machine.on_response(times, 100, at(milliseconds(100))).pass_up);
  EXPECT_EQ(machine.state(), NonInviteClient::State::proceeding);
  const auto sent = sends(machine, seconds(13), [&](TimePoint now) { return machine.on_wake(times, now); });
  EXPECT_EQ(sent, ms({500, 4500, 8500, 12500}));
}

TEST(NonInviteClient, TimerFEndsProceedingToo) {
  NonInviteClient machine(times, true, start);
  machine.on_response(times, 100, at(seconds(1)));
  EXPECT_EQ(machine.wake(), at(seconds(32)));
  EXPECT_TRUE(machine.on_wake(times, at(seconds(32))).timed_out);
}

TEST(NonInviteClient, CompletedAbsorbsUntilTimerK) {
  NonInviteClient machine(times, false, start);
  EXPECT_TRUE(machine.on_response(times, 200, at(seconds(1))).pass_up);
  EXPECT_FALSE(machine.on_response(times, 200, at(seconds(2))).pass_up);
  EXPECT_TRUE(machine.lingering());
  EXPECT_EQ(machine.wake(), at(seconds(6)));
  EXPECT_FALSE(machine.on_wake(times, at(seconds(6))).timed_out);
  EXPECT_EQ(machine.state(), NonInviteClient::State::terminated);
}

TEST(NonInviteClient, TimerKIsZeroOverReliableProtocols) {
  NonInviteClient machine(times, true, start);
  machine.on_response(times, 404, at(seconds(1)));
  EXPECT_EQ(machine.wake(), at(seconds(1)));
}

// --- INVITE server, §17.2.1 -----------------------------------------------------------------------------------------

TEST(InviteServer, ProceedingRepeatsTheLastProvisional) {
  InviteServer machine(false);
  EXPECT_FALSE(machine.on_retransmission(false).send);
  EXPECT_TRUE(machine.respond(times, 180, start).send);
  EXPECT_TRUE(machine.on_retransmission(true).send);
  EXPECT_EQ(machine.wake(), never);
}

TEST(InviteServer, TimerGRetransmitsNonSuccessUpToT2UntilTimerH) {
  InviteServer machine(false);
  EXPECT_TRUE(machine.respond(times, 486, start).send);
  EXPECT_TRUE(machine.on_retransmission(true).send);
  const auto sent = sends(machine, seconds(40), [&](TimePoint now) { return machine.on_wake(times, now); });
  EXPECT_EQ(sent, ms({500, 1500, 3500, 7500, 11500, 15500, 19500, 23500, 27500, 31500}));
  EXPECT_EQ(machine.state(), InviteServer::State::terminated);
}

TEST(InviteServer, TimerHReportsTheMissingAckOverReliableProtocolsToo) {
  InviteServer machine(true);
  machine.respond(times, 486, start);
  EXPECT_EQ(machine.wake(), at(seconds(32)));
  EXPECT_TRUE(machine.on_wake(times, at(seconds(32))).timed_out);
}

TEST(InviteServer, TheAckConfirmsAndTimerIEndsIt) {
  InviteServer machine(false);
  machine.respond(times, 404, start);
  EXPECT_TRUE(machine.on_ack(times, at(seconds(1))).acked);
  EXPECT_EQ(machine.state(), InviteServer::State::confirmed);
  EXPECT_FALSE(machine.on_ack(times, at(seconds(2))).acked);
  EXPECT_FALSE(machine.on_retransmission(true).send);
  EXPECT_EQ(machine.wake(), at(seconds(6)));
  EXPECT_FALSE(machine.on_wake(times, at(seconds(6))).timed_out);
  EXPECT_EQ(machine.state(), InviteServer::State::terminated);
}

TEST(InviteServer, TimerIIsZeroOverReliableProtocols) {
  InviteServer machine(true);
  machine.respond(times, 404, start);
  machine.on_ack(times, at(seconds(1)));
  EXPECT_EQ(machine.wake(), at(seconds(1)));
}

TEST(InviteServer, SuccessIsRetransmittedOverEveryProtocolUntilAcked) {
  for (const bool reliable : {false, true}) {
    InviteServer machine(reliable);
    EXPECT_TRUE(machine.respond(times, 200, start).send);
    EXPECT_EQ(machine.state(), InviteServer::State::accepted);
    EXPECT_FALSE(machine.on_retransmission(true).send);  // RFC 6026: absorbed
    const auto sent = sends(machine, seconds(5), [&](TimePoint now) { return machine.on_wake(times, now); });
    EXPECT_EQ(sent, ms({500, 1500, 3500}));
    EXPECT_TRUE(machine.on_ack(times, at(seconds(5))).pass_up);  // an ACK with the INVITE's branch
    machine.acked();
    EXPECT_TRUE(machine.lingering());
    EXPECT_EQ(machine.wake(), at(seconds(32)));  // timer L
    EXPECT_FALSE(machine.on_wake(times, at(seconds(32))).timed_out);
    EXPECT_EQ(machine.state(), InviteServer::State::terminated);
  }
}

TEST(InviteServer, ASuccessThatIsNeverAckedIsReportedAfter64T1) {
  InviteServer machine(false);
  machine.respond(times, 200, start);
  const auto sent = sends(machine, seconds(40), [&](TimePoint now) { return machine.on_wake(times, now); });
  EXPECT_EQ(sent.size(), 10u);
  EXPECT_EQ(machine.state(), InviteServer::State::terminated);
}

TEST(InviteServer, NothingIsSentAfterAFinalResponse) {
  InviteServer machine(false);
  machine.respond(times, 486, start);
  EXPECT_FALSE(machine.respond(times, 200, start).send);
  EXPECT_FALSE(machine.respond(times, 180, start).send);
}

// --- non-INVITE server, §17.2.2 -------------------------------------------------------------------------------------

TEST(NonInviteServer, TryingAbsorbsProceedingAndCompletedRepeat) {
  NonInviteServer machine(false);
  EXPECT_FALSE(machine.on_retransmission().send);
  EXPECT_TRUE(machine.respond(times, 100, start).send);
  EXPECT_TRUE(machine.on_retransmission().send);
  EXPECT_EQ(machine.wake(), never);
  EXPECT_TRUE(machine.respond(times, 200, at(seconds(1))).send);
  EXPECT_TRUE(machine.on_retransmission().send);
  EXPECT_FALSE(machine.respond(times, 500, at(seconds(1))).send);
  EXPECT_EQ(machine.wake(), at(seconds(33)));  // timer J
  machine.on_wake(at(seconds(33)));
  EXPECT_EQ(machine.state(), NonInviteServer::State::terminated);
}

TEST(NonInviteServer, TimerJIsZeroOverReliableProtocols) {
  NonInviteServer machine(true);
  machine.respond(times, 200, start);
  EXPECT_EQ(machine.wake(), start);
}

TEST(Machines, FollowTheConfiguredT1) {
  constexpr Timers quick{.t1 = milliseconds(10), .t2 = milliseconds(40), .t4 = milliseconds(50)};
  NonInviteClient machine(quick, false, start);
  const auto sent = sends(machine, milliseconds(200), [&](TimePoint now) { return machine.on_wake(quick, now); });
  EXPECT_EQ(sent, ms({10, 30, 70, 110, 150, 190}));
}

// --- save and load --------------------------------------------------------------------------------------------------

// At every moment of random lives: what was loaded, on another clock, goes on as what was saved does.
template <class Machine, class Event>
void expect_the_same_life_after_loading(const Machine& fresh, Event event) {
  constexpr Duration other_clock = hours(7);
  std::minstd_rand random(5);
  for (int life = 0; life < 200; ++life) {
    Machine machine = fresh;
    TimePoint now = start;
    for (int i = 0; i < 30; ++i) {
      const std::string saved = machine.save(now);
      ASSERT_EQ(Machine::load(saved, now), machine);
      auto loaded = Machine::load(saved, now + other_clock);
      ASSERT_TRUE(loaded);
      ASSERT_EQ(loaded->state(), machine.state());
      ASSERT_EQ(loaded->wake(), machine.wake() == never ? never : machine.wake() + other_clock);
      if (machine.wake() != never && random() % 2 == 0) {
        now = std::max(now, machine.wake());
      } else {
        now += milliseconds(random() % 3000);
      }
      const unsigned what = static_cast<unsigned>(random());
      ASSERT_EQ(event(machine, what, now), event(*loaded, what, now + other_clock));
      ASSERT_EQ(loaded->save(now + other_clock), machine.save(now));
    }
    ASSERT_FALSE(Machine::load(machine.save(now).substr(1), now));
  }
}

TEST(SavedMachines, InviteClient) {
  for (const bool reliable : {false, true})
    expect_the_same_life_after_loading(InviteClient(times, reliable, start), [](auto& m, unsigned what, TimePoint now) {
      constexpr int statuses[] = {100, 180, 200, 486};
      if (what % 8 == 5) m.on_cancel_sent(times, now);
      return what % 8 < 4 ? m.on_response(times, statuses[what % 4], now) : m.on_wake(now);
    });
}

TEST(SavedMachines, NonInviteClient) {
  for (const bool reliable : {false, true})
    expect_the_same_life_after_loading(
        NonInviteClient(times, reliable, start), [](auto& m, unsigned what, TimePoint now) {
          return what % 8 < 2 ? m.on_response(times, what % 8 == 0 ? 100 : 200, now) : m.on_wake(times, now);
        });
}

TEST(SavedMachines, InviteServer) {
  for (const bool reliable : {false, true})
    expect_the_same_life_after_loading(InviteServer(reliable), [](auto& m, unsigned what, TimePoint now) {
      constexpr int statuses[] = {180, 200, 486};
      if (what % 16 == 4) m.acked();
      if (what % 16 < 3) return m.respond(times, statuses[what % 16], now);
      if (what % 16 == 3) return m.on_ack(times, now);
      return what % 2 == 0 ? m.on_retransmission(true) : m.on_wake(times, now);
    });
}

TEST(SavedMachines, NonInviteServer) {
  for (const bool reliable : {false, true})
    expect_the_same_life_after_loading(NonInviteServer(reliable), [](auto& m, unsigned what, TimePoint now) {
      if (what % 8 < 2) return m.respond(times, what % 8 == 0 ? 100 : 200, now);
      return what % 2 == 0 ? m.on_retransmission() : m.on_wake(now);
    });
}

}  // namespace
}  // namespace junctor::transaction
