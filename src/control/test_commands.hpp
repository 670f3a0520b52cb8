#pragma once
// A Commands body that remembers what it was asked, for tests and the fuzzer.
#include <string>
#include <vector>

#include "base/io.hpp"
#include "control/commands.hpp"

namespace junctor::control {

class TestCommands final : public Commands {
 public:
  std::vector<std::string> asked;
  std::vector<CallDetail> known_calls;
  std::vector<UserInfo> known_users;
  bool draining = false;
  std::vector<store::CallRecord> known_records;
  Reply<void> later;  ///< of the last command that changes a user
  store::CallFilter filter;

  Status status(TimePoint) override {
    Status s;
    s.version = "1.2.3";
    s.draining = draining;
    s.listeners = {"udp 127.0.0.1:5060"};
    s.blocked = {{IpAddress::v4(192, 0, 2, 1), seconds(17), true, 3}};
    s.counters = {{"sip_dropped", 5}};
    return s;
  }
  std::vector<CallInfo> calls(TimePoint) override {
    std::vector<CallInfo> out;
    for (const CallDetail& d : known_calls) out.push_back(d.call);
    return out;
  }
  void find_call(std::string id, bool with_messages, Reply<CallDetail> reply, TimePoint) override {
    for (const CallDetail& d : known_calls) {
      if (d.call.id != id) continue;
      CallDetail out = d;
      if (!with_messages) out.messages.clear();
      return reply(out);
    }
    reply(fail(Failure{"not_found", "no such call: " + id}));
  }
  std::vector<Registration> registrations(TimePoint) override {
    return {{"1001", "sip:1001@192.0.2.9", "udp", "192.0.2.9:5060", "baresip", "", seconds(60)}};
  }
  std::vector<TrunkInfo> trunks(TimePoint) override {
    return {{.name = "carrier", .host = "sip.carrier.example", .transport = "udp", .state = "static", .calls = 1}};
  }
  Explanation explain(const ExplainRequest& request) override {
    asked.push_back("explain " + request.from + " " + request.to + " " + request.trunk);
    return {{"because"}, "ring user:1002", "internal", request.to, ""};
  }
  void start_call(std::string from, std::string to, Reply<std::string> reply, TimePoint) override {
    asked.push_back("call " + from + " " + to);
    if (to == "nobody") return reply(fail(Failure{"no_route", "nobody"}));
    reply("n1-6745ab12-1");
  }
  void hang_up(const std::string& id, Reply<void> reply, TimePoint) override {
    find_call(id, false,
              [&](const Result<CallDetail, Failure>& found) {
                if (found) return reply({});
                reply(fail(found.error()));
              },
              {});
  }
  void list_records(store::CallFilter wanted, Reply<std::vector<store::CallRecord>> reply, TimePoint) override {
    filter = std::move(wanted);
    reply(known_records);
  }
  void find_record(std::string id, Reply<std::optional<store::CallRecord>> reply, TimePoint) override {
    for (const store::CallRecord& r : known_records) {
      if (r.call.call_id == id) return reply(std::optional(r));
    }
    reply(std::optional<store::CallRecord>());
  }
  void reload(Reply<ReloadReport> reply, TimePoint) override { reply(ReloadReport{{}, {"sip.udp"}}); }
  void drain(std::optional<seconds> timeout, Reply<DrainReport> reply, TimePoint) override {
    reply(DrainReport{2, timeout.value_or(seconds(30))});
  }
  void add_user(NewUser user, Reply<void> reply, TimePoint) override {
    asked.push_back("add " + user.username + " " + user.password + " " + user.display_name);
    later = std::move(reply);
  }
  std::vector<UserInfo> users(TimePoint) override { return known_users; }
  void change_user(UserChange change, Reply<void> reply, TimePoint) override {
    if (change.password) asked.push_back("passwd " + change.username + " " + *change.password);
    if (change.display_name) asked.push_back("display " + change.username + " " + *change.display_name);
    later = std::move(reply);
  }
  void remove_user(std::string username, Reply<void> reply, TimePoint) override {
    asked.push_back("remove " + username);
    later = std::move(reply);
  }
};

/// Keeps what is written.
class TestStreams final : public StreamSender {
 public:
  std::vector<std::string> written;
  ConnectionId last;

  ConnectionId connect(const Address&) override { return {}; }
  bool write(ConnectionId connection, std::string&& bytes) override {
    last = connection;
    written.push_back(std::move(bytes));
    return true;
  }
  void close(ConnectionId) override {}
};

}  // namespace junctor::control
