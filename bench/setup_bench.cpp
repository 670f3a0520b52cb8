// CPU of the control side per complete call: everything hub::Core does between a datagram in and the datagrams out,
// without the kernel's part and without the database's thread. Calls go in step, as many at a time as a busy hub has.
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/check.hpp"
#include "bench/measure.hpp"
#include "bench/parts.hpp"
#include "bench/phones.hpp"

namespace junctor::bench {
namespace {

constexpr std::size_t pairs = 250;

struct Incoming {
  Address from;
  std::string bytes;
};

/// Steps of a call in the order of their first use, with the CPU each took per round.
class Steps {
 public:
  Rounds& operator[](std::string_view name) {
    for (auto& [known, rounds] : steps_) {
      if (known == name) return rounds;
    }
    return steps_.emplace_back(name, Rounds()).second;
  }
  void print(double per_us) const {
    double sum = 0;
    for (const auto& [name, rounds] : steps_) {
      sum += rounds.median();
      std::printf("  %-44.*s %7.1f us\n", static_cast<int>(name.size()), name.data(), rounds.median() / 1000);
    }
    std::printf("  %-44s %7.1f us   %.0f a second on one core\n", "together", sum / 1000, per_us / sum);
  }

 private:
  std::vector<std::pair<std::string_view, Rounds>> steps_;
};

class Office {
 public:
  Office() {
    for (std::size_t i = 0; i < 2 * pairs; ++i) {
      phones_.emplace_back(i);
      by_address_[phones_.back().address()] = i;
    }
  }

  void register_all(Steps& steps) {
    for (const std::string_view step : {"REGISTER, answered 401", "REGISTER with digest, answered 200"}) {
      for (Phone& phone : phones_) say(phone, phone.register_request());
      for (const auto& [phone, message] : hear(steps, step, phones_.size())) {
        if (message.status() == 401)
          phone->take_challenge(message);
        else
          expect(message, 200);
      }
    }
    linger(steps, "its transactions end", phones_.size());
    for (Phone& phone : phones_) phone.forget_challenge();
  }

  void call_all(Steps& steps) {
    const auto callers = [this](auto&& message) {
      for (std::size_t i = 0; i < pairs; ++i) say(phones_[i], message(phones_[i], phones_[i + pairs]));
    };
    callers([](Phone& a, const Phone& b) { return a.invite(b.user()); });
    for (const auto& [phone, message] : hear(steps, "INVITE, answered 407", pairs)) {
      phone->take_challenge(expect(message, 407));
      say(*phone, phone->ack_refusal(message));
    }
    hear(steps, "ACK for the 407", pairs);
    callers([](Phone& a, const Phone& b) { return a.invite(b.user()); });
    std::vector<std::pair<Phone*, sip::Message>> invites;
    for (auto& [phone, message] : hear(steps, "INVITE with digest, 100, INVITE sent on", pairs)) {
      if (message.is_request()) invites.emplace_back(phone, std::move(message));
    }
    JUNCTOR_CHECK(invites.size() == pairs);
    for (const auto& [phone, invite] : invites) say(*phone, phone->ringing(invite));
    for (const auto& [phone, message] : hear(steps, "180, sent on", pairs)) expect(message, 180);
    for (const auto& [phone, invite] : invites) say(*phone, phone->answer(invite));
    std::vector<std::pair<Phone*, std::string>> acks;
    for (const auto& [phone, message] : hear(steps, "200, sent on", pairs)) {
      if (message.is_request()) continue;  // the hub's ACK
      acks.emplace_back(phone, phone->ack(expect(message, 200)));
    }
    JUNCTOR_CHECK(acks.size() == pairs);
    for (auto& [phone, ack] : acks) say(*phone, std::move(ack));
    hear(steps, "ACK, sent on", pairs);
    callers([](Phone& a, const Phone&) { return a.bye(); });
    std::vector<std::pair<Phone*, sip::Message>> byes;
    for (auto& [phone, message] : hear(steps, "BYE, answered 200, BYE sent on", pairs)) {
      if (message.is_request())
        byes.emplace_back(phone, std::move(message));
      else
        expect(message, 200);
    }
    JUNCTOR_CHECK(byes.size() == pairs);
    for (const auto& [phone, bye] : byes) say(*phone, phone->ok(bye));
    hear(steps, "200 for the BYE", pairs);
    linger(steps, "its transactions end", pairs);
    JUNCTOR_CHECK(hub_.core().ledger().calls == 0);
  }

  std::uint64_t writes() const { return hub_.writes(); }

 private:
  static const sip::Message& expect(const sip::Message& message, int status) {
    if (message.is_request() || message.status() != status)
      std::fprintf(stderr, "expected %d, got\n%s\n", status, message.serialize().c_str());
    JUNCTOR_CHECK(message.status() == status);
    return message;
  }

  void say(const Phone& phone, std::string bytes) { said_.push_back({phone.address(), std::move(bytes)}); }

  /// The hub takes what was said; what it sends, but for 100s. Only the hub's work is timed.
  std::vector<std::pair<Phone*, sip::Message>> hear(Steps& steps, std::string_view step, std::size_t per) {
    const double start = cpu_ns();
    for (const Incoming& one : said_) hub_.receive(one.from, one.bytes);
    hub_.pass(milliseconds(20));
    steps[step].add((cpu_ns() - start) / static_cast<double>(per));
    said_.clear();
    std::vector<std::pair<Phone*, sip::Message>> heard;
    for (Datagram& datagram : hub_.take_sent()) {
      auto message = sip::Message::parse(std::move(datagram.bytes));
      JUNCTOR_CHECK(message.has_value());
      if (message->status() != 100) heard.emplace_back(&phones_[by_address_.at(datagram.to)], std::move(*message));
    }
    return heard;
  }

  void linger(Steps& steps, std::string_view step, std::size_t per) {
    const double start = cpu_ns();
    hub_.pass(seconds(40));
    steps[step].add((cpu_ns() - start) / static_cast<double>(per));
    hub_.take_sent();
  }

  Hub hub_{2 * pairs};
  std::vector<Phone> phones_;
  std::unordered_map<Address, std::size_t> by_address_;
  std::vector<Incoming> said_;
};

int run(int rounds) {
  Office office;
  Steps warm_up;
  office.register_all(warm_up);
  office.call_all(warm_up);
  Steps registers, calls;
  const std::uint64_t before = office.writes();
  for (int i = 0; i < rounds; ++i) office.register_all(registers);
  std::printf("REGISTER, %zu phones\n", 2 * pairs);
  registers.print(1e9);
  const std::uint64_t between = office.writes();
  for (int i = 0; i < rounds; ++i) office.call_all(calls);
  std::printf("call, %zu at a time, INVITE to BYE\n", pairs);
  calls.print(1e9);
  const auto per = [rounds](std::uint64_t n, std::size_t of) {
    return static_cast<double>(n) / (static_cast<double>(rounds) * static_cast<double>(of));
  };
  std::printf("writes for the database: %.1f per REGISTER, %.1f per call\n", per(between - before, 2 * pairs),
              per(office.writes() - between, pairs));
  return 0;
}

}  // namespace
}  // namespace junctor::bench

int main(int argc, char** argv) {
  return junctor::bench::run(argc > 1 ? std::atoi(argv[1]) : 15);
}
