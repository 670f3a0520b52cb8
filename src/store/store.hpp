#pragma once
// What must survive is written before it is acknowledged. `Store` is the control thread's face of the database: writes
// are queued, committed in groups by a database thread, and acknowledged on the control thread. Bodies: SqliteStore
// (sqlite_store.hpp) and MemoryStore (memory_store.hpp, for the simulator).
//
// Units: every *_ms that names a moment is UTC in milliseconds since 1970, 0 meaning "not (yet)"; durations say so.
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"

namespace junctor::store {

inline constexpr std::size_t group_rows_max = 256;        ///< writes committed together at most
inline constexpr std::size_t backlog_writes_max = 16384;  ///< unacknowledged writes; from here on backlog_full()
inline constexpr std::size_t list_rows_max = 1000;        ///< records that one list answers at most

/// Which way a call went, as routing saw it.
enum class Direction : std::uint8_t { inbound, outbound, internal };
/// How a call ended. `open`: not yet. `interrupted`: the process ended before the call did.
enum class Disposition : std::uint8_t { open, answered, no_answer, busy, rejected, failed, canceled, interrupted };

std::string_view to_string(Direction direction);
std::string_view to_string(Disposition disposition);
/// Nothing for a word that is none.
std::optional<Direction> parse_direction(std::string_view text);
std::optional<Disposition> parse_disposition(std::string_view text);

// -- rows

/// One per call. `call_id` is the record's key and also its id.
struct CallRow {
  std::string call_id;  ///< to_string(CallId)
  Direction direction = Direction::internal;
  Disposition disposition = Disposition::open;
  std::string from;  ///< number or user part
  std::string from_name;
  std::string to;           ///< as dialled, after normalising
  std::string to_answered;  ///< who answered; empty: nobody
  std::string trunk;
  std::string route;
  std::int64_t start_ms = 0;
  std::int64_t ring_ms = 0;
  std::int64_t answer_ms = 0;
  std::int64_t end_ms = 0;      ///< also 0 when interrupted: nobody knows when
  std::string hangup_by;        ///< "caller", "callee", "hub"; empty: nobody
  std::int32_t sip_status = 0;  ///< final status toward the caller; 0: none
  std::int32_t q850 = 0;        ///< 0: none
  std::string reason;
  std::string recordings;  ///< JSON array; empty: []
  std::string variables;   ///< JSON object; empty: {}
};

/// One per leg; `leg` counts within the call, the caller's being the first.
struct LegRow {
  std::uint32_t leg = 0;
  std::string kind;  ///< "device", "trunk", "guest", …
  std::string sip_call_id;
  std::string uri;
  std::string codec;
  std::string address;  ///< where its audio came from or went to, "192.0.2.1:4000"; empty: none
  std::int64_t start_ms = 0;
  std::int64_t answer_ms = 0;
  std::int64_t end_ms = 0;
  std::uint64_t packets_sent = 0;
  std::uint64_t packets_received = 0;
  std::uint64_t packets_lost = 0;
  double jitter_ms = 0;  ///< a duration
  double mos = 0;        ///< 1 … 4.5; 0: not measured
  std::string verdict;   ///< what was wrong with its audio, "no_packets" …; empty: nothing
  std::string quality;   ///< JSON object; empty: {}
};

/// A piece of what was said in a call, or of what is missing of it. Key: call and `number`.
struct TranscriptRow {
  std::uint32_t number = 0;  ///< counts within the call
  std::string kind;          ///< "text"; "lost": sound that was not transcribed; "trouble": `text` says what
  std::string side;          ///< "caller", "callee"; empty: none of them
  std::int64_t from_ms = 0;  ///< since the call's start
  std::int64_t to_ms = 0;
  double confidence = 0;  ///< 0 … 1; 0: not known
  std::string text;
};

/// A call with its legs, in the order of LegRow::leg.
struct CallRecord {
  CallRow call;
  std::vector<LegRow> legs;
  std::vector<TranscriptRow> transcript;  ///< in the order of from_ms; only of find_call()
};

/// One contact of one user (RFC 3261 §10). Key: user and contact.
struct BindingRow {
  std::string user;            ///< the address of record's user part
  std::string contact;         ///< Contact URI as sent, without parameters of the header
  std::uint8_t protocol = 0;   ///< registrar::Protocol
  std::string received;        ///< where the REGISTER came from, "192.0.2.1:5060"
  std::string local;           ///< our address it arrived at
  std::uint32_t listener = 0;  ///< our UDP socket; connections do not survive a restart and are not kept
  std::string path;            ///< Path values (RFC 3327), one per line; empty: none
  std::uint16_t q_milli = 1000;
  std::int64_t expires_ms = 0;  ///< the moment of expiry, UTC
  std::string call_id;
  std::uint32_t cseq = 0;
  std::string instance;      ///< +sip.instance (RFC 5626), with its angle brackets; empty: none
  std::uint32_t reg_id = 0;  ///< 0: none
  std::string user_agent;
};

/// A user kept in the database (`junctor user add`); only hashes of the password. Key: username.
struct UserRow {
  std::string username;
  std::string realm;  ///< the one that the hashes were made for
  std::string display_name;
  std::string ha1_md5;  ///< lower-case hexadecimal; empty: not there
  std::string ha1_sha256;
  std::string ha1_sha512_256;
  bool voicemail = true;
  std::uint32_t ring_secs = 25;
  std::string forward_busy, forward_no_answer, forward_always, forward_unregistered;
};

// -- writes. Each may come twice (after a crash, or retried) without doubling or reopening anything.

/// The call exists, not yet ended: kept unless its id is there already.
struct CallStart {
  CallRow call;
  std::vector<LegRow> legs;
};
/// The call was answered; without effect on a call that has ended.
struct CallAnswer {
  std::string call_id;
  std::int64_t ring_ms = 0;
  std::int64_t answer_ms = 0;
  std::string to_answered;
  std::vector<LegRow> legs;
};
/// The call has ended: its whole record, whether or not a CallStart came through. The first end counts. Never refused,
/// tried again until the database takes it.
struct CallEnd {
  CallRow call;
  std::vector<LegRow> legs;
};
/// What one REGISTER changes, all of it or nothing: first removals, then `put`.
struct UpdateBindings {
  std::string user;
  bool remove_all = false;
  std::vector<std::string> remove;  ///< BindingRow::contact
  std::vector<BindingRow> put;
};
struct PutUser {
  UserRow user;
};
struct RemoveUser {
  std::string username;
};
/// Deletes records (with legs) that started before `before_ms`, at most `rows` of them per write.
struct PruneCalls {
  std::int64_t before_ms = 0;
  std::uint32_t rows = group_rows_max;
};

/// Is kept unless it is there already.
struct AddTranscript {
  std::string call_id;
  TranscriptRow row;
};

/// What there is of a call's recordings at present, whether the call has ended or not; without effect on one that is
/// not there. Never refused, as CallEnd.
struct CallRecordings {
  std::string call_id;
  std::string recordings;  ///< as in CallRow
};

/// The numbers of a stream of events are used up to and including `reserved`; key: `stream`. A smaller number than what
/// is there changes nothing.
struct ReserveSequence {
  std::string stream;
  std::uint64_t reserved = 0;
};
/// An orderly stop: numbers up to this one are used, whatever was reserved.
struct CloseSequence {
  std::string stream;
  std::uint64_t used = 0;
};

using Write = std::variant<CallStart, CallAnswer, CallEnd, UpdateBindings, PutUser, RemoveUser, PruneCalls,
                           AddTranscript, CallRecordings, ReserveSequence, CloseSequence>;

/// Whether this write is kept and tried again when the database fails, instead of being refused.
bool must_arrive(const Write& write);

/// Told on the control thread when a write is safe, or could not be made so. Outlives the store's use of it.
class AckTarget {
 public:
  virtual ~AckTarget() = default;
  /// `ok` false: nothing of the write is in the database.
  virtual void on_stored(std::uint64_t token, bool ok, TimePoint now) = 0;
};

// -- reads

/// Which records to list, newest start first. Empty fields do not filter.
struct CallFilter {
  std::size_t limit = 50;      ///< at most list_rows_max
  std::int64_t from_ms = 0;    ///< started at or after
  std::int64_t before_ms = 0;  ///< started before
  std::string before_id;       ///< also those that started in that very millisecond, with an id before this
  std::string number;          ///< equals from, to or to_answered
  std::optional<Disposition> disposition;
};

/// The error is one line for a person.
template <class T>
using Answer = std::function<void(Result<T, std::string>, TimePoint now)>;

/// Used on the control thread only; never blocks, but for the two loads at start-up.
class Store {
 public:
  virtual ~Store() = default;

  /// Takes the write in any case, in order; who starts new work asks backlog_full() first. `target` may be null.
  virtual void write(Write write, AckTarget* target, std::uint64_t token, TimePoint now) = 0;
  /// Too much waits for the disk, or the disk fails: new calls and registrations are answered 503.
  virtual bool backlog_full() const = 0;
  /// Unacknowledged writes.
  virtual std::size_t backlog() const = 0;

  // Before the first write. The error is one line.

  /// Bindings that are valid after `now`; others are forgotten.
  virtual Result<std::vector<BindingRow>, std::string> load_bindings(WallTime now) = 0;
  virtual Result<std::vector<UserRow>, std::string> load_users() = 0;
  /// By stream, up to where its numbers are used.
  virtual Result<std::map<std::string, std::uint64_t>, std::string> load_sequences() = 0;

  // On the database's thread; the answer comes later on the control thread. Writes acknowledged before are seen.

  // At once, with an error, when too many reads wait already.

  virtual void list_calls(CallFilter filter, Answer<std::vector<CallRecord>> answer, TimePoint now) = 0;
  /// Nothing when there is no such record.
  virtual void find_call(std::string call_id, Answer<std::optional<CallRecord>> answer, TimePoint now) = 0;
};

}  // namespace junctor::store
