#include "sim/faults.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "sip/headers.hpp"

namespace junctor::sim {

using sip::HeaderId;
using sip::Message;
using sip::Method;

namespace {

/// About one call in twenty has the fault; all messages of a call alike.
bool chosen(std::string_view call_id) {
  std::uint32_t hash = 2166136261u;
  for (const char c : call_id) hash = (hash ^ static_cast<std::uint8_t>(c)) * 16777619u;
  return hash % 19 == 3;
}

bool chosen(PortId port) {
  return media::generation_of(port) % 19 == 3;
}

// ------------------------------------------------------------------------------------------------------- signalling

/// Lets `change` look at each message of a chosen call; it answers whether the message goes on.
class SipFault final : public Fault {
 public:
  using Change = std::function<void(Message m, const PassBytes& pass)>;
  explicit SipFault(Change change) : change_(std::move(change)) {}

  void sip_out(std::string bytes, const PassBytes& pass) override {
    auto m = Message::parse(bytes);
    if (!m || !chosen(m->call_id())) return pass(std::move(bytes));
    change_(std::move(*m), pass);
  }

 private:
  Change change_;
};

/// Loses every message of a chosen call for which `which` is true.
std::unique_ptr<Fault> losing(std::function<bool(const Message&)> which) {
  return std::make_unique<SipFault>([which = std::move(which)](const Message& m, const Fault::PassBytes& pass) {
    if (!which(m)) pass(m.serialize());
  });
}

std::unique_ptr<Fault> altering(std::function<void(Message&)> how) {
  return std::make_unique<SipFault>([how = std::move(how)](Message m, const Fault::PassBytes& pass) {
    how(m);
    pass(m.serialize());
  });
}

bool is_request(const Message& m, Method method) {
  return m.is_request() && m.method() == method;
}

bool is_final(const Message& m, Method method) {
  return m.is_response() && m.method() == method && m.status() >= 200;
}

std::unique_ptr<Fault> acks_lost(bool of_answers) {
  // The ACK for a 3xx-6xx has the INVITE's branch, the ACK for a 2xx its own.
  auto branches = std::make_shared<std::set<std::string>>();
  return losing([branches, of_answers](const Message& m) {
    if (is_request(m, Method::invite)) branches->emplace(m.top_branch());
    return is_request(m, Method::ack) && branches->contains(std::string(m.top_branch())) != of_answers;
  });
}

std::unique_ptr<Fault> second_final() {
  return std::make_unique<SipFault>([](const Message& m, const Fault::PassBytes& pass) {
    pass(m.serialize());
    if (!is_final(m, Method::invite) || m.status() == 401 || m.status() == 407) return;
    std::string again = m.serialize();
    again.replace(again.find(' ') + 1, 3, m.status() == 500 ? "503" : "500");
    pass(std::move(again));
  });
}

std::unique_ptr<Fault> storm() {
  return std::make_unique<SipFault>([](const Message& m, const Fault::PassBytes& pass) {
    constexpr int copies = 61;
    for (int i = 0; i < copies; ++i) pass(m.serialize());
  });
}

void change_tag(Message& m) {
  if (!is_final(m, Method::invite) || m.status() >= 300) return;
  m.set(HeaderId::to, std::string(*m.header(HeaderId::to)) + "x");
}

void repeat_cseq(Message& m) {
  if (is_request(m, Method::bye)) m.set(HeaderId::cseq, "1 BYE");
}

void leak_credentials(Message& m) {
  if (is_request(m, Method::invite)) m.add(HeaderId::authorization, "Digest username=\"1001\"");
}

void spoil_media_address(Message& m) {
  const std::size_t at = m.body().find("m=audio ");
  if (at == std::string_view::npos) return;
  std::string body(m.body());
  body.replace(at, body.find(' ', at + 8) - at, "m=audio 9998");
  m.set_body("application/sdp", body);
}

void forget_version(Message& m) {
  // The hold comes, but its description claims to be the one before.
  const std::size_t at = m.body().find("o=");
  if (at == std::string_view::npos) return;
  std::string body(m.body());
  const std::size_t id = body.find(' ', body.find(' ', at) + 1) + 1;
  body.replace(id, body.find(' ', id) - id, "1");
  m.set_body("application/sdp", body);
}

// ------------------------------------------------------------------------------------------------------------- media

class LostCommand final : public Fault {
 public:
  explicit LostCommand(std::size_t kind) : kind_(kind) {}
  bool media_command(media::Command& command) override {
    if (command.index() != kind_) return true;
    if (const auto* close = std::get_if<media::Close>(&command)) return !chosen(close->id);
    if (const auto* join = std::get_if<media::Join>(&command)) return !chosen(join->a);
    if (const auto* remote = std::get_if<media::SetRemote>(&command)) return !chosen(remote->id);
    return true;
  }

