#pragma once
// What programs and the hub say to each other over RWI, as values: the words that all commands and events share. The
// commands themselves are in the files beside this one, each with its fields (base/field.hpp), its scope and the moment
// at which it is answered; `control` turns them into JSON, schema and TypeScript and finds out who may give them.
#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/field.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "call/vocabulary.hpp"

namespace junctor::apps::program {

/// What a token may be allowed to do.
enum class Scope : std::uint8_t {
  none,  ///< any token may
  call,
  queue,
  record,
  supervisor,
  media,
  observe_all,  ///< sees all calls
  admin         ///< configuration through REST
};
/// "call.control" …
std::string_view to_string(Scope scope);

struct CommandInfo {
  std::string_view name;            ///< "call.answer"
  std::string_view alias;           ///< "Answer"; empty: none
  Scope scope = Scope::call;        ///< that the token needs
  std::string_view does;            ///< for people, one sentence
  std::string_view completes_when;  ///< the moment at which its effect is real, and the result is sent
};

/// Why a command was not done.
struct Failure {
  std::string code;     ///< stable: "not_found", "invalid_state" …
  std::string message;  ///< for people; contains what clients of older hubs look for
  bool operator==(const Failure&) const = default;
};
Failure not_found(std::string_view call_id);
/// "Command failed: invalid state: …"
Failure invalid_state(std::string_view why);
/// "Command failed: …", with this code.
Failure failed(std::string_view code, std::string_view why);
Failure invalid_params(std::string_view why);
Failure not_implemented(std::string_view what);
Failure call_ended();
/// The words for what the call room refused.
Failure refused(call::Refusal refusal);

/// Of results without data.
struct NoData {
  template <class Self, class Visitor>
  static void fields(Self&, Visitor&) {}
};

/// Given exactly once, when the effect is real or cannot be; before the events that the command causes are published.
template <class Command>
using Reply = std::function<void(Result<typename Command::Done, Failure>, TimePoint now)>;

// -- calls in commands. Whoever parses a command looks up the name, and checks what the type says, before it is run.

struct CallRef {
  std::string name;  ///< as the program says
  CallId id;         ///< the hub's
};
/// A call that the program owns, or that it gets by this command (answer, reject, hangup of an offered one).
struct OwnCall : CallRef {};
/// A call that the program may look at.
struct SeenCall : CallRef {};
/// A name that is not in use yet; empty: the hub chooses.
struct NewCall : CallRef {};

/// JSON that is passed on as it is.
struct JsonText {
  std::string text;  ///< empty: none
};

using SessionId = Id<struct SessionTag>;  ///< one control connection
using TokenId = Id<struct TokenTag>;      ///< one token of the configuration, as long as the process runs

/// Who gave a command.
struct Requester {
  SessionId session;
  TokenId token;
  std::string token_name;
  std::vector<std::string> trunks;  ///< that it may use; empty: all
  bool forced = false;              ///< on a call that somebody else owns
};

// -- events

struct EventInfo {
  std::string_view name;  ///< "call.ringing"
  std::string_view flat;  ///< "call_ringing"
  std::string_view says;  ///< for people: when it comes, one sentence
  bool call_id_in_flat = true;
};

}  // namespace junctor::apps::program
