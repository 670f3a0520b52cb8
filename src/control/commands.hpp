#pragma once
// What an operator can ask of the running hub. The hub implements `Commands`; the local socket (local_server.hpp) turns
// JSON into these calls and their answers into JSON. Control thread only.
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "apps/program/vocabulary.hpp"
#include "base/address.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "store/store.hpp"

namespace junctor::control {

/// Why a command was refused.
using apps::program::Failure;

/// Answers a command, at once or later, exactly once, on the control thread.
template <class T>
using Reply = std::function<void(Result<T, Failure>)>;

struct Blocked {
  IpAddress address;
  seconds left{0};
  bool scanner = false;  ///< by its User-Agent
  std::uint64_t dropped = 0;
};

/// How long something took that was done often.
struct DurationCounts {
  struct Bucket {
    microseconds below{0};
    std::uint64_t count = 0;
  };
  std::vector<Bucket> buckets;  ///< shortest first; each has its own alone
  std::uint64_t longer = 0;     ///< than the last bucket's
  microseconds total{0};        ///< of all together
};

struct Status {
  std::string version;
  std::uint32_t pid = 0;
  WallTime started{};
  seconds uptime{0};
  bool draining = false;
  std::uint64_t calls = 0;
  std::uint64_t legs = 0;
  std::uint64_t registrations = 0;
  std::uint64_t users = 0;
  std::uint64_t trunks = 0;
  std::uint64_t transactions = 0;
  std::uint64_t media_ports = 0;       ///< taken
  std::uint64_t store_backlog = 0;     ///< writes not yet on disk
  std::uint64_t rwi_sessions = 0;      ///< of programs, open
  DurationCounts turns, work;          ///< of the control loop; `work`: their CPU time
  DurationCounts ticks;                ///< of the mixers: until how long after its time each was done
  microseconds longest_turn{0};        ///< of the control loop, since the start
  microseconds longest_work{0};        ///< the same in CPU time: what is less than the turn, others had the processor
  std::vector<std::string> listeners;  ///< "udp 0.0.0.0:5060"
  std::vector<std::string> config_files;
  std::vector<Blocked> blocked;
  std::vector<std::pair<std::string, std::uint64_t>> counters;
};

struct LegInfo {
  std::string kind;       ///< "device", "trunk", "guest", …
  std::string direction;  ///< "inbound", "outbound"
  std::string state;
  std::string uri;
  std::string sip_call_id;
  std::string codec;
  std::string srtp;     ///< the suite that its audio is encrypted with; empty: plain
  std::string address;  ///< of the far end's audio; empty: none yet
  std::uint64_t packets_sent = 0;
  std::uint64_t packets_received = 0;
  std::uint64_t packets_lost = 0;
  double jitter_ms = 0;
  double mos = 0;                ///< 0: not measured
  std::string verdict;           ///< what is wrong with its audio; empty: nothing
  std::string quality;           ///< JSON object; empty: {}
  std::string path;              ///< "relay", "mixer" or "none"
  std::string codec_plan;        ///< how it is connected and why so; empty: with nobody
  std::string voice_processing;  ///< what is done with what it says; empty: nothing
  std::string voice;             ///< "speech", "pause" …; empty: nobody listens for that

  template <class Self, class Archive>
  static void fields(Self& self, Archive& archive) {
    archive(self.kind, self.direction, self.state, self.uri, self.sip_call_id, self.codec, self.srtp, self.address,
            self.packets_sent, self.packets_received, self.packets_lost, self.jitter_ms, self.mos, self.verdict,
            self.quality, self.path, self.codec_plan, self.voice_processing, self.voice);
  }
};

struct CallInfo {
  std::string id;
  std::string direction;
  std::string state;  ///< "ringing", "answered", "ended"
  std::string from;
  std::string from_name;
  std::string to;
  std::string trunk;
  std::string route;
  WallTime start{};
  std::optional<WallTime> answer;
  std::optional<WallTime> end;
  std::vector<LegInfo> legs;

