#include "control/local_server.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <iterator>
#include <limits>
#include <optional>
#include <utility>

#include "control/to_json.hpp"

namespace junctor::control {
namespace {

namespace json = boost::json;

/// Where the result of one command goes; copied into replies that come later.
struct Return {
  StreamSender* streams = nullptr;
  Counter* failures = nullptr;
  ConnectionId connection;
  std::string action_id;
  std::string action;
  std::string call_id;  ///< of commands about one call

  json::object envelope(const char* type, const char* status) const {
    json::object out{{"type", type}, {"action_id", text(action_id)}, {"action", text(action)}};
    if (!call_id.empty()) out.emplace("call_id", text(call_id));
    out.emplace("status", status);
    return out;
  }
  void send(const json::object& result) const { streams->write(connection, json::serialize(result) + "\n"); }

  void completed(json::value data) const {
    json::object out = envelope("command_completed", "success");
    if (!data.is_null()) out.emplace("data", std::move(data));
    send(out);
  }
  void failed(const Failure& why) const {
    failures->add();
    json::object out = envelope("command_failed", "error");
    out.emplace("code", text(why.code));
    out.emplace("error", text(why.message));
    send(out);
  }
  template <class T>
  Reply<T> reply() const {
    return [self = *this](const Result<T, Failure>& result) {
      if (!result) return self.failed(result.error());
      if constexpr (std::is_void_v<T>) {
        self.completed(nullptr);
      } else {
        self.completed(to_json(*result));
      }
    };
  }
};

/// Reads parameters by name; the first one that does not fit is remembered and answered.
class Params {
 public:
  explicit Params(const json::object* object) : object_(object) {}

  std::string text(const char* name) {
    std::string value = optional_text(name);
    if (value.empty()) refuse(name, "is missing");
    return value;
  }
  std::string optional_text(const char* name) {
    const json::value* value = find(name);
    if (value == nullptr) return {};
    if (const json::string* s = value->if_string()) return {s->data(), s->size()};
    refuse(name, "must be a string");
    return {};
  }
  bool flag(const char* name) {
    const json::value* value = find(name);
    if (value == nullptr) return false;
    if (const bool* b = value->if_bool()) return *b;
    refuse(name, "must be true or false");
    return false;
  }
  std::optional<std::int64_t> number(const char* name, std::int64_t least, std::int64_t most) {
    const json::value* value = find(name);
    if (value == nullptr) return std::nullopt;
    const std::int64_t* n = value->if_int64();
    if (n != nullptr && *n >= least && *n <= most) return *n;
    refuse(name, ("must be a whole number from " + std::to_string(least) + " to " + std::to_string(most)).c_str());
    return std::nullopt;
  }
  void refuse(const char* name, const char* why) {
    if (!fault_) fault_ = Failure{"invalid_params", "\"" + std::string(name) + "\" " + why};
  }
  const std::optional<Failure>& fault() const { return fault_; }

 private:
  const json::value* find(const char* name) const { return object_ == nullptr ? nullptr : object_->if_contains(name); }

  const json::object* object_;
  std::optional<Failure> fault_;
};

/// One command; by then its parameters may be faulty, which each function checks before it acts.
struct Command {
  Commands& commands;
  std::unordered_map<ConnectionId, LocalServer::Rest>& rests;
  Params params;
  Return back;
  TimePoint now;

