#include "sim/soak.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <utility>

#include "sim/sim.hpp"

namespace junctor::sim {
namespace {

using sip::Method;
using sip::sdp::Direction;

constexpr std::array tones{350.0, 440.0, 540.0, 640.0, 760.0, 880.0, 1040.0, 1210.0, 1410.0, 1640.0};
constexpr double feature_tone = 1004, idle_tone = 1900;
// After the last call began: it is hung up after 40 s at the latest; who has lost his peer waits for the RTP timeout.
constexpr Duration everybody_has_hung_up = seconds(150);
constexpr std::array refusals{486, 486, 603, 480, 404, 488, 500, 503, 606};

class Round {
 public:
  Round(Seed seed, int calls, const std::string& fault, const std::string& trace)
      : sim_(seed, {.config = "[rtp]\nsrtp_over_plain_sip = true\n", .fault = fault, .trace = trace}),
        random_(sim_.world().random().fork()),
        calls_(calls) {}

  SoakReport run() {
    make_phones();
    Duration at{};
    for (int i = 0; i < calls_; ++i) {
      at += random_.between({}, milliseconds(400));
      sim_.world().after(at, [this] { call(); });
    }
    sim_.run_for(at + everybody_has_hung_up);
    for (const auto& phone : sim_.phones()) {
      for (const auto& line : phone->lines()) {
        if (!line->ended()) problems_.push_back("a call that does not end, Call-ID " + line->call_id());
      }
    }
    SoakReport report;
    report.problems = sim_.close();
    report.problems.insert(report.problems.end(), problems_.begin(), problems_.end());
    report.calls = static_cast<std::uint64_t>(calls_);
    report.messages = sim_.audit().messages();
    report.packets = sim_.net().sent();
    report.records = sim_.disk().calls.size();
    report.simulated_seconds = std::chrono::duration<double>(sim_.now() - start_).count();
    for (const auto& phone : sim_.phones()) {
      for (const auto& line : phone->lines()) {
        if (line->outgoing()) ++report.finals[line->status()];
      }
    }
    return report;
  }

 private:
  void make_phones();
  void call();
  void answer_script(Line& line);
  void talk_script(Line& line);
  void act(Line& line);
  void speak_and_listen(Line& caller, double heard);
  void listening_call();
  void later(Duration delay, std::function<void()> action) { sim_.world().after(delay, std::move(action)); }
  Phone& any(const std::vector<Phone*>& phones) { return *phones[random_.below(phones.size())]; }
  bool on_a_good_line(const Phone& phone) const { return std::ranges::find(good_, &phone) != good_.end(); }

