// Every command, given wrongly in every way that the list of its own fields allows: it is refused once, with the code
// that the order of checks demands, and nothing has changed anywhere.
#include <functional>
#include <map>
#include <set>
#include <type_traits>

#include "control/all_commands.hpp"
#include "program_client.hpp"

namespace junctor::sim {
namespace {

namespace program = apps::program;

constexpr const char* office = R"(
[rwi]
originate_rate_limit = 100000
[[rwi.tokens]]
name = "desk"
token = "desk-secret-0123456789"
scopes = ["call.control", "record.control", "supervisor.control", "media.stream", "queue.control"]
[[rwi.tokens]]
name = "stranger"
token = "stranger-secret"
scopes = ["call.control", "record.control", "media.stream", "queue.control"]
[[rwi.tokens]]
name = "eyes"
token = "eyes-secret"
scopes = ["observe_all"]
)";

/// What a command's fields say about it: parameters that fit, and the ways in which they can be wrong.
struct Sample {
  struct Fault {
    std::string name;  ///< of the member, as the error names it
    json::object params;
  };
  json::object params;              ///< the least that fits
  std::vector<std::string> calls;   ///< members that name a call, those that may be left out too
  std::set<std::string> looked_at;  ///< of these, those that need not be the session's own
  std::vector<Fault> missing, misfits;
  std::vector<std::string> anything;  ///< members that take any JSON
};

/// Whatever is not just any text.
json::value value_for(const std::string& name) {
  static const std::map<std::string, json::value> known{{"source", {{"type", "silence"}}},
                                                        {"mode", "listen"},
                                                        {"code", 486},
                                                        {"conf_id", "room"},
                                                        {"start_secs", 0},
                                                        {"end_secs", 1}};
  const auto at = known.find(name);
  return at == known.end() ? json::value("1003") : at->second;
}

class Sampler {
 public:
  explicit Sampler(Sample& out) : out_(out) {}

  template <class T>
  void operator()(const Field& field, T&) {
    const std::string name(field.name);
    if constexpr (std::is_same_v<T, program::OwnCall> || std::is_same_v<T, program::SeenCall> ||
                  std::is_same_v<T, std::optional<program::OwnCall>>) {
      const bool first = out_.calls.empty() && name != "supervisor_call_id";
      out_.calls.push_back(name);
      if (std::is_same_v<T, program::SeenCall>) out_.looked_at.insert(name);
      if (field.required) out_.params[name] = first || name == "target_call_id" ? "a" : "b";
    } else if (field.required) {
      out_.params[name] = value_for(name);
    }
    if (field.required) needed_.push_back(name);
    wrongly<T>(field, name, [&](const std::string& path, json::value value) {
      wrong_.push_back({path, {{name, std::move(value)}}});
    });
  }
  void finish() {
    for (const std::string& name : needed_) {
      json::object params = out_.params;
      params.erase(name);
      out_.missing.push_back({name, std::move(params)});
    }
    for (auto& [path, member] : wrong_) {
      json::object params = out_.params;
      for (auto& each : member) params[each.key()] = each.value();
      out_.misfits.push_back({path, std::move(params)});
    }
  }

 private:
  using Add = std::function<void(const std::string& path, json::value value)>;

