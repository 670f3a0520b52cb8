// Words of the command line → Invocation. The only file that includes CLI11.
#include "hub/cli.hpp"

#include <CLI/CLI.hpp>
#include <map>

namespace junctor::hub::cli {
namespace {

constexpr const char* about =
    "Junctor, a programmable call hub.\n\n"
    "Exit codes: 0 ok, 1 failure, 2 usage, 3 configuration invalid, 4 hub not running.";

/// Builds the commands; each one, once chosen, leaves its Invocation in `chosen`.
class Words {
 public:
  Words() {
    app_.require_subcommand(1);
    run();
    check();
    status();
    calls();
    records();
    registrations();
    trunks();
    route();
    reload();
    drain();
    user();
    doctor();
    version();
    schema();
  }

  Invocation parse(int argc, const char* const* argv) {
    try {
      app_.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
      return Done{app_.exit(error) == 0 ? exit_ok : exit_usage};
    }
    return chosen_;
  }

 private:
  using App = CLI::App;

  static void config_option(App* app, std::optional<std::string>& config) {
    app->add_option_function<std::string>(
           "--config", [&config](const std::string& file) { config = file; },
           "Configuration file; else ./junctor.toml, then /etc/junctor/junctor.toml")
        ->type_name("FILE");
  }
  static void where_options(App* app, Where& where) {
    config_option(app, where.config);
    app->add_option_function<std::string>(
           "--data", [&where](const std::string& dir) { where.data = dir; },
           "Data folder of the running hub; else hub.data_dir of the configuration")
        ->type_name("DIR");
  }
  static void json_flag(App* app, Output& output) {
    app->add_flag_callback("--json", [&output] { output = Output::json; }, "Print JSON");
  }
  template <class Command>
  void choose(App* app, const Command& command) {
    app->callback([this, &command] { chosen_ = command; });
  }
  template <class Command>
  App* listing(App* parent, const char* name, const char* help, Command& command) {
    App* app = parent->add_subcommand(name, help);
    where_options(app, command.where);
    json_flag(app, command.output);
    choose(app, command);
    return app;
  }

  void run() {
    App* app = app_.add_subcommand("run", "Run the hub in the foreground");
    config_option(app, run_.config);
    app->add_option_function<std::string>(
           "--log-format", [this](const std::string& format) { run_.json_log = format == "json"; },
           "Log lines on stderr")
        ->type_name("FORMAT")
        ->check(CLI::IsMember({"text", "json"}))
        ->default_str("text");
    app->add_option("--log-level", run_.log_level, "Least level that is logged: debug, info, warning or error")
        ->type_name("LEVEL")
        ->transform(CLI::Transformer(std::map<std::string, LogLevel>{{"debug", LogLevel::debug},
                                                                     {"info", LogLevel::info},
                                                                     {"warning", LogLevel::warning},
                                                                     {"error", LogLevel::error}},
                                     CLI::ignore_case));
    choose(app, run_);
  }

  void check() {
    App* app = app_.add_subcommand("check", "Validate the configuration; every fault as FILE:LINE:COL: message");
    config_option(app, check_.config);
    choose(app, check_);
  }

  void status() { listing(&app_, "status", "What the running hub is doing", status_); }

  void calls() {
    App* group = app_.add_subcommand("calls", "Calls that are going on");
    where_options(group, calls_.where);
    json_flag(group, calls_.output);
    group->callback([this, group] {
      if (group->get_subcommands().empty()) chosen_ = calls_;
    });
    listing(group, "list", "List them (the default)", calls_);
    App* show = listing(group, "show", "Show one, also when it ended in the last minutes", calls_show_);
    show->add_option("ID", calls_show_.id, "The call's id")->required();
    show->add_flag("--messages", calls_show_.messages, "Print its SIP messages");
    show->add_option("--pcap", calls_show_.pcap, "Write its SIP messages as a capture file")->type_name("FILE");
    App* hangup = group->add_subcommand("hangup", "End one");
    where_options(hangup, calls_hangup_.where);
    hangup->add_option("ID", calls_hangup_.id, "The call's id")->required();
    choose(hangup, calls_hangup_);
    group->require_subcommand(0, 1);
  }

