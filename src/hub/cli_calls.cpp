// calls and records.
#include <boost/json.hpp>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <vector>

#include "control/base64.hpp"
#include "hub/cli_commands.hpp"
#include "hub/cli_json.hpp"
#include "hub/cli_pcap.hpp"
#include "hub/cli_table.hpp"

namespace junctor::hub::cli {
namespace {

namespace json = boost::json;

int integer(const std::string& text, std::size_t at, std::size_t digits) {
  int value = 0;
  if (at + digits <= text.size()) std::from_chars(text.data() + at, text.data() + at + digits, value);
  return value;
}

/// "2026-08-25T10:00:00.123Z" → milliseconds since 1970.
std::int64_t ms_of(const std::string& rfc3339) {
  namespace chrono = std::chrono;
  const chrono::sys_days day = chrono::year(integer(rfc3339, 0, 4)) /
                               chrono::month(static_cast<unsigned>(integer(rfc3339, 5, 2))) /
                               chrono::day(static_cast<unsigned>(integer(rfc3339, 8, 2)));
  const auto time = day + chrono::hours(integer(rfc3339, 11, 2)) + chrono::minutes(integer(rfc3339, 14, 2)) +
                    chrono::seconds(integer(rfc3339, 17, 2)) + chrono::milliseconds(integer(rfc3339, 20, 3));
  return time.time_since_epoch().count();
}

std::string bytes_of(const json::value& message) {
  const std::string encoded = text_of(message, "base64");
  if (encoded.empty()) return text_of(message, "text");
  return control::from_base64(encoded).value_or("");
}

/// Date and time without the fraction, for lists.
std::string short_time(const std::string& rfc3339) {
  if (rfc3339.size() < 19) return rfc3339;
  return rfc3339.substr(0, 10) + " " + rfc3339.substr(11, 8);
}

std::string in_seconds(std::int64_t ms) {
  return std::to_string(ms / 1000) + "." + std::to_string(ms % 1000 / 100) + " s";
}

void print(const std::string& text) {
  std::fputs(text.c_str(), stdout);
}

void print_fields(const json::value& from, const std::vector<const char*>& names) {
  for (const char* name : names) {
    const std::string value = printable(text_of(from, name));
    if (!value.empty()) std::printf("%-12s %s\n", name, value.c_str());
  }
}

void print_legs(const json::value& of) {
  std::vector<std::string> head = {"LEG",      "STATE", "URI",    "CODEC", "AUDIO",   "SENT",
                                   "RECEIVED", "LOST",  "JITTER", "MOS",   "VERDICT", "CALL-ID"};
  std::vector<std::vector<std::string>> rows;
  bool running = false;
  for (const json::value& leg : array_of(of, "legs")) {
    rows.push_back({text_of(leg, "kind"), text_of(leg, "state"), text_of(leg, "uri"), text_of(leg, "codec"),
                    text_of(leg, "address"), text_of(leg, "sent"), text_of(leg, "received"), text_of(leg, "lost"),
                    text_of(leg, "jitter_ms"), text_of(leg, "mos"), text_of(leg, "verdict"),
                    text_of(leg, "sip_call_id")});
    if (leg.as_object().contains("srtp")) {  // records do not have it
      const std::string suite = text_of(leg, "srtp");
      rows.back().push_back(suite.empty() ? "off" : suite);
      running = true;
    }
  }
  if (running) head.push_back("SRTP");
  print("\n" + table(head, rows, "no legs"));
}

/// A line per leg and direction, as far as there was audio.
void print_quality(const json::value& of) {
  std::vector<std::vector<std::string>> rows;
  for (const json::value& leg : array_of(of, "legs")) {
    const json::value* const quality = member(leg, "quality");
    for (const char* const direction : {"in", "out"}) {
      const json::value* const way = quality == nullptr ? nullptr : member(*quality, direction);
      if (way == nullptr) continue;
      std::vector<std::string> row{text_of(leg, "uri"), direction};
      for (const char* const name :
           {"codec", "packets", "loss", "jitter_ms", "delay_ms", "concealed_ms", "level_dbm0", "mos"}) {
        const std::string value = text_of(*way, name);
        row.push_back(value.empty() ? "-" : value);
      }
      rows.push_back(std::move(row));
    }
  }
  if (rows.empty()) return;
  print("\n" + table({"AUDIO OF", "WAY", "CODEC", "PACKETS", "LOSS", "JITTER", "DELAY", "CONCEALED", "LEVEL", "MOS"},
                     rows, ""));
}

/// A line per leg whose voice is worked on or listened to.
void print_voice(const json::value& of) {
  std::vector<std::vector<std::string>> rows;
  for (const json::value& leg : array_of(of, "legs")) {
    const std::string processing = text_of(leg, "voice_processing"), heard = text_of(leg, "voice");
    if (!processing.empty()) rows.push_back({text_of(leg, "uri"), processing, heard.empty() ? "-" : heard});
  }
  if (!rows.empty()) print("\n" + table({"VOICE OF", "PROCESSING", "HEARD"}, rows, ""));
}

/// What was said, and what is missing of it.
void print_transcript(const json::value& of) {
  std::vector<std::vector<std::string>> rows;
  for (const json::value& row : array_of(of, "transcript")) {
    std::string said = text_of(row, "text");
    if (text_of(row, "kind") == "lost") said = "(not transcribed)";
    if (text_of(row, "kind") == "trouble") said = "(" + said + ")";
    rows.push_back({in_seconds(number_of(row, "start_ms")), in_seconds(number_of(row, "end_ms")), text_of(row, "side"),
                    std::move(said)});
  }
  if (!rows.empty()) print("\n" + table({"FROM", "TO", "SIDE", "SAID"}, rows, ""));
}

void print_message(const json::value& message) {
  const bool sent = flag_of(message, "sent");
  std::printf("\n%s  %s  %s %s %s\n", text_of(message, "at").c_str(), text_of(message, "transport").c_str(),
              text_of(message, "local").c_str(), sent ? "->" : "<-", text_of(message, "remote").c_str());
  const std::string bytes = bytes_of(message);
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t end = std::min(bytes.find('\n', at), bytes.size());
    std::string line = bytes.substr(at, end - at);
    if (line.ends_with('\r')) line.pop_back();
    std::printf("  %s\n", printable(line).c_str());
    at = end + 1;
  }
}

Result<void, Problem> write_pcap(const std::string& file, const json::value& call) {
  std::vector<Captured> captured;
  for (const json::value& message : array_of(call, "messages")) {
    const auto local = Address::parse(text_of(message, "local"));
    const auto remote = Address::parse(text_of(message, "remote"));
    if (!local || !remote) continue;
    const bool sent = flag_of(message, "sent");
    captured.push_back(
        {ms_of(text_of(message, "at")), sent ? *local : *remote, sent ? *remote : *local, bytes_of(message)});
  }
  std::ofstream out(file, std::ios::binary);
  out << pcap(captured);
  out.close();
  if (!out) return fail(Problem{exit_failure, file + ": cannot be written"});
  return {};
}

}  // namespace