  /// Calls add() with each value that a member of that kind cannot have.
  template <class T>
  void wrongly(const Field& field, const std::string& path, const Add& add) {
    if constexpr (std::is_base_of_v<program::CallRef, T> || std::is_same_v<T, std::string>) {
      add(path, 7);
      add(path, json::string(field.longest + 1, 'x'));
    } else if constexpr (std::is_same_v<T, program::JsonText>) {
      out_.anything.push_back(path);
      add(path, json::string(field.longest + 1, 'x'));
    } else if constexpr (std::is_same_v<T, bool> || std::is_floating_point_v<T>) {
      add(path, "x");
    } else if constexpr (std::is_integral_v<T>) {
      add(path, "7");
      add(path, 1.5);
      add(path, -1);
      if (field.bounded()) add(path, field.most + 1);
    } else if constexpr (std::is_enum_v<T>) {
      add(path, 7);
      add(path, "nonsense");
    } else if constexpr (requires(T t, Inner inner) { T::fields(t, inner); }) {
      add(path, 7);
      Inner inner{*this, path, add};
      T value;
      T::fields(value, inner);
    } else if constexpr (requires { typename T::mapped_type; }) {
      add(path, 7);
      add(path, json::object{{"k", 7}});
    } else if constexpr (requires(T t) { t.push_back({}); }) {
      add(path, 7);
      add(path, json::array{7});
    } else {
      wrongly<typename T::value_type>(field, path, add);  // std::optional
    }
  }
  /// The members of a member.
  struct Inner {
    Sampler& sampler;
    const std::string& path;
    const Add& add;
    template <class T>
    void operator()(const Field& field, T&) {
      const std::string name(field.name);
      sampler.wrongly<T>(field, path + '.' + name, [&](const std::string& whole_path, json::value value) {
        add(whole_path, json::object{{name, std::move(value)}});
      });
    }
  };

  struct Wrong {
    std::string path;
    json::object member;
  };
  Sample& out_;
  std::vector<std::string> needed_;
  std::vector<Wrong> wrong_;
};

template <class Command>
Sample sample_of() {
  Sample out;
  Sampler sampler(out);
  Command command;
  Command::fields(command, sampler);
  if (Command::info.name == "call.originate") out.params["destination"] = "1004";
  sampler.finish();
  return out;
}

class ProgramFaults : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(desk.call(alice, "a") && desk.call(bob, "b") && desk.call(carol, "gone"));
    carol.hang_up();
    ASSERT_TRUE(sim.until(2s, [&] { return desk.count("call.hangup", "gone") == 1; }));
    ASSERT_EQ(desk.run("call.originate", {{"call_id", "ringing"}, {"destination", "1003"}, {"timeout_secs", 3600}}),
              "done");
    ASSERT_EQ(desk.run("conference.create", {{"conf_id", "room"}}), "done");
    ASSERT_TRUE(sim.until(2s, [&] { return carol.ringing(); }));
    sim.run_for(100ms);
    before = state();
  }
  void TearDown() override {
    sim.run_for(200ms);
    for (const auto& [client, expected] : expected_) {
      std::map<std::string, std::vector<json::object>> results;
      for (const json::object& each : client->heard())
        if (each.contains("action_id")) results[std::string(each.at("action_id").as_string())].push_back(each);
      for (const auto& [id, wanted] : expected) {
        const auto& got = results[id];
        ASSERT_EQ(got.size(), 1u) << "results of " << wanted.what;
        const json::value* const code = got[0].if_contains("code");
        EXPECT_EQ(code == nullptr ? "done" : std::string(code->as_string()), wanted.code)
            << wanted.what << ": " << json::serialize(got[0]);
        if (!wanted.names.empty()) {
          EXPECT_THAT(std::string(got[0].at("error").as_string()), HasSubstr('"' + wanted.names)) << wanted.what;
        }
      }
    }
    EXPECT_EQ(state(), before);
    EXPECT_EQ(desk.run("conference.destroy", {{"conf_id", "room"}}), "done");
    EXPECT_THAT(sim.close(), IsEmpty());
  }

  /// Gives the command; its one result has that code, and names that member.
  void refused(ProgramClient& by, std::string_view action, const json::object& params, std::string_view code,
               const std::string& names = "") {
    const std::string id = by.start(action, params);
    expected_[&by][id] = {std::string(action) + ' ' + json::serialize(params).substr(0, 200), std::string(code), names};
    ++given;
  }
  /// Why a column has nothing to say about a command.
  void none(std::string_view action, std::string_view because) { reasons[std::string(action)] = because; }

  /// Everything that a wrong command could change: calls, rooms, what was on the wire.
  std::string state() {
    std::string out;
    EXPECT_EQ(desk.run("session.list_calls", {{"scope", "all"}}), "done");
    out += json::serialize(desk.data());
    EXPECT_EQ(desk.run("conference.list", json::object()), "done");
    out += json::serialize(desk.data());
    const hub::Ledger ledger = sim.hub().core().ledger();
    return out + " sent " + std::to_string(sim.hub().counters().get("sip_sent").value()) + " left " +
           std::to_string(ledger.total() - ledger.timers);
  }
  std::string hub_id_of_a() { return std::string(desk.last_event("call.ringing").at("data").at("id").as_string()); }
  std::string listed() const {
    std::string out;
    for (const auto& [action, why] : reasons) out += action + ' ';
    return out;
  }

  struct Expected {
    std::string what, code, names;
  };
  Sim sim{Seed{830}, {.config = office}};
  Phone &alice = sim.phone("1001"), &bob = sim.phone("1002"), &carol = sim.phone("1003");
  ProgramClient desk{sim}, second{sim, {.prefix = "s"}};
  ProgramClient stranger{sim, {.token = "stranger-secret", .prefix = "t"}}, eyes{sim, {.token = "eyes-secret"}};
  std::string before;
  int given = 0;
  std::map<std::string, std::string> reasons;
  std::map<ProgramClient*, std::map<std::string, Expected>> expected_;
};