 private:
  std::size_t kind_;
};

template <class Command>
std::unique_ptr<Fault> losing_command() {
  return std::make_unique<LostCommand>(media::Command(Command{}).index());
}

class LostClosed final : public Fault {
  bool media_event(const media::Event& event) override {
    const auto* closed = std::get_if<media::Closed>(&event);
    return !closed || !chosen(closed->id);
  }
};

class PortGivenTwice final : public Fault {
  void port_taken(media::PortLease& lease) override {
    if (chosen(lease.id) && last_) lease.rtp_port = *last_;
    last_ = lease.rtp_port;
  }
  std::optional<std::uint16_t> last_;
};

class CrossedAudio final : public Fault {
  bool media_command(media::Command& command) override {
    auto* join = std::get_if<media::Join>(&command);
    if (!join) return true;
    PortId& last = last_[media::worker_of(join->b)];
    if (chosen(join->a) && last) join->b = last;
    last = join->b;
    return true;
  }
  std::map<std::uint32_t, PortId> last_;  // by worker
};

class ChangedRtp final : public Fault {
 public:
  explicit ChangedRtp(std::size_t byte) : byte_(byte) {}
  void rtp_out(std::string& bytes) override {
    if (bytes.size() <= 12 || ++count_ % 97 != 0) return;
    bytes[byte_] = static_cast<char>(bytes[byte_] ^ 0x15);
  }

 private:
  std::size_t byte_, count_ = 0;
};

// ------------------------------------------------------------------------------------------------------------- store

class RecordFault final : public Fault {
 public:
  using Change = std::function<void(store::Write write, const PassWrite& pass)>;
  explicit RecordFault(Change change) : change_(std::move(change)) {}

  void store_write(store::Write write, const PassWrite& pass) override {
    const std::string* id = id_of(write);
    if (!id || !chosen(*id)) return pass(std::move(write));
    change_(std::move(write), pass);
  }

 private:
  static const std::string* id_of(const store::Write& write) {
    if (const auto* start = std::get_if<store::CallStart>(&write)) return &start->call.call_id;
    if (const auto* answer = std::get_if<store::CallAnswer>(&write)) return &answer->call_id;
    if (const auto* end = std::get_if<store::CallEnd>(&write)) return &end->call.call_id;
    return nullptr;
  }
  Change change_;
};

std::unique_ptr<Fault> record_fault(RecordFault::Change change) {
  return std::make_unique<RecordFault>(std::move(change));
}

void write_twice(store::Write write, const Fault::PassWrite& pass) {
  if (const auto* end = std::get_if<store::CallEnd>(&write)) {
    store::CallEnd copy = *end;
    copy.call.call_id += "-again";
    pass(std::move(copy));
  }
  pass(std::move(write));
}

void spoil_status(store::Write write, const Fault::PassWrite& pass) {
  if (auto* end = std::get_if<store::CallEnd>(&write)) end->call.sip_status = 299;
  pass(std::move(write));
}

class LostAck final : public Fault {
  bool store_ack(const store::Write& write) override {
    const auto* start = std::get_if<store::CallStart>(&write);
    return !start || !chosen(start->call.call_id);
  }
};

// ------------------------------------------------------------------------------------------------------------ timers

/// A timer of each chosen call that nobody cancels: it never fires, or renews itself for ever.
class TimerLeft final : public Fault, private TimerTarget {
 public:
  TimerLeft(TimerWheel& timers, const World& world, bool renewing)
      : timers_(timers), world_(world), renewing_(renewing) {}
  ~TimerLeft() override {
    for (TimerId& id : left_) timers_.cancel(id);
  }

  void sip_out(std::string bytes, const PassBytes& pass) override {
    const auto m = Message::parse(bytes);
    if (m && is_request(*m, Method::invite) && chosen(m->call_id())) {
      left_.push_back(timers_.schedule(world_.now() + (renewing_ ? Duration(seconds(10)) : Duration(hours(24))), *this,
                                       left_.size()));
    }
    pass(std::move(bytes));
  }

 private:
  void on_timer(std::uint64_t token, TimePoint now) override {
    if (renewing_) left_[token] = timers_.schedule(now + seconds(10), *this, token);
  }