int carry_out(const CallsList& command) {
  const auto answer = ask_list(command.where, "calls.list");
  if (!answer) return report(answer.error());
  if (command.output == Output::json) return std::puts(answer->c_str()), exit_ok;
  std::vector<std::vector<std::string>> rows;
  const json::value items = json::parse(*answer);
  for (const json::value& call : items.as_array()) {
    rows.push_back({text_of(call, "id"), text_of(call, "direction"), text_of(call, "from"), text_of(call, "to"),
                    text_of(call, "state"), short_time(text_of(call, "start")), text_of(call, "trunk"),
                    std::to_string(array_of(call, "legs").size())});
  }
  print(table({"ID", "DIRECTION", "FROM", "TO", "STATE", "START (UTC)", "TRUNK", "LEGS"}, rows, "no calls"));
  return exit_ok;
}

int carry_out(const CallsShow& command) {
  json::object params{{"call_id", command.id}, {"messages", command.messages || !command.pcap.empty()}};
  const auto answer = ask(command.where, "calls.show", json::serialize(params));
  if (!answer) return report(answer.error());
  json::value call = json::parse(*answer);
  if (!command.pcap.empty()) {
    if (const auto written = write_pcap(command.pcap, call); !written) return report(written.error());
    if (!command.messages) call.as_object()["messages"] = json::array();
  }
  if (command.output == Output::json) return std::puts(json::serialize(call).c_str()), exit_ok;
  print_fields(call,
               {"id", "direction", "state", "from", "from_name", "to", "trunk", "route", "start", "answer", "end"});
  print_legs(call);
  print_quality(call);
  print_voice(call);
  for (const json::value& message : array_of(call, "messages")) print_message(message);
  return exit_ok;
}

int carry_out(const CallsHangup& command) {
  const auto answer = ask(command.where, "call.hangup", json::serialize(json::object{{"call_id", command.id}}));
  return answer ? exit_ok : report(answer.error());
}

int carry_out(const RecordsList& command) {
  json::object params{{"limit", command.limit}};
  if (!command.number.empty()) params["number"] = command.number;
  if (!command.disposition.empty()) params["disposition"] = command.disposition;
  const auto answer = ask(command.where, "records.list", json::serialize(params));
  if (!answer) return report(answer.error());
  const json::array records = array_of(json::parse(*answer), "items");
  if (command.output == Output::json) return std::puts(json::serialize(records).c_str()), exit_ok;
  std::vector<std::vector<std::string>> rows;
  for (const json::value& r : records) {
    rows.push_back({text_of(r, "id"), short_time(text_of(r, "start")), text_of(r, "direction"), text_of(r, "from"),
                    text_of(r, "to"), text_of(r, "disposition"), in_seconds(number_of(r, "talk_ms")),
                    text_of(r, "sip_status"), text_of(r, "hangup_by")});
  }
  print(table({"ID", "START (UTC)", "DIRECTION", "FROM", "TO", "DISPOSITION", "TALK", "STATUS", "HUNG UP BY"}, rows,
              "no records"));
  return exit_ok;
}

int carry_out(const RecordsShow& command) {
  const auto answer = ask(command.where, "records.show", json::serialize(json::object{{"id", command.id}}));
  if (!answer) return report(answer.error());
  if (command.output == Output::json) return std::puts(answer->c_str()), exit_ok;
  const json::value record = json::parse(*answer);
  print_fields(
      record, {"id", "direction", "from", "from_name", "to", "to_answered", "trunk", "route", "start", "ring", "answer",
               "end", "duration_ms", "talk_ms", "disposition", "hangup_by", "sip_status", "q850", "reason"});
  print_legs(record);
  print_quality(record);
  print_transcript(record);
  return exit_ok;
}

}  // namespace junctor::hub::cli