TEST_F(ProgramFaults, EveryFieldOfTheWrongKindOrSize) {
  std::vector<std::string> anything;
  control::for_each_command([&]<class Command>() {
    const Sample sample = sample_of<Command>();
    if (sample.misfits.empty()) none(Command::info.name, "it has no fields");
    for (const auto& fault : sample.misfits)
      refused(desk, Command::info.name, fault.params, "invalid_params", fault.name);
    for (const std::string& each : sample.anything) anything.push_back(std::string(Command::info.name) + ' ' + each);
    sim.run_for(5ms);
  });
  EXPECT_GT(given, 400);
  EXPECT_THAT(anything, IsEmpty());
  EXPECT_EQ(reasons.size(), 2u) << "session.ping, conference.list";
}

TEST_F(ProgramFaults, EveryNeededFieldLeftOut) {
  control::for_each_command([&]<class Command>() {
    const Sample sample = sample_of<Command>();
    if (sample.missing.empty()) none(Command::info.name, "nothing is needed");
    for (const auto& fault : sample.missing)
      refused(desk, Command::info.name, fault.params, "invalid_params", fault.name);
  });
  EXPECT_GT(given, 100);
  EXPECT_EQ(listed(),
            "call.originate conference.create conference.list session.list_calls session.ping session.resume "
            "session.subscribe session.unsubscribe ");
}

TEST_F(ProgramFaults, CallsThatAreUnknownEndedOrAnotherTokens) {
  control::for_each_command([&]<class Command>() {
    const Sample sample = sample_of<Command>();
    if (sample.calls.empty()) none(Command::info.name, "it names no call");
    for (const std::string& name : sample.calls) {
      json::object params = sample.params;
      params[name] = "nope";
      refused(desk, Command::info.name, params, "not_found");
      params[name] = "gone";
      refused(desk, Command::info.name, params, "call_ended");
    }
    if (Command::info.scope == program::Scope::supervisor) {
      refused(stranger, Command::info.name, sample.params, "forbidden");  // and who has that scope sees all calls
    } else if (!sample.calls.empty() && sample.params.contains(sample.calls[0])) {
      refused(stranger, Command::info.name, sample.params, "not_found");
      json::object params = sample.params;
      params[sample.calls[0]] = hub_id_of_a();
      refused(stranger, Command::info.name, params, "not_found");  // not even by the hub's own id
    }
  });
  EXPECT_GT(given, 200);
  EXPECT_EQ(listed(),
            "conference.destroy conference.info conference.list conference.mute_all session.list_calls session.ping "
            "session.resume session.subscribe session.unsubscribe sip.respond ");
}

