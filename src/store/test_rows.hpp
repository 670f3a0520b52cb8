#pragma once
// Rows and folders for the tests of this room.
#include <cstdlib>
#include <filesystem>
#include <gtest/gtest.h>
#include <string>
#include <utility>

#include "store/store.hpp"

namespace junctor::store {

/// A folder of its own for one test, removed with it.
class TempFolder {
 public:
  TempFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "junctor-store-XXXXXX").string();
    EXPECT_NE(::mkdtemp(name.data()), nullptr);
    path_ = name;
  }
  ~TempFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;

  std::string file(const char* name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

inline LegRow leg_row(std::uint32_t leg) {
  LegRow row;
  row.leg = leg;
  row.kind = "device";
  row.sip_call_id = "k3j2h4k2jh34@192.0.2." + std::to_string(leg);
  row.uri = "sip:100" + std::to_string(leg) + "@192.0.2.10:5060";
  row.start_ms = 1'800'000'000'000;
  return row;
}

inline CallStart call_start(std::string id, std::int64_t start_ms = 1'800'000'000'000) {
  CallRow call;
  call.call_id = std::move(id);
  call.from = "1001";
  call.from_name = "Alice";
  call.to = "1002";
  call.start_ms = start_ms;
  return {call, {leg_row(1)}};
}

inline CallAnswer call_answer(std::string id) {
  CallAnswer answer;
  answer.call_id = std::move(id);
  answer.ring_ms = 1'800'000'001'000;
  answer.answer_ms = 1'800'000'002'000;
  answer.to_answered = "1002";
  answer.legs = {leg_row(1), leg_row(2)};
  for (LegRow& leg : answer.legs) leg.codec = "PCMA", leg.answer_ms = answer.answer_ms;
  return answer;
}

inline CallEnd call_end(std::string id, std::int64_t start_ms = 1'800'000'000'000) {
  CallEnd end{call_start(std::move(id), start_ms).call, call_answer({}).legs};
  end.call.disposition = Disposition::answered;
  end.call.direction = Direction::inbound;
  end.call.ring_ms = 1'800'000'001'000;
  end.call.answer_ms = 1'800'000'002'000;
  end.call.end_ms = 1'800'000'062'000;
  end.call.to_answered = "1002";
  end.call.trunk = "carrier";
  end.call.route = "main number";
  end.call.hangup_by = "caller";
  end.call.sip_status = 200;
  end.call.q850 = 16;
  end.call.reason = "Normal call clearing";
  end.call.variables = R"({"campaign":"x"})";
  end.call.recordings = R"([{"id":"r1"}])";
  for (LegRow& leg : end.legs) {
    leg.end_ms = end.call.end_ms;
    leg.address = "192.0.2.10:4000";
    leg.packets_sent = 3000;
    leg.packets_received = 2990;
    leg.packets_lost = 10;
    leg.jitter_ms = 1.5;
    leg.mos = 4.375;
    leg.verdict = "one_way";
    leg.quality = R"({"in":{}})";
  }
  return end;
}

inline BindingRow binding_row(std::string user, std::string contact) {
  BindingRow row;
  row.user = std::move(user);
  row.contact = std::move(contact);
  row.protocol = 1;
  row.received = "192.0.2.10:40001";
  row.local = "192.0.2.1:5060";
  row.listener = 3;
  row.path = "<sip:edge.example;lr>";
  row.q_milli = 500;
  row.expires_ms = 1'800'000'600'000;
  row.call_id = "reg-1";
  row.cseq = 7;
  row.instance = "<urn:uuid:00000000-0000-1000-8000-000A95A0E128>";
  row.reg_id = 1;
  row.user_agent = "phone/1";
  return row;
}

inline UserRow user_row(std::string username) {
  UserRow row;
  row.username = std::move(username);
  row.realm = "junctor";
  row.display_name = "Alice \"A\" O'Neil; DROP TABLE users";
  row.ha1_md5 = "0123456789abcdef0123456789abcdef";
  row.voicemail = false;
  row.ring_secs = 40;
  row.forward_busy = "voicemail:1001";
  return row;
}

inline WallTime wall(std::int64_t ms) {
  return WallTime(milliseconds(ms));
}

}  // namespace junctor::store
