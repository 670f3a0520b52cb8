#include "control/dispatcher.hpp"

#include <algorithm>
#include <array>
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

/// Of what most commands are, and most results; larger ones take more by themselves.
constexpr std::size_t scratch_bytes = 4'096;

Failure plain(std::string_view code, std::string_view message) {
  return {std::string(code), std::string(message)};
}

std::string_view text_member(const json::object& object, std::string_view name) {
  const json::value* const value = object.if_contains(name);
  const json::string* const string = value == nullptr ? nullptr : value->if_string();
  return string == nullptr ? std::string_view() : std::string_view(string->data(), string->size());
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
                        std::is_same_v<Command, program::CallHangup>;
/// Whoever rings an offered call may do so without having it.
template <class Command>
constexpr bool touches_offered = std::is_same_v<Command, program::CallRing>;
/// About a conference room as such, not one of its members.
template <class Command>
constexpr bool is_about_room =
    std::is_same_v<Command, program::ConferenceCreate> || std::is_same_v<Command, program::ConferenceDestroy> ||
    std::is_same_v<Command, program::ConferenceEnd> || std::is_same_v<Command, program::ConferenceMuteAll> ||
    std::is_same_v<Command, program::ConferenceInfo>;

template <class Command, class Handler>
concept HasRunFor =
    requires(Handler& handler, const Command& command, const Requester& who, const apps::program::Reply<Command>& reply,
             TimePoint now) { handler.run(command, who, reply, now); };
template <class Command>
constexpr bool is_implemented = []<class... Handler>(std::type_identity<std::tuple<Handler*...>>) {
  return (HasRunFor<Command, Handler> || ...);
}(std::type_identity<Handlers>{});

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

Dispatcher::~Dispatcher() {
  parts_.timers.cancel(next_timer_);
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
  std::array<unsigned char, scratch_bytes> scratch;
  json::monotonic_resource storage(scratch.data(), scratch.size());
  const json::value parsed = json::parse(message, error, &storage);
  if (error) {
    const auto issued = issue(session, respond_to, now);
    commands_.add();
    return finish(issued, plain("parse_error", "parse_error: " + error.message()), {}, now);
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
                  {}, now);
  }
}

void Dispatcher::on_command(Session& session, const json::value& command, WebId respond_to, TimePoint now) {
  commands_.add();
  const auto issued = issue(session, respond_to, now);
  const json::object* const object = command.if_object();
  if (object == nullptr) return finish(issued, plain("missing_action", "missing_action"), {}, now);
  issued->action_id = text_member(*object, "action_id");
  if (issued->action_id.size() > Field::text_bytes_max) {
    issued->action_id.clear();
    return finish(issued, plain("missing_action_id", "missing_action_id: it is too long"), {}, now);
  }
  const std::string_view action = text_member(*object, "action");
  if (action.empty()) return finish(issued, plain("missing_action", "missing_action"), {}, now);
  issued->action = action.substr(0, Field::text_bytes_max);
  if (issued->action_id.empty()) return finish(issued, plain("missing_action_id", "missing_action_id"), {}, now);
  if (is_repeated(issued, *object, now)) return;
  issued->known = true;
  const auto known = actions_.find(action);
  if (known == actions_.end())
    return finish(issued, plain("unknown_action", "unknown_action: " + issued->action), {}, now);
  issued->info = known->second.info;
  const Scope scope = issued->info->scope;
  if (!session.token->may(scope))
    return finish(issued, failed("forbidden", "scope required: " + std::string(to_string(scope))), {}, now);
  const json::value* const params = object->if_contains("params");
  if (params != nullptr && !params->is_object() && !params->is_null())
    return finish(issued, apps::program::invalid_params("\"params\" must be an object"), {}, now);
  issued->dry_run = flag_member(*object, "dry_run");
  issued->force = flag_member(*object, "force");
  issued->if_state = text_member(*object, "if_state");
  if (const json::value* const seq = object->if_contains("if_seq")) {
    boost::system::error_code error;
    const auto number = seq->is_number() ? seq->to_number<std::uint64_t>(error) : 0;
    if (!seq->is_number() || error)
      return finish(issued, apps::program::invalid_params("\"if_seq\" must be a whole number"), {}, now);
    issued->if_seq = number;
  }
  static const json::object none;
  (this->*known->second.start)(issued, params == nullptr || params->is_null() ? none : params->get_object(), now);
}