  Sim sim_;
  SeededRandom random_;
  const int calls_;
  const TimePoint start_ = sim_.now();
  std::vector<Phone*> phones_, good_;
  std::map<const Phone*, int> listening_;  // phones that only answer and listen, by how many calls want that
  std::set<const Line*> undisturbed_;      // of those who call them
  std::size_t next_tone_ = 0;
  Phone* carrier_ = nullptr;
  std::vector<std::string> problems_;
};

void Round::make_phones() {
  constexpr int users = 16, tcp_every = 5, lossy_every = 4;
  for (int i = 0; i < users; ++i) {
    PhoneOptions options;
    if (i % tcp_every == tcp_every - 1) options.wire = Wire::Kind::tcp;
    options.remote = i % 7 == 3;
    const std::string user = std::to_string(first_user + i);
    Phone& phone = sim_.phone(user, options);
    phones_.push_back(&phone);
    if (i % lossy_every == lossy_every - 1) {
      sim_.link(phone).loss(0.08).delay(milliseconds(30), milliseconds(25)).duplicate(0.05).reorder(0.1);
    } else {
      good_.push_back(&phone);
      sim_.link(phone).delay(milliseconds(1 + random_.below(20)));
    }
    phone.habits().supports_100rel = random_.chance(0.7);
    phone.habits().session_expires = random_.chance(0.3) ? 90 + static_cast<std::uint32_t>(random_.below(900)) : 0;
    phone.habits().answers_instead_of_cancel = i == 5;
    phone.habits().answers_twice = i == 6;
    phone.habits().srtp =
        std::array{PhoneSrtp::none, PhoneSrtp::optional, PhoneSrtp::required}[static_cast<std::size_t>(i % 3)];
    if (random_.chance(0.3)) std::ranges::reverse(phone.habits().codecs);
    phone.on_incoming([this](Line& line) { answer_script(line); });
  }
  // A second device for two of them: calls fork.
  for (int i = 0; i < 2; ++i) {
    Phone& phone = sim_.phone(std::to_string(first_user + i));
    phone.on_incoming([this](Line& line) { answer_script(line); });
    good_.push_back(&phone);
  }
  carrier_ = &sim_.carrier();
  carrier_->on_incoming([this](Line& line) { answer_script(line); });
}

/// Two phones on good lines speak to each other, undisturbed: each must hear the other and nobody else.
void Round::listening_call() {
  Phone& caller = any(good_);
  Phone& called = any(good_);
  const bool forks = called.user() < std::to_string(first_user + 2);
  if (&caller == &called || forks) return;
  ++listening_[&called];
  Line& line = caller.dial(called.user());
  undisturbed_.insert(&line);
  const double there = tones[next_tone_++ % tones.size()], back = tones[next_tone_++ % tones.size()];
  later(seconds(3), [this, &line, &called, there, back] {
    line.speak(there);
    later(milliseconds(800), [this, &line, &called, there, back] {
      const auto heard =
          std::ranges::find_if(called.lines(), [&](const auto& l) { return l->up() && l->hears(there); });
      if (heard == called.lines().end()) {
        if (line.up()) problems_.push_back("audio: the called phone hears nothing, Call-ID " + line.call_id());
      } else {
        (*heard)->speak(back);
      }
    });
  });
  later(milliseconds(4600), [this, &line, &called, back] {
    if (line.up() && !line.hears(back)) {
      problems_.push_back("audio: the caller hears nothing, Call-ID " + line.call_id());
    }
    if (on_a_good_line(called) && line.audio().sequence_jumps() != 0) {
      problems_.push_back("audio: a gap in the sequence on a perfect line, Call-ID " + line.call_id());
    }
    --listening_[&called];
    line.hang_up();
  });
}

void Round::call() {
  if (random_.chance(0.1)) return listening_call();
  const std::uint64_t kind = random_.below(100);
  Phone& caller = kind >= 95 ? *carrier_ : any(phones_);
  std::string to;
  if (kind < 72) {
    to = any(phones_).user();
  } else if (kind < 78) {
    to = "9196";
  } else if (kind < 82) {
    to = "9197";
  } else if (kind < 86) {
    to = "4711";  // nobody
  } else if (kind < 90) {
    to = std::to_string(last_user);  // not registered
  } else if (kind < 95) {
    to = "0301234";
  } else {
    to = std::string(carrier_number);
  }
  DialOptions options;
  options.late_offer = random_.chance(0.12);
  options.require_100rel = caller.habits().supports_100rel && random_.chance(0.05);
  Line& line = caller.dial(to, std::move(options));
  if (random_.chance(0.2)) {
    later(random_.between({}, random_.chance(0.5) ? Duration(milliseconds(100)) : Duration(seconds(6))), [&line] {
      if (!line.up()) line.cancel();
    });
  }
  if (random_.chance(0.01)) later(random_.between({}, seconds(8)), [&line] { line.vanish(); });
  const bool good = on_a_good_line(caller);
  if (good && to == "9196") {
    speak_and_listen(line, 0);
  } else if (good && to == "9197") {
    speak_and_listen(line, feature_tone);
  } else {
    later(random_.between(seconds(1), seconds(9)), [this, &line] { talk_script(line); });
  }
  // Nobody talks for ever.
  later(random_.between(seconds(9), seconds(40)), [&line] { line.hang_up(); });
}

void Round::answer_script(Line& line) {
  if (listening_[&line.phone()] > 0) {
    line.ring();
    return later(milliseconds(200), [&line] { line.answer(); });
  }
  const std::uint64_t kind = random_.below(100);
  const Duration soon = random_.between({}, seconds(1));
  if (kind < 12) {
    const int status = refusals[random_.below(refusals.size())];
    return later(random_.between({}, seconds(3)), [&line, status] { line.reject(status); });
  }
  const bool early = random_.chance(0.25);
  const bool reliably = random_.chance(0.3);
  const bool at_once = kind >= 92;
  if (!at_once) {
    later(soon, [&line, early, reliably] { line.ring({early ? 183 : 180, early, reliably, {}}); });
    if (random_.chance(0.1)) later(soon + milliseconds(300), [&line] { line.ring({180, false, false, {}}); });
  }
  if (kind < 20) return;  // rings until somebody gives up
  const Duration answer = at_once ? Duration{} : soon + random_.between({}, seconds(4));
  later(answer, [&line] { line.answer(); });
  later(answer + random_.between(milliseconds(100), seconds(8)), [this, &line] { talk_script(line); });
  if (random_.chance(0.3)) later(answer + random_.between({}, seconds(12)), [&line] { line.hang_up(); });
}

void Round::speak_and_listen(Line& line, double heard) {
  const double spoken = tones[random_.below(tones.size())];
  later(seconds(2), [this, &line, spoken, heard] {
    if (!line.up()) return;
    line.speak(spoken);
    later(milliseconds(1500), [this, &line, spoken, heard] {
      const double expected = heard == 0 ? spoken : heard;
      if (line.up() && !line.hears(expected)) {
        problems_.push_back("audio: not heard from a feature number: " + std::to_string(expected) + " Hz, Call-ID " +
                            line.call_id());
      }
      line.hang_up();
    });
  });
}

/// Something that people do while they talk.
void Round::act(Line& line) {
  switch (random_.below(10)) {
    case 0:
      line.hold();
      return later(random_.between(milliseconds(50), seconds(3)), [&line] { line.unhold(); });
    case 1:
      return random_.chance(0.5) ? line.change_key() : line.reinvite(Direction::sendrecv);
    case 2:
      return line.reinvite_late();
    case 3:
      return line.change_codecs({random_.chance(0.5) ? "pcmu" : "pcma", "telephone-event"});
    case 4:
      return line.update(Direction::sendrecv);
    case 5:
      return line.refresh();
    case 6:
      return line.send(Method::info, "application/dtmf-relay", "Signal=5\r\nDuration=160\r\n");
    case 7:
      return line.send(Method::options);
    case 8:
      line.speak(idle_tone);
      return later(random_.between(milliseconds(100), seconds(2)), [&line] { line.audio().be_quiet(); });
    default:
      if (random_.chance(0.4)) return line.refer(any(phones_).user());
      if (listening_[&line.phone()] > 0) return;
      for (const auto& other : line.phone().lines())
        if (other.get() != &line && other->up() && !undisturbed_.contains(other.get())) return line.refer(*other);
  }
}

void Round::talk_script(Line& line) {
  if (!line.up()) return;
  const std::uint64_t acts = random_.below(4);
  Duration at{};
  for (std::uint64_t i = 0; i < acts; ++i) {
    at += random_.between({}, random_.chance(0.3) ? Duration(milliseconds(5)) : Duration(seconds(2)));
    later(at, [this, &line] {
      if (line.up()) act(line);
    });
  }
  if (random_.chance(0.5)) later(at + random_.between({}, seconds(4)), [&line] { line.hang_up(); });
}

}  // namespace

SoakReport soak_round(Seed seed, int calls, const std::string& fault, const std::string& trace) {
  return Round(seed, calls, fault, trace).run();
}

}  // namespace junctor::sim