TEST_F(ProgramFaults, CallsOfAnotherSession) {
  control::for_each_command([&]<class Command>() {
    const Sample sample = sample_of<Command>();
    const std::string_view action = Command::info.name;
    std::string own;  // the first call that must be the session's own
    for (const std::string& name : sample.calls)
      if (own.empty() && !sample.looked_at.contains(name)) own = name;
    if (action == "session.attach_call") return refused(second, action, sample.params, "already_owned");
    if (action == "session.detach_call") return refused(second, action, sample.params, "not_owner");
    if (own.empty()) return none(action, "whoever sees the call may, or it names none");
    const bool claims = action == "call.answer" || action == "call.reject";
    json::object params = sample.params;
    params[own] = "a";
    refused(second, action, params, claims ? "already_owned" : "not_owner");
  });
  EXPECT_EQ(reasons.size() + static_cast<std::size_t>(given), std::tuple_size_v<control::AllCommands>);
  EXPECT_EQ(listed(),
            "call.get_var call.resume conference.destroy conference.info conference.list conference.mute_all "
            "session.list_calls session.ping session.resume session.subscribe session.unsubscribe sip.respond ");
}

TEST_F(ProgramFaults, WithoutTheScope) {
  control::for_each_command([&]<class Command>() {
    if (Command::info.scope == program::Scope::none) return none(Command::info.name, "any token may");
    refused(eyes, Command::info.name, sample_of<Command>().params, "forbidden");
    refused(eyes, Command::info.name, {{"call_id", 7}}, "forbidden");  // before anything is said about parameters
  });
  EXPECT_EQ(reasons.size(), 7u) << "session.*";
  // attach_call with a mode is forbidden, too, though it needs no scope for control of one's own.
  refused(eyes, "session.attach_call", {{"call_id", hub_id_of_a()}, {"mode", "barge"}}, "forbidden");
}

/// Commands in a state of their call in which they cannot be, and what they are refused with then.
struct WrongState {
  std::string_view action;
  std::string_view code;
  json::object params;  ///< in place of those that fit
};