bool Dispatcher::is_repeated(const Shared& issued, const json::object& command, TimePoint now) {
  const std::size_t body = std::hash<json::object>{}(command);
  const ResultMemory::Entry* const first = memories_[issued->token->id].begin(issued->action_id, body, now);
  if (first == nullptr) return false;
  duplicates_.add();
  if (first->body != body) {
    finish(issued, failed("duplicate_action_id", "duplicate action_id: it was given to another command"), {}, now);
  } else if (!first->outcome) {
    repeated_[{issued->token->id, issued->action_id}].push_back(issued);
  } else {
    send(*issued, *first->outcome, true);
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
    return finish(issued, std::move(why), {}, now);
  }
  if constexpr (std::is_same_v<Command, program::CallOriginate>) issued->records = command.record.has_value();
  std::vector<Subject> subjects;
  bool first = true;
  for_each_ref(command, [&](auto& ref) {
    if (std::exchange(first, false)) issued->call_id = ref.name;
    const ProgramCall* const call = parts_.programs.find(issued->token->id, ref.name, now);
    std::string key = call == nullptr ? std::string() : to_string(call->id);
    if (is_audited(*issued)) issued->calls.push_back(call == nullptr ? ref.name : key);
    if (call != nullptr && std::ranges::find(subjects, key, &Subject::key) == subjects.end())
      subjects.push_back({std::move(key), false});
  });
  if constexpr (requires { command.target_call_id; }) issued->call_id = command.target_call_id.name;
  if constexpr (requires { command.conf_id; }) {
    if (issued->dialect == Dialect::flat) issued->call_id = command.conf_id;
    if (issued->dialect == Dialect::flat_0_5) issued->call_id.clear();
    if (!command.conf_id.empty())
      subjects.push_back(
          {"room " + std::to_string(issued->token->id.value) + ' ' + command.conf_id, !is_about_room<Command>});
  }
  Session* const session = parts_.sessions.find(issued->session);
  if (session == nullptr) return;
  if constexpr (std::is_same_v<Command, program::CallOriginate>) {
    if (!session->originates.take(parts_.control.limits().originates_a_second, now))
      return finish(issued, failed("rate_limited", "rate limited: originate_rate_limit is reached"), {}, now);
    if (const auto full = parts_.control.check_call_limit(*session)) return finish(issued, *full, {}, now);
  }
  auto work = [this, issued, command = std::move(command)](TimePoint then) mutable {
    run<Command>(issued, std::move(command), then);
  };
  if (std::is_same_v<Command, program::CallHangup> || subjects.empty()) return work(now);
  queue(issued, std::move(subjects), std::move(work), now);
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
      if (session->level_of({}) == Level::events_only) why = failed("forbidden", "the session's level is events_only");
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
        if (session->level_of(call->context) == Level::events_only) {
          why = failed("forbidden", "the session's level is events_only");
        } else if (!touches_offered<Command> || !offered || session->follows(call->context) == nullptr) {
          const bool claim = claims<Command> && (offered || !std::is_same_v<Command, program::CallHangup>);
          why = parts_.control.check_control(*session, *call, claim, issued.force);
        }
        if (!why && issued.force && call->owner != session->id) issued.owner = parts_.control.name_of(call->owner);
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
void Dispatcher::take_calls(Issued& issued, const Command& command) {
  const Session& session = *parts_.sessions.find(issued.session);
  for_each_ref(command, [&](const auto& ref) {
    if constexpr (std::is_same_v<std::decay_t<decltype(ref)>, OwnCall>) {
      ProgramCall& call = *parts_.programs.find(ref.id);
      if (call.owner == session.id) return;
      if (claims<Command> && call.ownership == apps::program::Ownership::offered) {
        parts_.control.claim(session, call);
        issued.claimed = call.id;
      }
    }
  });
}

template <class Command>
void Dispatcher::run(const Shared& issued, Command command, TimePoint now) {
  if (auto why = check_calls(*issued, command, now)) return finish(issued, std::move(why), {}, now);
  if (!is_implemented<Command>) return finish(issued, not_implemented(Command::info.name), {}, now);
  if (issued->dry_run) return finish(issued, std::nullopt, R"({"dry_run":true})", now);
  if constexpr (std::is_same_v<Command, SessionAttachCall>) {
    issued->force = issued->force || command.force;
    const SessionId owner = parts_.programs.find(command.call_id.id)->owner;
    if (issued->force && owner != issued->session) issued->owner = parts_.control.name_of(owner);
  }
  take_calls(*issued, command);
  Requester who{issued->session, issued->token->id, issued->token->name, issued->token->trunks, issued->force};
  typename apps::program::Reply<Command> reply = [this, issued](Result<typename Command::Done, Failure> done,
                                                                TimePoint then) {
    if (!done) {
      ProgramCall* const claimed = parts_.programs.find(issued->claimed);
      if (claimed != nullptr && claimed->owner == issued->session && !claimed->answered && !claimed->ended)
        parts_.control.give_back(*claimed);
      return finish(issued, std::move(done.error()), {}, then);
    }
    const CallNames names = parts_.events.names_for(issued->token->id);
    FieldWriter writer(names, issued->dialect == Dialect::seed ? std::optional<Field::Flat>() : Field::Flat::always);
    Command::Done::fields(*done, writer);
    if constexpr (std::is_same_v<Command, program::CallOriginate>) {
      issued->call_id = names(done->call_id.id);
      issued->calls = {to_string(done->call_id.id)};
    }
    if constexpr (std::is_same_v<Command, SessionListCalls>)
      return finish(issued, std::nullopt, std::string(*writer.value_of("items")), then);
    finish(issued, std::nullopt, writer.text().empty() ? std::string() : writer.object(), then);
  };
  const auto runs = [&]<class Handler>(Handler* handler) {
    if constexpr (HasRunFor<Command, Handler>) handler->run(command, who, reply, now);
    return HasRunFor<Command, Handler>;
  };
  std::apply([&](auto*... handler) { (void)(runs(handler) || ...); }, parts_.handlers);
}

// ------------------------------------------------------------------------------------------------------------ results

void Dispatcher::finish(const Shared& issued, std::optional<Failure> failure, std::string data, TimePoint now) {
  if (failure) failures_.add();
  counts_.add(issued->info == nullptr ? "" : issued->info->name, failure ? failure->code : "", now - issued->since);
  audit(*issued, failure);
  Outcome outcome{issued->call_id, std::move(failure), std::move(data)};
  send(*issued, outcome, false);
  if (issued->known) {
    if (const auto again = repeated_.find({issued->token->id, issued->action_id}); again != repeated_.end())
      for (const auto waiting = repeated_.extract(again); const Shared& each : waiting.mapped())
        send(*each, outcome, true);
    memories_[issued->token->id].finish(issued->action_id, std::move(outcome));
  }
  if (issued->job != 0) give_up_turn(std::exchange(issued->job, 0), now);
}

bool Dispatcher::is_audited(const Issued& issued) {
  if (issued.info == nullptr) return false;
  const Scope scope = issued.info->scope;
  const bool attaches = issued.info == &SessionAttachCall::info;
  return scope == Scope::supervisor || scope == Scope::record || attaches || issued.records || issued.force;
}

void Dispatcher::audit(const Issued& issued, const std::optional<Failure>& failure) {
  if (!is_audited(issued)) return;
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

void Dispatcher::send(const Issued& issued, const Outcome& outcome, bool duplicate) {
  std::string text = to_text(ResultFrame{issued.action_id, issued.action, outcome, duplicate}, issued.dialect);
  if (issued.respond_to) {
    return parts_.web.respond(issued.respond_to,
                              {http_status(outcome.failure), "application/json", std::move(text) + "\n", {}});
  }
  if (Session* const session = parts_.sessions.find(issued.session))
    parts_.events.send(*session, std::make_shared<const std::string>(std::move(text)));
}

// -------------------------------------------------------------------------------------------------------------- turns

bool Dispatcher::is_next(std::uint64_t number, const Job& job) const {
  return std::ranges::all_of(job.subjects, [&](const Subject& subject) {
    for (const Waiting& each : turns_.at(subject.key)) {
      if (each.job == number) return true;
      if (!each.shared || !subject.shared) return false;
    }
    return false;
  });
}

void Dispatcher::queue(const Shared& issued, std::vector<Subject> subjects, std::function<void(TimePoint)> run,
                       TimePoint now) {
  if (const auto waiting = waiting_.find(issued->session); waiting != waiting_.end() && waiting->second >= waiting_max)
    return finish(issued, failed("rate_limited", "rate limited: too many commands wait for their calls"), {}, now);
  const std::uint64_t number = ++last_job_;
  for (const Subject& subject : subjects) turns_[subject.key].push_back({number, subject.shared});
  Job& job = jobs_[number];
  job.subjects = std::move(subjects);
  job.session = issued->session;
  issued->job = number;
  if (!is_next(number, job)) {
    waited_.add();
    ++waiting_[job.session];
    job.run = std::move(run);
    return;
  }
  job.running = true;
  run(now);
}

void Dispatcher::give_up_turn(std::uint64_t number, TimePoint now) {
  const auto at = jobs_.find(number);
  if (at == jobs_.end()) return;
  const auto subjects = std::move(at->second.subjects);
  jobs_.erase(at);
  for (const Subject& subject : subjects) {
    auto& turn = turns_.at(subject.key);
    std::erase_if(turn, [&](const Waiting& each) { return each.job == number; });
    for (const Waiting& each : turn) {
      next_jobs_.insert(each.job);
      if (!each.shared) break;
    }
    if (turn.empty()) turns_.erase(subject.key);
  }
  if (!next_jobs_.empty() && !next_timer_) next_timer_ = parts_.timers.schedule(now, *this, 0);
}

void Dispatcher::on_timer(std::uint64_t, TimePoint now) {
  while (!next_jobs_.empty()) {
    const auto job = jobs_.find(next_jobs_.extract(next_jobs_.begin()).value());
    if (job == jobs_.end() || job->second.running || !is_next(job->first, job->second)) continue;
    job->second.running = true;
    if (const auto waiting = waiting_.find(job->second.session); --waiting->second == 0) waiting_.erase(waiting);
    const auto run = std::move(job->second.run);
    run(now);
  }
  next_timer_ = {};
}

}  // namespace junctor::control
