#include "control/dispatcher.hpp"

#include <algorithm>
#include <type_traits>
#include <utility>

#include "control/read_fields.hpp"
#include "control/write_fields.hpp"

namespace junctor::control {
namespace {

namespace json = boost::json;
using apps::program::call_ended;
using apps::program::failed;
using apps::program::NewCall;
using apps::program::not_found;
using apps::program::not_implemented;
using apps::program::ProgramCall;
using apps::program::Requester;

Failure plain(std::string_view code, std::string_view message) {
  return {std::string(code), std::string(message)};
}

std::string text_member(const json::object& object, std::string_view name) {
  const json::value* const value = object.if_contains(name);
  const json::string* const string = value == nullptr ? nullptr : value->if_string();
  return string == nullptr ? std::string() : std::string(string->data(), string->size());
}

bool flag_member(const json::object& object, std::string_view name) {
  const json::value* const value = object.if_contains(name);
  return value != nullptr && value->is_bool() && value->get_bool();
}

/// Calls look(ref) for each call that a command names.
template <class Look>
struct RefVisitor {
  Look& look;

  template <class T>
  void operator()(const Field&, T& member) {
    if constexpr (std::is_base_of_v<apps::program::CallRef, T>) {
      look(member);
    } else if constexpr (std::is_same_v<T, std::optional<OwnCall>>) {
      if (member) look(*member);
    }
  }
};

template <class Command, class Look>
void for_each_ref(Command& command, Look&& look) {
  RefVisitor<std::remove_reference_t<Look>> visitor{look};
  Command::fields(command, visitor);
}

template <class Command>
constexpr bool claims = std::is_same_v<Command, program::CallAnswer> || std::is_same_v<Command, program::CallReject> ||
                        std::is_same_v<Command, program::CallHangup> || std::is_same_v<Command, program::CallRing>;
/// Whoever rings an offered call may do so without having it.
template <class Command>
constexpr bool touches_offered = std::is_same_v<Command, program::CallRing>;

int http_status(const std::optional<Failure>& failure) {
  if (!failure) return 200;
  const std::string& code = failure->code;
  if (code == "parse_error" || code == "missing_action" || code == "missing_action_id" || code == "invalid_params")
    return 400;
  if (code == "forbidden" || code == "not_owner") return 403;
  if (code == "not_found" || code == "unknown_action") return 404;
  if (code == "rate_limited") return 429;
  if (code == "not_implemented") return 501;
  return 409;
}

}  // namespace

template <class Command>
void Dispatcher::add_action() {
  const Action action{&Command::info, &Dispatcher::start<Command>};
  actions_.emplace(Command::info.name, action);
  if (!Command::info.alias.empty()) actions_.emplace(Command::info.alias, action);
}

Dispatcher::Dispatcher(Parts parts)
    : parts_(std::move(parts)),
      commands_(parts_.counters.get("rwi_commands")),
      failures_(parts_.counters.get("rwi_failures")),
      duplicates_(parts_.counters.get("rwi_duplicates")),
      waited_(parts_.counters.get("rwi_commands_waited")),
      counts_(parts_.counters) {
  for_each_command([this]<class Command>() { add_action<Command>(); });
  constexpr std::pair<std::string_view, std::string_view> older[] = {{"media.stream.start", "media.stream_start"},
                                                                     {"media.stream.stop", "media.stream_stop"},
                                                                     {"media.inject.start", "media.inject_start"},
                                                                     {"media.inject.stop", "media.inject_stop"}};
  for (const auto& [name, now] : older) actions_.emplace(name, actions_.at(now));
}

// ---------------------------------------------------------------------------------------------------------- receiving

Dispatcher::Shared Dispatcher::issue(const Session& session, WebId respond_to, TimePoint now) const {
  const auto issued = std::make_shared<Issued>();
  issued->session = session.id;
  issued->session_name = session.name;
  issued->token = session.token;
  issued->dialect = session.dialect;
  issued->respond_to = respond_to;
  issued->since = now;
  return issued;
}

void Dispatcher::on_text(Session& session, std::string_view message, WebId respond_to, TimePoint now) {
  boost::system::error_code error;
  const json::value parsed = json::parse(message, error);
  if (error) {
    const auto issued = issue(session, respond_to, now);
    commands_.add();
    return finish(issued, plain("parse_error", "parse_error: " + error.message()), nullptr, now);
  }
  const json::array* const batch = parsed.if_array();
  if (batch == nullptr || respond_to) return on_command(session, parsed, respond_to, now);
  const SessionId id = session.id;
  for (std::size_t i = 0; i < batch->size(); ++i) {
    Session* const still = parts_.sessions.find(id);
    if (still == nullptr) return;
    if (i < batch_max) {
      on_command(*still, (*batch)[i], {}, now);
      continue;
    }
    return finish(issue(*still, {}, now),
                  plain("rate_limited", "Command failed: rate limited: more than " + std::to_string(batch_max) +
                                            " commands in one frame"),
                  nullptr, now);
  }
}

void Dispatcher::on_command(Session& session, const json::value& command, WebId respond_to, TimePoint now) {
  commands_.add();
  const auto issued = issue(session, respond_to, now);
  const json::object* const object = command.if_object();
  if (object == nullptr) return finish(issued, plain("missing_action", "missing_action"), nullptr, now);
  issued->action_id = text_member(*object, "action_id");
  if (issued->action_id.size() > Field::text_bytes_max) {
    issued->action_id.clear();
    return finish(issued, plain("missing_action_id", "missing_action_id: it is too long"), nullptr, now);
  }
  const std::string action = text_member(*object, "action");
  if (action.empty()) return finish(issued, plain("missing_action", "missing_action"), nullptr, now);
  issued->action = action.substr(0, Field::text_bytes_max);
  if (issued->action_id.empty()) return finish(issued, plain("missing_action_id", "missing_action_id"), nullptr, now);
  if (is_repeated(issued, *object, now)) return;
  issued->known = true;
  const auto known = actions_.find(action);
  if (known == actions_.end())
    return finish(issued, plain("unknown_action", "unknown_action: " + issued->action), nullptr, now);
  issued->info = known->second.info;
  const Scope scope = issued->info->scope;
  if (!session.token->may(scope))
    return finish(issued, failed("forbidden", "scope required: " + std::string(to_string(scope))), nullptr, now);
  const json::value* const params = object->if_contains("params");
  if (params != nullptr && !params->is_object() && !params->is_null())
    return finish(issued, apps::program::invalid_params("\"params\" must be an object"), nullptr, now);
  issued->dry_run = flag_member(*object, "dry_run");
  issued->force = flag_member(*object, "force");
  issued->if_state = text_member(*object, "if_state");
  if (const json::value* const seq = object->if_contains("if_seq")) {
    boost::system::error_code error;
    const auto number = seq->is_number() ? seq->to_number<std::uint64_t>(error) : 0;
    if (!seq->is_number() || error)
      return finish(issued, apps::program::invalid_params("\"if_seq\" must be a whole number"), nullptr, now);
    issued->if_seq = number;
  }
  static const json::object none;
  (this->*known->second.start)(issued, params == nullptr || params->is_null() ? none : params->get_object(), now);
}

void Dispatcher::forget_old(Memory& memory, TimePoint now) {
  while (!memory.oldest.empty()) {
    const auto at = memory.by_id.find(memory.oldest.front());
    if (at != memory.by_id.end()) {
      const bool old = now - at->second.at > remembered || memory.by_id.size() > remembered_max;
      if (!old || !at->second.result) return;
      memory.by_id.erase(at);
    }
    memory.oldest.pop_front();
  }
}

bool Dispatcher::is_repeated(const Shared& issued, const json::object& command, TimePoint now) {
  Memory& memory = memories_[issued->token->id];
  forget_old(memory, now);
  const std::size_t hash = std::hash<std::string>{}(json::serialize(command));
  const auto [at, is_new] = memory.by_id.try_emplace(issued->action_id);
  Remembered& first = at->second;
  if (is_new) {
    first.hash = hash;
    first.at = now;
    memory.oldest.push_back(issued->action_id);
    return false;
  }
  duplicates_.add();
  if (first.hash != hash) {
    finish(issued, failed("duplicate_action_id", "duplicate action_id: it was given to another command"), nullptr, now);
  } else if (!first.result) {
    first.waiting.push_back(issued);
  } else {
    ResultFrame again = *first.result;
    again.duplicate = true;
    send(*issued, again);
  }
  return true;
}

// ------------------------------------------------------------------------------------------------------------ running

template <class Command>
void Dispatcher::start(const Shared& issued, const json::object& params, TimePoint now) {
  Command command;
  FieldReader reader(params);
  Command::fields(command, reader);
  if (!reader.fault().empty()) {
    auto why = apps::program::invalid_params(reader.fault());
    // The upstream form of the text, which its clients look for.
    if (issued->dialect != Dialect::seed) why.message = "unknown_action: " + reader.fault();
    return finish(issued, std::move(why), nullptr, now);
  }
  std::vector<CallId> calls;
  bool first = true;
  for_each_ref(command, [&](auto& ref) {
    if (std::exchange(first, false)) issued->call_id = ref.name;
    const ProgramCall* const call = parts_.programs.find(issued->token->id, ref.name, now);
    if (call != nullptr) calls.push_back(call->id);
    issued->calls.push_back(call == nullptr ? ref.name : to_string(call->id));
  });
  if constexpr (std::is_same_v<Command, program::CallOriginate>) issued->records = command.record.has_value();
  Session* const session = parts_.sessions.find(issued->session);
  if (session == nullptr) return;
  if constexpr (std::is_same_v<Command, program::CallOriginate>) {
    if (!session->originates.take(parts_.control.limits().originates_a_second, now))
      return finish(issued, failed("rate_limited", "rate limited: originate_rate_limit is reached"), nullptr, now);
    if (const auto full = parts_.control.check_call_limit(*session)) return finish(issued, *full, nullptr, now);
  }
  auto work = [this, issued, command = std::move(command)](TimePoint then) mutable {
    run<Command>(issued, std::move(command), then);
  };
  if (std::is_same_v<Command, program::CallHangup> || calls.empty()) return work(now);
  queue(issued, std::move(calls), std::move(work), now);
}

template <class Command>
std::optional<Failure> Dispatcher::check_calls(Issued& issued, Command& command, TimePoint now) {
  Session* const session = parts_.sessions.find(issued.session);
  if (session == nullptr) return call_ended();
  std::optional<Failure> why;
  for_each_ref(command, [&](auto& ref) {
    if (why) return;
    if constexpr (std::is_same_v<std::decay_t<decltype(ref)>, NewCall>) {
      if (!ref.name.empty() && parts_.programs.is_taken(issued.token->id, ref.name))
        why = failed("already_exists", "Call already exists: " + ref.name);
    } else {
      ProgramCall* const call = parts_.programs.find(issued.token->id, ref.name, now);
      if (call == nullptr || !parts_.control.may_see(*session, *call)) {
        why = not_found(ref.name);
        return;
      }
      ref.id = call->id;
      if (call->ended) {
        why = call_ended();
        return;
      }
      if constexpr (std::is_same_v<std::decay_t<decltype(ref)>, OwnCall>) {
        const bool offered = call->ownership == apps::program::Ownership::offered;
        if (touches_offered<Command> && offered && session->follows(call->context) != nullptr) return;
        if (session->level_of(call->context) == Level::events_only) {
          why = failed("forbidden", "the session's level is events_only");
          return;
        }
        const bool claim = claims<Command> && (offered || !std::is_same_v<Command, program::CallHangup>);
        why = parts_.control.take_control(*session, *call, claim, issued.force);
        if (!why && call->owner != session->id) issued.owner = parts_.control.name_of(call->owner);
      }
      if (!why && !issued.if_state.empty() && issued.if_state != state_of(*call))
        why = failed("conflict", "the call is " + std::string(state_of(*call)));
      if (!why && issued.if_seq && call->last_seq > *issued.if_seq)
        why = failed("conflict", "the call has moved on: it is " + std::string(state_of(*call)));
    }
  });
  return why;
}

template <class Command>
void Dispatcher::run(const Shared& issued, Command command, TimePoint now) {
  if (auto why = check_calls(*issued, command, now)) return finish(issued, std::move(why), nullptr, now);
  if (issued->dry_run) return finish(issued, std::nullopt, json::object{{"dry_run", true}}, now);
  if constexpr (std::is_same_v<Command, SessionAttachCall>) {
    issued->force = command.force;
    const SessionId owner = parts_.programs.find(command.call_id.id)->owner;
    if (command.force && owner != issued->session) issued->owner = parts_.control.name_of(owner);
  }
  Requester who{issued->session, issued->token->id, issued->token->name, issued->token->trunks, issued->force};
  typename apps::program::Reply<Command> reply = [this, issued](Result<typename Command::Done, Failure> done,
                                                                TimePoint then) {
    if (!done) return finish(issued, std::move(done.error()), nullptr, then);
    json::object data;
    const CallNames names = parts_.events.names_for(issued->token->id);
    FieldWriter writer(data, names,
                       issued->dialect == Dialect::seed ? std::optional<Field::Flat>() : Field::Flat::always);
    Command::Done::fields(*done, writer);
    if constexpr (std::is_same_v<Command, program::CallOriginate>) {
      issued->call_id = names(done->call_id.id);
      issued->calls = {to_string(done->call_id.id)};
    }
    if constexpr (std::is_same_v<Command, SessionListCalls>) return finish(issued, std::nullopt, data["items"], then);
    finish(issued, std::nullopt, data.empty() ? json::value(nullptr) : json::value(std::move(data)), then);
  };
  std::apply(
      [&](auto*... handler) {
        const auto runs = [&](auto* each) {
          if constexpr (requires { each->run(command, who, reply, now); }) {
            each->run(command, who, reply, now);
            return true;
          } else {
            return false;
          }
        };
        if (!(runs(handler) || ...)) finish(issued, not_implemented(Command::info.name), nullptr, now);
      },
      parts_.handlers);
}

// ------------------------------------------------------------------------------------------------------------ results

void Dispatcher::finish(const Shared& issued, std::optional<Failure> failure, json::value data, TimePoint now) {
  if (failure) failures_.add();
  counts_.add(issued->info == nullptr ? "" : issued->info->name, failure ? failure->code : "", now - issued->since);
  audit(*issued, failure);
  ResultFrame result{issued->action_id, issued->action, issued->call_id, std::move(failure), std::move(data), false};
  send(*issued, result);
  if (issued->known) {
    const auto at = memories_[issued->token->id].by_id.find(issued->action_id);
    if (at != memories_[issued->token->id].by_id.end()) {
      const auto waiting = std::move(at->second.waiting);
      at->second.waiting.clear();
      ResultFrame again = result;
      again.duplicate = true;
      for (const Shared& each : waiting) send(*each, again);
      at->second.result = std::move(result);
    }
  }
  if (issued->job != 0) give_up_turn(std::exchange(issued->job, 0), now);
}

void Dispatcher::audit(const Issued& issued, const std::optional<Failure>& failure) {
  if (issued.info == nullptr) return;
  const Scope scope = issued.info->scope;
  const bool attaches = issued.info == &SessionAttachCall::info;
  if (scope != Scope::supervisor && scope != Scope::record && !attaches && !issued.records && !issued.force) return;
  std::string calls;
  for (const std::string& each : issued.calls) calls += (calls.empty() ? "" : " ") + each;
  const std::string_view done = issued.dry_run ? "dry_run" : "done";
  parts_.log.info("audit", {{"token", issued.token->name},
                            {"session", issued.session_name},
                            {"action", std::string(issued.info->name)},
                            {"call", calls},
                            {"forced", issued.force ? "true" : "false"},
                            {"owner", issued.owner},
                            {"outcome", failure ? failure->code : std::string(done)}});
}

void Dispatcher::send(const Issued& issued, const ResultFrame& result) {
  std::string text = to_text(result, issued.dialect);
  if (issued.respond_to) {
    return parts_.web.respond(issued.respond_to,
                              {http_status(result.failure), "application/json", std::move(text) + "\n", {}});
  }
  if (Session* const session = parts_.sessions.find(issued.session))
    parts_.events.send(*session, std::make_shared<const std::string>(std::move(text)));
}

// -------------------------------------------------------------------------------------------------------------- turns

bool Dispatcher::is_first(std::uint64_t number, const Job& job) const {
  return std::ranges::all_of(job.calls, [&](CallId id) { return turns_.at(id).front() == number; });
}

void Dispatcher::queue(const Shared& issued, std::vector<CallId> calls, std::function<void(TimePoint)> run,
                       TimePoint now) {
  std::ranges::sort(calls);
  const auto twice = std::ranges::unique(calls);
  calls.erase(twice.begin(), twice.end());
  const auto waiting = std::ranges::count_if(
      jobs_, [&](const auto& each) { return !each.second.running && each.second.session == issued->session; });
  if (static_cast<std::size_t>(waiting) >= waiting_max)
    return finish(issued, failed("rate_limited", "rate limited: too many commands wait for their calls"), nullptr, now);
  const std::uint64_t number = ++last_job_;
  for (const CallId id : calls) turns_[id].push_back(number);
  Job& job = jobs_[number];
  job.calls = std::move(calls);
  job.session = issued->session;
  issued->job = number;
  if (!is_first(number, job)) {
    waited_.add();
    job.run = std::move(run);
    return;
  }
  job.running = true;
  run(now);
}

void Dispatcher::give_up_turn(std::uint64_t number, TimePoint now) {
  const auto at = jobs_.find(number);
  if (at == jobs_.end()) return;
  const auto calls = std::move(at->second.calls);
  jobs_.erase(at);
  std::vector<std::uint64_t> next;
  for (const CallId id : calls) {
    auto& turn = turns_.at(id);
    std::erase(turn, number);
    if (turn.empty()) {
      turns_.erase(id);
    } else {
      next.push_back(turn.front());
    }
  }
  for (const std::uint64_t each : next) {
    const auto job = jobs_.find(each);
    if (job == jobs_.end() || job->second.running || !is_first(each, job->second)) continue;
    job->second.running = true;
    const auto run = std::move(job->second.run);
    run(now);
  }
}

}  // namespace junctor::control