  bool faulty() const {
    if (params.fault()) back.failed(*params.fault());
    return params.fault().has_value();
  }
};

void status(Command& c) {
  c.back.completed(to_json(c.commands.status(c.now)));
}
void reload(Command& c) {
  c.commands.reload(c.back.reply<ReloadReport>(), c.now);
}

json::object listing(json::value items, json::value next_cursor = nullptr) {
  return {{"items", std::move(items)}, {"next_cursor", std::move(next_cursor)}};
}

/// Answers `limit` items from the front of `items`, keeps the others for the next command.
template <class Item>
void answer_page(Command& c, std::vector<Item> items, std::size_t limit) {
  const auto cut = items.begin() + static_cast<std::ptrdiff_t>(std::min(limit, items.size()));
  std::vector<Item> rest(std::make_move_iterator(cut), std::make_move_iterator(items.end()));
  items.erase(cut, items.end());
  json::value next = nullptr;
  if (!rest.empty()) {
    next = std::to_string(rest.size());
    c.rests.insert_or_assign(c.back.connection, std::move(rest));
  }
  c.back.completed(listing(to_json(items), std::move(next)));
}

/// The first page is a fresh list; a cursor goes on with what is left of it.
template <class Item>
void answer_list(Command& c, std::vector<Item> (Commands::*list)(TimePoint)) {
  const auto most = static_cast<std::int64_t>(list_items_max);
  const auto limit = static_cast<std::size_t>(c.params.number("limit", 1, most).value_or(most));
  const std::string cursor = c.params.optional_text("cursor");
  if (c.faulty()) return;
  const auto kept = c.rests.extract(c.back.connection);
  if (cursor.empty()) return answer_page(c, (c.commands.*list)(c.now), limit);
  auto* rest = kept.empty() ? nullptr : std::get_if<std::vector<Item>>(&kept.mapped());
  if (rest == nullptr || cursor != std::to_string(rest->size())) {
    return c.back.failed({"invalid_params", "\"cursor\" belongs to no list of this connection"});
  }
  answer_page(c, std::move(*rest), limit);
}

void calls_list(Command& c) {
  answer_list(c, &Commands::calls);
}
void registrations_list(Command& c) {
  answer_list(c, &Commands::registrations);
}
void trunks_list(Command& c) {
  c.back.completed(listing(to_json(c.commands.trunks(c.now))));
}

void calls_show(Command& c) {
  c.back.call_id = c.params.text("call_id");
  const bool messages = c.params.flag("messages");
  if (c.faulty()) return;
  c.commands.find_call(c.back.call_id, messages, c.back.reply<CallDetail>(), c.now);
}

void call_hangup(Command& c) {
  c.back.call_id = c.params.text("call_id");
  if (c.faulty()) return;
  c.commands.hang_up(c.back.call_id, c.back.reply<void>(), c.now);
}

void records_list(Command& c) {
  store::CallFilter filter;
  const auto most = static_cast<std::int64_t>(list_items_max);
  filter.limit = static_cast<std::size_t>(c.params.number("limit", 1, most).value_or(records_default));
  constexpr std::int64_t forever = std::numeric_limits<std::int64_t>::max();
  filter.from_ms = c.params.number("from_ms", 0, forever).value_or(0);
  filter.before_ms = c.params.number("before_ms", 0, forever).value_or(0);
  filter.number = c.params.optional_text("number");
  const std::string disposition = c.params.optional_text("disposition");
  if (!disposition.empty()) {
    filter.disposition = store::parse_disposition(disposition);
    if (!filter.disposition) c.params.refuse("disposition", "is none");
  }
  if (c.faulty()) return;
  c.commands.list_records(
      std::move(filter),
      [back = c.back](const Result<std::vector<store::CallRecord>, Failure>& found) {
        if (!found) return back.failed(found.error());
        back.completed(listing(to_json(*found)));
      },
      c.now);
}

void records_show(Command& c) {
  std::string id = c.params.text("id");
  if (c.faulty()) return;
  c.commands.find_record(
      id,
      [back = c.back, id](const Result<std::optional<store::CallRecord>, Failure>& found) {
        if (!found) return back.failed(found.error());
        if (!*found) return back.failed({"not_found", "no such record: " + id});
        back.completed(to_json(**found));
      },
      c.now);
}

void route_explain(Command& c) {
  const ExplainRequest request{c.params.optional_text("from"), c.params.text("to"), c.params.optional_text("trunk")};
  if (c.faulty()) return;
  c.back.completed(to_json(c.commands.explain(request)));
}

void drain(Command& c) {
  const auto timeout = c.params.number("timeout_secs", 0, 86'400);
  if (c.faulty()) return;
  c.commands.drain(timeout ? std::optional(seconds(*timeout)) : std::nullopt, c.back.reply<DrainReport>(), c.now);
}

void user_add(Command& c) {
  NewUser user{c.params.text("username"), c.params.text("password"), c.params.optional_text("display_name")};
  if (c.faulty()) return;
  c.commands.add_user(std::move(user), c.back.reply<void>(), c.now);
}

void user_passwd(Command& c) {
  std::string username = c.params.text("username");
  std::string password = c.params.text("password");
  if (c.faulty()) return;
  c.commands.change_user({std::move(username), std::move(password), std::nullopt}, c.back.reply<void>(), c.now);
}

void user_remove(Command& c) {
  std::string username = c.params.text("username");
  if (c.faulty()) return;
  c.commands.remove_user(std::move(username), c.back.reply<void>(), c.now);
}

struct Action {
  std::string_view name;
  void (*run)(Command&);
};

constexpr Action actions[] = {
    {"status", status},
    {"calls.list", calls_list},
    {"calls.show", calls_show},
    {"call.hangup", call_hangup},
    {"records.list", records_list},
    {"records.show", records_show},
    {"registrations.list", registrations_list},
    {"trunks.list", trunks_list},
    {"route.explain", route_explain},
    {"reload", reload},
    {"drain", drain},
    {"user.add", user_add},
    {"user.passwd", user_passwd},
    {"user.remove", user_remove},
};

std::string member_text(const json::object& object, const char* name) {
  const json::value* value = object.if_contains(name);
  const json::string* string = value == nullptr ? nullptr : value->if_string();
  return string == nullptr ? std::string() : std::string(string->data(), string->size());
}

}  // namespace

const char* LineFramer::on_bytes(std::string_view bytes, const std::function<void(std::string&&)>& message) {
  while (!bytes.empty()) {
    const std::size_t end = bytes.find('\n');
    pending_.append(bytes.substr(0, end));
    if (pending_.size() > line_bytes_max) return "control line too long";
    if (end == std::string_view::npos) return nullptr;
    bytes.remove_prefix(end + 1);
    if (pending_.ends_with('\r')) pending_.pop_back();
    if (!pending_.empty()) message(std::move(pending_));
    pending_.clear();
  }
  return nullptr;
}

LocalServer::LocalServer(Commands& commands, StreamSender& streams, Counters& counters)
    : commands_(commands),
      streams_(streams),
      commands_count_(counters.get("control_commands")),
      failures_count_(counters.get("control_failures")) {}

void LocalServer::on_open(ConnectionId, ListenerIndex, const Address&, const Address&, TimePoint) {}
void LocalServer::on_close(ConnectionId connection, std::string_view, TimePoint) {
  rests_.erase(connection);
}

void LocalServer::on_message(ConnectionId connection, std::string&& line, TimePoint now) {
  commands_count_.add();
  Return back{&streams_, &failures_count_, connection, {}, {}, {}};
  boost::system::error_code error;
  const json::value parsed = json::parse(line, error);
  const json::object* command = parsed.if_object();
  if (error || command == nullptr) {
    return back.failed({"parse_error", "parse_error: " + (error ? error.message() : "not an object")});
  }
  back.action_id = member_text(*command, "action_id");
  back.action = member_text(*command, "action");
  if (back.action.empty()) return back.failed({"missing_action", "missing_action"});
  if (back.action_id.empty()) return back.failed({"missing_action_id", "missing_action_id"});
  const auto known = std::ranges::find(actions, back.action, &Action::name);
  if (known == std::end(actions)) return back.failed({"unknown_action", "unknown_action: " + back.action});
  const json::value* params = command->if_contains("params");
  if (params != nullptr && !params->is_object() && !params->is_null()) {
    return back.failed({"invalid_params", "\"params\" must be an object"});
  }
  Command run{commands_, rests_, Params(params == nullptr ? nullptr : params->if_object()), std::move(back), now};
  known->run(run);
}

}  // namespace junctor::control