  void records() {
    App* group = app_.add_subcommand("records", "Records of past calls");
    where_options(group, records_.where);
    json_flag(group, records_.output);
    record_filters(group);
    group->callback([this, group] {
      if (group->get_subcommands().empty()) chosen_ = records_;
    });
    record_filters(listing(group, "list", "List them, newest first (the default)", records_));
    App* show = listing(group, "show", "Show one", records_show_);
    show->add_option("ID", records_show_.id, "The call's id")->required();
    group->require_subcommand(0, 1);
  }
  void record_filters(App* app) {
    app->add_option("--limit", records_.limit, "At most so many (50)")->check(CLI::Range(1, 500))->type_name("N");
    app->add_option("--number", records_.number, "Only calls from or to this number")->type_name("NUMBER");
    app->add_option("--disposition", records_.disposition, "Only calls that ended so: answered, no_answer, busy, …")
        ->type_name("WORD");
  }

  void registrations() { listing(&app_, "registrations", "Who is registered where", registrations_); }
  void trunks() { listing(&app_, "trunks", "Carriers and other PBXes", trunks_); }

  void route() {
    App* group = app_.add_subcommand("route", "Routing of calls");
    App* explain = listing(group, "explain", "Say where a call would go, and why", explain_);
    explain->add_option("--from", explain_.from, "Calling number or user")->required()->type_name("NUMBER");
    explain->add_option("--to", explain_.to, "Called number")->required()->type_name("NUMBER");
    explain->add_option("--trunk", explain_.trunk, "The trunk that the call comes from")->type_name("NAME");
    group->require_subcommand(1);
  }

  void reload() {
    App* app = app_.add_subcommand("reload", "Apply a changed configuration without touching a running call");
    where_options(app, reload_.where);
    choose(app, reload_);
  }

  void drain() {
    App* app = app_.add_subcommand("drain", "Refuse new calls, let running ones end, then stop");
    where_options(app, drain_.where);
    app->add_option_function<std::uint32_t>(
           "--timeout", [this](const std::uint32_t& secs) { drain_.timeout_secs = secs; },
           "End what still runs after so many seconds; else hub.drain_secs")
        ->check(CLI::Range(0, 86'400))
        ->type_name("SECS");
    choose(app, drain_);
  }

  void user() {
    App* group = app_.add_subcommand("user", "Users kept in the database");
    user_change(group, "add", "Add a user", UserChange::add, add_);
    user_change(group, "passwd", "Set a user's password", UserChange::passwd, passwd_);
    user_change(group, "remove", "Remove a user", UserChange::remove, remove_);
    group->require_subcommand(1);
  }
  void user_change(App* group, const char* name, const char* help, UserChange change, User& command) {
    command.change = change;
    App* app = group->add_subcommand(name, help);
    where_options(app, command.where);
    app->add_option("USERNAME", command.username, "The number or name that others call")->required();
    if (change == UserChange::add) {
      app->add_option("--display-name", command.display_name, "Shown to those who are called")->type_name("NAME");
    }
    if (change != UserChange::remove) {
      app->add_option("--password-file", command.password_file, "Read the password from a file; - is standard input")
          ->type_name("FILE");
    }
    choose(app, command);
  }

  void doctor() {
    App* app = app_.add_subcommand("doctor", "Look for what would keep calls from working");
    config_option(app, doctor_.config);
    json_flag(app, doctor_.output);
    choose(app, doctor_);
  }

  void version() {
    App* app = app_.add_subcommand("version", "Version, commit and build");
    json_flag(app, version_.output);
    choose(app, version_);
  }

  void schema() { choose(app_.add_subcommand("schema", "Commands and events of RWI, as JSON"), schema_); }

  App app_{about, "junctor"};
  Invocation chosen_ = Done{exit_usage};
  Run run_;
  Check check_;
  Status status_;
  CallsList calls_;
  CallsShow calls_show_;
  CallsHangup calls_hangup_;
  RecordsList records_;
  RecordsShow records_show_;
  Registrations registrations_;
  Trunks trunks_;
  RouteExplain explain_;
  Reload reload_;
  Drain drain_;
  User add_, passwd_, remove_;
  Doctor doctor_;
  Version version_;
  Schema schema_;
};

}  // namespace

Invocation parse(int argc, const char* const* argv) {
  return Words().parse(argc, argv);
}

}  // namespace junctor::hub::cli