  template <class Self, class Archive>
  static void fields(Self& self, Archive& archive) {
    archive(self.id, self.direction, self.state, self.from, self.from_name, self.to, self.trunk, self.route, self.start,
            self.answer, self.end, self.legs);
  }
};

/// One SIP message as it was on the wire.
struct SipMessage {
  WallTime at{};
  bool sent = false;
  std::string transport;  ///< "udp", "tcp", …
  Address local;
  Address remote;
  std::string bytes;
};

struct CallDetail {
  CallInfo call;
  std::vector<SipMessage> messages;  ///< oldest first; only when asked for
};

struct Registration {
  std::string user;
  std::string contact;
  std::string transport;
  std::string address;  ///< where the REGISTER came from
  std::string user_agent;
  std::string path;
  seconds expires{0};  ///< from now
};

struct TrunkInfo {
  std::string name;
  std::string host;
  std::string transport;
  std::string state;                ///< "static" (the trunk knows our address), "registering", "registered" or "failed"
  std::string reason;               ///< why the last REGISTER failed; empty: it did not
  std::optional<seconds> next_try;  ///< from now, after a failure
  std::optional<seconds> expires;   ///< from now, of what the registrar has granted
  std::uint32_t calls = 0;
  std::uint32_t max_calls = 0;  ///< 0: unlimited
};

struct ExplainRequest {
  std::string from;
  std::string to;
  std::string trunk;  ///< empty: the call comes from user `from` if there is one, else from a guest
};

struct Explanation {
  std::vector<std::string> trace;
  std::string action;
  std::string direction;
  std::string to;  ///< after normalisation
  std::string route;
};

struct ReloadReport {
  std::vector<std::string> faults;         ///< FILE:LINE:COL: message; not empty: nothing was changed
  std::vector<std::string> needs_restart;  ///< keys that wait for the next start
};

struct DrainReport {
  std::uint64_t calls = 0;  ///< still running
  seconds timeout{0};       ///< after which they are ended
};

struct UserInfo {
  std::string username;
  std::string display_name;
  bool from_file = false;  ///< of the configuration: changed there, and nowhere else
  bool voicemail = true;
  std::uint32_t ring_secs = 0;
  std::uint64_t contacts = 0;  ///< registered now
};

/// Of a user of the database; what is not there stays as it is.
struct UserChange {
  std::string username;
  std::optional<std::string> password;
  std::optional<std::string> display_name;
};

struct NewUser {
  std::string username;
  std::string password;
  std::string display_name;
};

class Commands {
 public:
  virtual ~Commands() = default;

  virtual Status status(TimePoint now) = 0;
  virtual std::vector<CallInfo> calls(TimePoint now) = 0;
  /// With the audio's figures as of now; those of calls() are up to a few seconds old. Also a call that ended in the
  /// last records.messages_secs.
  virtual void find_call(std::string id, bool with_messages, Reply<CallDetail> reply, TimePoint now) = 0;
  virtual std::vector<Registration> registrations(TimePoint now) = 0;
  virtual std::vector<TrunkInfo> trunks(TimePoint now) = 0;
  virtual std::vector<UserInfo> users(TimePoint now) = 0;
  virtual Explanation explain(const ExplainRequest& request) = 0;

  /// Rings `from`, and connects it to `to`: numbers or SIP URIs. Answered with the call's id when the first INVITE is
  /// on its way.
  virtual void start_call(std::string from, std::string to, Reply<std::string> reply, TimePoint now) = 0;
  /// Answered when BYE, CANCEL or the final response is on its way.
  virtual void hang_up(const std::string& id, Reply<void> reply, TimePoint now) = 0;
  virtual void list_records(store::CallFilter filter, Reply<std::vector<store::CallRecord>> reply, TimePoint now) = 0;
  virtual void find_record(std::string id, Reply<std::optional<store::CallRecord>> reply, TimePoint now) = 0;
  virtual void reload(Reply<ReloadReport> reply, TimePoint now) = 0;
  /// Answered when new calls are being refused. Without a timeout: hub.drain_secs.
  virtual void drain(std::optional<seconds> timeout, Reply<DrainReport> reply, TimePoint now) = 0;

  // Answered when stored.

  virtual void add_user(NewUser user, Reply<void> reply, TimePoint now) = 0;
  virtual void change_user(UserChange change, Reply<void> reply, TimePoint now) = 0;
  virtual void remove_user(std::string username, Reply<void> reply, TimePoint now) = 0;
};

}  // namespace junctor::control
