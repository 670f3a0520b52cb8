#pragma once
// What an operator asks of the running hub, done.
#include <boost/circular_buffer.hpp>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/touched_memory.hpp"
#include "control/commands.hpp"
#include "hub/core.hpp"

namespace junctor::hub {

class Operator final : public control::Commands {
 public:
  /// Ended calls that can still be looked at, for records.messages_secs: so many, and so many bytes of them.
  static constexpr std::size_t ended_max = 1'000;
  static constexpr std::size_t ended_bytes_max = std::size_t{1} << 20;
  static constexpr std::size_t listed_max = 10'000;

  /// What only the process knows.
  struct Process {
    std::function<microseconds()> longest_turn, longest_work;
    std::function<control::DurationCounts()> turns, work, ticks;
    std::function<Result<config::Snapshot, std::vector<std::string>>()> load_config;  ///< faults on the other side
    /// Certificates and keys anew, for connections from now on; a line for each that cannot be used, and all stay as
    /// they were.
    std::function<std::vector<std::string>(const config::Config&)> take_certificates;
    std::function<void(seconds timeout, TimePoint now)> drain;
    std::vector<std::string> listeners;
    std::vector<std::string> config_files;
    WallTime started{};
    TimePoint started_at{};
    std::uint32_t pid = 0;
  };

  Operator(Core& core, Process process) : core_(core), process_(std::move(process)) {}

  /// Remembers a call that ends.
  void on_ended(const call::Call& call, TimePoint now);

  control::Status status(TimePoint now) override;
  std::vector<control::CallInfo> calls(TimePoint now) override;
  void find_call(std::string id, bool with_messages, control::Reply<control::CallDetail> reply, TimePoint now) override;
  std::vector<control::Registration> registrations(TimePoint now) override;
  std::vector<control::TrunkInfo> trunks(TimePoint now) override;
  std::vector<control::UserInfo> users(TimePoint now) override;
  control::Explanation explain(const control::ExplainRequest& request) override;
  void start_call(std::string from, std::string to, control::Reply<std::string> reply, TimePoint now) override;
  void hang_up(const std::string& id, control::Reply<void> reply, TimePoint now) override;
  void list_records(store::CallFilter filter, control::Reply<std::vector<store::CallRecord>> reply,
                    TimePoint now) override;
  void find_record(std::string id, control::Reply<std::optional<store::CallRecord>> reply, TimePoint now) override;
  void reload(control::Reply<control::ReloadReport> reply, TimePoint now) override;
  void drain(std::optional<seconds> timeout, control::Reply<control::DrainReport> reply, TimePoint now) override;
  void add_user(control::NewUser user, control::Reply<void> reply, TimePoint now) override;
  void change_user(control::UserChange change, control::Reply<void> reply, TimePoint now) override;
  void remove_user(std::string username, control::Reply<void> reply, TimePoint now) override;

 private:
  control::CallInfo describe(const call::Call& call) const;
  /// Running, or ended a little while ago.
  std::optional<control::CallInfo> known_call(const std::string& id) const;
  std::vector<control::SipMessage> messages_of(const control::CallInfo& call) const;
  void forget_old(TimePoint now);
  void forget_oldest();

  Core& core_;
  Process process_;
  struct EndedCall {
    TimePoint at{};
    CallId id;
    std::size_t length = 0;  // of its control::CallInfo in ended_bytes_
  };
  // Oldest first. As bytes in a ring: what is kept for long as small pieces holds on to the pages that they are in.
  boost::circular_buffer<EndedCall, TouchedMemory<EndedCall>> ended_{ended_max};
  boost::circular_buffer<char, TouchedMemory<char>> ended_bytes_{ended_bytes_max};
};

}  // namespace junctor::hub
