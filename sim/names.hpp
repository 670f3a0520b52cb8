#pragma once
// DNS in the simulated world: a table, answered a little later; names that are not in it do not exist.
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "sim/world.hpp"
#include "transport/resolver.hpp"

namespace junctor::sim {

class Names final : public transport::Resolver {
 public:
  explicit Names(World& world) : world_(world) {}
  ~Names() override { *alive_ = false; }

  void on_answer(std::function<void(transport::QueryId, const transport::Answer&)> handler) {
    handler_ = std::move(handler);
    *alive_ = false;  // whoever asked before is gone, and gets no answer
    alive_ = std::make_shared<bool>(true);
  }
  void host(const std::string& name, const IpAddress& ip) {
    transport::Record record;
    record.type = ip.family == Family::v4 ? transport::RecordType::a : transport::RecordType::aaaa;
    record.ip = ip;
    add(name, std::move(record));
  }
  /// E.g. "_sip._udp.carrier.example".
  void service(const std::string& name, const std::string& target, std::uint16_t port, std::uint16_t priority = 0) {
    transport::Record record;
    record.type = transport::RecordType::srv;
    record.target = target;
    record.port = port;
    record.priority = priority;
    add(name, std::move(record));
  }
  /// From now on nobody answers: every question fails after a while.
  void break_down() { broken_ = true; }

  bool start(transport::QueryId id, transport::RecordType type, std::string_view name) override {
    transport::Answer answer;
    const bool known = names_.contains(std::string(name));
    answer.status = broken_ ? transport::AnswerStatus::failed
                    : known ? transport::AnswerStatus::found
                            : transport::AnswerStatus::no_such_name;
    if (known && !broken_) {
      for (const transport::Record& record : names_.at(std::string(name))) {
        if (record.type == type) answer.records.push_back(record);
      }
    }
    world_.after(broken_ ? Duration(seconds(5)) : Duration(milliseconds(5)),
                 [this, id, answer = std::move(answer), alive = alive_] {
                   if (*alive && handler_) handler_(id, answer);
                 });
    return true;
  }

 private:
  void add(const std::string& name, transport::Record record) { names_[name].push_back(std::move(record)); }

  World& world_;
  std::map<std::string, std::vector<transport::Record>> names_;
  std::function<void(transport::QueryId, const transport::Answer&)> handler_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  bool broken_ = false;
};

}  // namespace junctor::sim