  TimerWheel& timers_;
  const World& world_;
  bool renewing_;
  std::vector<TimerId> left_;
};

// -------------------------------------------------------------------------------------------------------------- list

using Make = std::unique_ptr<Fault> (*)(TimerWheel&, const World&);
struct Entry {
  FaultInfo info;
  Make make;
};

const std::array entries{
    Entry{{"leaked_port", "a media port is never closed"},
          [](TimerWheel&, const World&) { return losing_command<media::Close>(); }},
    Entry{{"lost_closed", "a closed port never goes back to the pool"},
          [](TimerWheel&, const World&) -> std::unique_ptr<Fault> { return std::make_unique<LostClosed>(); }},
    Entry{{"port_given_twice", "two legs get one media port"},
          [](TimerWheel&, const World&) -> std::unique_ptr<Fault> { return std::make_unique<PortGivenTwice>(); }},
    Entry{{"lost_join", "two legs are never joined"},
          [](TimerWheel&, const World&) { return losing_command<media::Join>(); }},
    Entry{{"crossed_audio", "a leg is joined to one of another call"},
          [](TimerWheel&, const World&) -> std::unique_ptr<Fault> { return std::make_unique<CrossedAudio>(); }},
    Entry{{"lost_remote", "the far end's address never reaches the port"},
          [](TimerWheel&, const World&) { return losing_command<media::SetRemote>(); }},
    Entry{{"changed_ssrc", "a stream changes its SSRC"},
          [](TimerWheel&, const World&) -> std::unique_ptr<Fault> { return std::make_unique<ChangedRtp>(8); }},
    Entry{{"sequence_gap", "a stream jumps in its sequence numbers"},
          [](TimerWheel&, const World&) -> std::unique_ptr<Fault> { return std::make_unique<ChangedRtp>(3); }},
    Entry{{"wrong_media_address", "a description names a port that is not ours"},
          [](TimerWheel&, const World&) { return altering(spoil_media_address); }},
    Entry{{"stale_version", "a later description has the version of an earlier one"},
          [](TimerWheel&, const World&) { return altering(forget_version); }},
    Entry{{"missing_ack", "a 2xx is never acknowledged"}, [](TimerWheel&, const World&) { return acks_lost(true); }},
    Entry{{"missing_failure_ack", "a 3xx-6xx is never acknowledged"},
          [](TimerWheel&, const World&) { return acks_lost(false); }},
    Entry{
        {"missing_bye", "a leg is never told that the call is over"},
        [](TimerWheel&, const World&) { return losing([](const Message& m) { return is_request(m, Method::bye); }); }},
    Entry{{"missing_cancel", "a ringing leg is never cancelled"},
          [](TimerWheel&, const World&) {
            return losing([](const Message& m) { return is_request(m, Method::cancel); });
          }},
    Entry{{"missing_final", "an INVITE is never answered"},
          [](TimerWheel&, const World&) {
            return losing([](const Message& m) { return is_final(m, Method::invite) && m.status() != 401; });
          }},
    Entry{{"second_final", "an INVITE gets two final answers"},
          [](TimerWheel&, const World&) { return second_final(); }},
    Entry{{"changed_tag", "the 2xx has another To tag than the dialog"},
          [](TimerWheel&, const World&) { return altering(change_tag); }},
    Entry{{"stale_cseq", "a BYE repeats an old CSeq"}, [](TimerWheel&, const World&) { return altering(repeat_cseq); }},
    Entry{{"passed_credentials", "the caller's credentials reach the called phone"},
          [](TimerWheel&, const World&) { return altering(leak_credentials); }},
    Entry{{"storm", "a message is sent far too often"}, [](TimerWheel&, const World&) { return storm(); }},
    Entry{{"record_twice", "a call has two records"},
          [](TimerWheel&, const World&) { return record_fault(write_twice); }},
    Entry{{"record_missing", "a call has no record"},
          [](TimerWheel&, const World&) { return record_fault([](store::Write, const Fault::PassWrite&) {}); }},
    Entry{{"record_open", "a record is never closed"},
          [](TimerWheel&, const World&) {
            return record_fault([](store::Write write, const Fault::PassWrite& pass) {
              if (!std::holds_alternative<store::CallEnd>(write)) pass(std::move(write));
            });
          }},
    Entry{{"record_wrong", "a record has another status than the caller was told"},
          [](TimerWheel&, const World&) { return record_fault(spoil_status); }},
    Entry{{"lost_store_ack", "a write is never acknowledged"},
          [](TimerWheel&, const World&) -> std::unique_ptr<Fault> { return std::make_unique<LostAck>(); }},
    Entry{{"timer_left", "a timer is never cancelled"},
          [](TimerWheel& timers, const World& world) -> std::unique_ptr<Fault> {
            return std::make_unique<TimerLeft>(timers, world, false);
          }},
    Entry{{"timer_renewed", "a timer renews itself for ever"},
          [](TimerWheel& timers, const World& world) -> std::unique_ptr<Fault> {
            return std::make_unique<TimerLeft>(timers, world, true);
          }},
};

}  // namespace

std::span<const FaultInfo> all_faults() {
  static const std::vector<FaultInfo> infos = [] {
    std::vector<FaultInfo> out;
    for (const Entry& entry : entries) out.push_back(entry.info);
    return out;
  }();
  return infos;
}

std::unique_ptr<Fault> plant(std::string_view name, TimerWheel& timers, const World& world) {
  const auto at = std::ranges::find(entries, name, [](const Entry& entry) { return entry.info.name; });
  return at == entries.end() ? nullptr : at->make(timers, world);
}

void StoreBehindFault::write(store::Write write, store::AckTarget* target, std::uint64_t token, TimePoint now) {
  const bool acknowledged = fault_.store_ack(write);
  bool written = false;
  fault_.store_write(std::move(write), [&](store::Write passed) {
    const bool first = !std::exchange(written, true);
    inner_.write(std::move(passed), acknowledged && first ? target : nullptr, token, now);
  });
  // What the fault kept to itself is acknowledged all the same, with a write that changes nothing.
  if (!written && acknowledged && target) inner_.write(store::RemoveUser{"nobody"}, target, token, now);
}

}  // namespace junctor::sim
