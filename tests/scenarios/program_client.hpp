#pragma once
// A program at the other end of RWI, for scenarios: gives commands as JSON, and keeps what it is answered and told in
// the order in which it came.
#include <algorithm>
#include <boost/json.hpp>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "scenario.hpp"
#include "sim/web.hpp"

namespace junctor::sim {

namespace json = boost::json;

/// How a program connects.
struct ProgramAccess {
  std::string token = "desk-secret-0123456789";
  std::string query = {};    ///< "?dialect=flat"
  std::string prefix = "x";  ///< of its action_ids; another one for each session of a token
};

class ProgramClient {
 public:
  static constexpr const char* config = R"(
[[rwi.tokens]]
name = "desk"
token = "desk-secret-0123456789"
scopes = ["call.control", "observe_all"]
)";

  explicit ProgramClient(Sim& sim, const ProgramAccess& access = {}) : sim_(sim), prefix_(access.prefix) {
    socket_ = &sim.hub().web().connect("/rwi/v1" + access.query, {{"Authorization", "Bearer " + access.token}});
    sim.until(1s, [&] { return socket_->status != 0; });
    EXPECT_EQ(socket_->status, 101);
  }

  /// Gives a command, without waiting; the action_id.
  std::string start(std::string_view action, json::object params, json::object beside = {}) {
    const std::string id = prefix_ + std::to_string(++last_);
    beside["action_id"] = id;
    beside["action"] = action;
    beside["params"] = std::move(params);
    say(json::serialize(beside));
    return id;
  }
  /// Sends a text as it stands.
  void say(std::string text) { sim_.hub().web().say(*socket_, std::move(text)); }
  ProgramSocket& socket() { return *socket_; }
  /// Everything that came, in order.
  const std::vector<json::object>& heard() {
    read();
    return heard_;
  }
  /// The first message from `from` (an index into heard()) on that is wanted; null: none came.
  json::value wait(const std::function<bool(const json::object&)>& wanted, std::size_t from = 0,
                   Duration patience = seconds(5)) {
    std::size_t at = from;
    const auto is_there = [&] {
      for (read(); at < heard_.size(); ++at)
        if (wanted(heard_[at])) return true;
      return false;
    };
    return sim_.until(patience, is_there) ? json::value(heard_[at]) : json::value(nullptr);
  }
  /// The result of that command; null: there is none yet.
  json::value result(const std::string& id) {
    read();
    const auto at = std::ranges::find_if(heard_, [&](const json::object& each) {
      const auto* const named = each.if_contains("action_id");
      return named != nullptr && named->is_string() && named->get_string() == id;
    });
    return at == heard_.end() ? json::value(nullptr) : json::value(*at);
  }
  /// Gives a command and waits: "done", or the code of its failure.
  std::string run(std::string_view action, json::object params, Duration patience = seconds(5)) {
    return outcome(start(action, std::move(params)), patience);
  }
  std::string run(std::string_view action, json::object params, json::object beside) {
    return outcome(start(action, std::move(params), std::move(beside)));
  }
  std::string outcome(const std::string& id, Duration patience = seconds(5)) {
    sim_.until(patience, [&] { return !result(id).is_null(); });
    const json::value got = result(id);
    if (got.is_null()) return "no result";
    sim_.run_for(milliseconds(5));  // what it caused comes right behind it
    if (got.at("status").as_string() == "success") {
      data_ = got.as_object().contains("data") ? got.at("data") : json::value(nullptr);
      return "done";
    }
    return std::string(got.at("code").as_string());
  }
  /// Of the last command that was done.
  const json::value& data() const { return data_; }

  /// The names of the events about this call since the last time, with `status` and `reason` where they have them; and
  /// "= action" for results.
  std::vector<std::string> news(std::string_view call) {
    read();
    std::vector<std::string> out;
    for (std::size_t i = told_[std::string(call)]; i < heard_.size(); ++i) {
      const json::object& each = heard_[i];
      if (each.contains("action_id") && text(each, "call_id") == call) out.push_back("= " + text(each, "action"));
      if (!each.contains("event") || text(each, "call_id") != call) continue;
      std::string line = text(each, "event");
      const json::object& more = each.at("data").as_object();
      for (const char* name : {"sip_status", "reason", "hangup_by"})
        if (const std::string value = text(more, name); !value.empty()) line += ' ' + value;
      out.push_back(std::move(line));
    }
    told_[std::string(call)] = heard_.size();
    return out;
  }
  /// The newest event of that name; null: none came.
  json::value last_event(std::string_view name) {
    read();
    const auto at = std::find_if(heard_.rbegin(), heard_.rend(), [&](const json::object& each) {
      return each.contains("event") && text(each, "event") == name;
    });
    return at == heard_.rend() ? json::value(nullptr) : json::value(*at);
  }

  /// The hub calls the phone, which picks up.
  bool call(Phone& phone, std::string_view name) {
    if (run("call.originate", {{"call_id", name}, {"destination", phone.user()}}) != "done") return false;
    if (!sim_.until(3s, [&] { return phone.ringing(); })) return false;
    phone.answer();
    return sim_.until(3s, [&] { return phone.up() && count("call.answered", name) == 1; });
  }
  bool bridge(std::string_view a, std::string_view b) {
    return run("call.bridge", {{"leg_a", a}, {"leg_b", b}}) == "done";
  }
  int count(std::string_view event, std::string_view call) {
    read();
    return static_cast<int>(std::ranges::count_if(heard_, [&](const json::object& each) {
      return each.contains("event") && text(each, "event") == event && text(each, "call_id") == call;
    }));
  }

 private:
  static std::string text(const json::object& from, std::string_view name) {
    const json::value* const value = from.if_contains(name);
    if (value == nullptr || value->is_null()) return {};
    return value->is_string() ? std::string(value->get_string()) : json::serialize(*value);
  }
  void read() {
    for (; read_ < socket_->texts.size(); ++read_)
      heard_.push_back(json::parse(socket_->texts[read_].bytes).as_object());
  }

  Sim& sim_;
  std::string prefix_;
  ProgramSocket* socket_ = nullptr;
  std::size_t read_ = 0;
  std::vector<json::object> heard_;
  std::map<std::string, std::size_t> told_;
  json::value data_;
  int last_ = 0;
};

inline bool hears_music(Phone& phone) {
  return phone.line().audio().level_dbm0() > -40 && !phone.hears(440) && !phone.hears(880) && !phone.hears(600);
}
inline bool is_silent(Phone& phone) {
  return phone.line().audio().level_dbm0() < -60;
}

}  // namespace junctor::sim