TEST_F(ProgramFaults, InTheWrongState) {
  const std::vector<WrongState> table{
      {"call.originate", "already_exists", {{"call_id", "a"}}},
      {"call.answer", "invalid_state", {}},
      {"call.reject", "invalid_state", {}},
      {"call.ring", "invalid_state", {}},
      {"call.bridge", "invalid_state", {{"leg_b", "ringing"}}},
      {"call.unbridge", "invalid_state", {}},
      {"call.transfer", "invalid_state", {{"call_id", "ringing"}}},
      {"call.transfer.replace", "invalid_state", {{"call_id", "ringing"}}},
      {"call.transfer.attended", "invalid_state", {{"call_id", "ringing"}}},
      {"call.transfer.complete", "invalid_state", {}},
      {"call.transfer.cancel", "invalid_state", {}},
      {"call.hold", "invalid_state", {{"call_id", "ringing"}}},
      {"call.unhold", "invalid_state", {}},
      {"call.set_ringback_source", "invalid_state", {}},
      {"call.send_dtmf", "invalid_state", {{"call_id", "ringing"}}},
      {"dtmf.collect", "invalid_state", {{"call_id", "ringing"}}},
      {"call.leg_add", "invalid_state", {{"call_id", "ringing"}}},
      {"call.leg_remove", "not_found", {}},
      {"call.app_start", "invalid_state", {{"call_id", "ringing"}, {"app_name", "echo"}}},
      {"call.app_stop", "invalid_state", {}},
      {"app.chain", "invalid_state", {{"call_id", "ringing"}, {"app_name", "echo"}}},
      {"media.play", "invalid_state", {{"call_id", "ringing"}}},
      {"media.mute", "invalid_state", {{"call_id", "ringing"}}},
      {"media.unmute", "invalid_state", {{"call_id", "ringing"}}},
      {"media.stream_start", "invalid_state", {{"call_id", "ringing"}}},
      {"media.stream_stop", "not_found", {}},
      {"media.inject_start", "invalid_state", {{"call_id", "ringing"}}},
      {"media.inject_stop", "not_found", {}},
      {"record.start", "invalid_params", {{"storage", {{"path", "../a.wav"}}}}},
      {"record.pause", "invalid_state", {}},
      {"record.resume", "invalid_state", {}},
      {"record.stop", "invalid_state", {}},
      {"record.mask_segment", "invalid_state", {}},
      {"queue.enqueue", "not_implemented", {}},
      {"queue.dequeue", "not_implemented", {}},
      {"queue.hold", "not_implemented", {}},
      {"queue.unhold", "not_implemented", {}},
      {"queue.set_priority", "not_implemented", {}},
      {"queue.assign_agent", "not_implemented", {}},
      {"queue.requeue", "not_implemented", {}},
      {"supervisor.listen", "invalid_state", {{"supervisor_call_id", "ringing"}}},
      {"supervisor.whisper", "invalid_state", {{"supervisor_call_id", "ringing"}}},
      {"supervisor.barge", "invalid_state", {{"supervisor_call_id", "ringing"}}},
      {"supervisor.takeover", "invalid_state", {{"supervisor_call_id", "ringing"}}},
      {"supervisor.stop", "invalid_state", {}},
      {"supervisor.switch", "invalid_state", {}},
      {"sip.message", "invalid_state", {{"call_id", "ringing"}}},
      {"sip.notify", "invalid_state", {{"call_id", "ringing"}, {"event", "talk"}}},
      {"sip.info", "invalid_state", {{"call_id", "ringing"}}},
      {"sip.options_ping", "invalid_state", {{"call_id", "ringing"}}},
      {"sip.respond", "invalid_state", {}},
      {"conference.create", "already_exists", {{"conf_id", "room"}}},
      {"conference.add", "invalid_state", {{"call_id", "ringing"}}},
      {"conference.remove", "not_member", {}},
      {"conference.mute", "not_member", {}},
      {"conference.unmute", "not_member", {}},
      {"conference.kick", "not_member", {}},
      {"conference.mute_all", "not_found", {{"conf_id", "none"}}},
      {"conference.destroy", "not_found", {{"conf_id", "none"}}},
      {"conference.end", "invalid_state", {}},
      {"conference.merge", "invalid_state", {{"call_id", "ringing"}}},
      {"conference.seat_replace", "not_member", {}},
      {"conference.info", "not_found", {{"conf_id", "none"}}},
  };
  for (const char* name : {"call.hangup", "call.set_var", "call.get_var", "session.attach_call", "session.detach_call",
                           "call.resume", "session.subscribe", "session.unsubscribe", "session.list_calls",
                           "session.resume", "session.ping", "conference.list"})
    none(name, "in any state");
  none("media.stop", "that nothing plays is what it wants");
  control::for_each_command([&]<class Command>() {
    const auto at = std::ranges::find(table, Command::info.name, &WrongState::action);
    if (at == table.end()) {
      EXPECT_TRUE(reasons.contains(std::string(Command::info.name))) << Command::info.name;
      return;
    }
    json::object params = sample_of<Command>().params;
    for (const auto& member : at->params) params[member.key()] = member.value();
    refused(desk, at->action, params, at->code);
  });
  EXPECT_EQ(reasons.size() + static_cast<std::size_t>(given), std::tuple_size_v<control::AllCommands>);
}

TEST_F(ProgramFaults, DryRunsDoNothing) {
  std::vector<std::string> ids;
  control::for_each_command([&]<class Command>() {
    json::object params = sample_of<Command>().params;
    if (Command::info.name == "conference.create") params["conf_id"] = "another";
    const std::string id = desk.start(Command::info.name, params, {{"dry_run", true}});
    const bool queue = Command::info.scope == program::Scope::queue;
    expected_[&desk][id] = {std::string(Command::info.name), queue ? "not_implemented" : "done", ""};
  });
  sim.run_for(200ms);
  // And they are refused as the command itself would be.
  const std::string id = desk.start("call.hangup", {{"call_id", "gone"}}, {{"dry_run", true}});
  expected_[&desk][id] = {"call.hangup", "call_ended", ""};
}

}  // namespace
}  // namespace junctor::sim
