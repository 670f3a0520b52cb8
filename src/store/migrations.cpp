#include "store/migrations.hpp"

#include <array>

namespace junctor::store {
namespace {

constexpr std::array<std::string_view, 6> steps = {
    // 1: users of the database; only hashes of their passwords.
    R"(CREATE TABLE users (
         username TEXT PRIMARY KEY,
         realm TEXT NOT NULL,
         display_name TEXT NOT NULL,
         ha1_md5 TEXT NOT NULL,
         ha1_sha256 TEXT NOT NULL,
         ha1_sha512_256 TEXT NOT NULL,
         voicemail INTEGER NOT NULL,
         ring_secs INTEGER NOT NULL,
         forward_busy TEXT NOT NULL,
         forward_no_answer TEXT NOT NULL,
         forward_always TEXT NOT NULL,
         forward_unregistered TEXT NOT NULL
       ) WITHOUT ROWID;)",

    // 2: where registered phones can be reached.
    R"(CREATE TABLE bindings (
         user TEXT NOT NULL,
         contact TEXT NOT NULL,
         protocol INTEGER NOT NULL,
         received TEXT NOT NULL,
         local TEXT NOT NULL,
         listener INTEGER NOT NULL,
         path TEXT NOT NULL,
         q_milli INTEGER NOT NULL,
         expires_ms INTEGER NOT NULL,
         call_id TEXT NOT NULL,
         cseq INTEGER NOT NULL,
         instance TEXT NOT NULL,
         reg_id INTEGER NOT NULL,
         user_agent TEXT NOT NULL,
         PRIMARY KEY (user, contact)
       ) WITHOUT ROWID;)",

    // 3: call records. Moments are NULL as long as they have not come.
    R"(CREATE TABLE calls (
         call_id TEXT PRIMARY KEY,
         direction TEXT NOT NULL,
         disposition TEXT NOT NULL,
         from_number TEXT NOT NULL,
         from_name TEXT NOT NULL,
         to_number TEXT NOT NULL,
         to_answered TEXT NOT NULL,
         trunk TEXT NOT NULL,
         route TEXT NOT NULL,
         start_ms INTEGER,
         ring_ms INTEGER,
         answer_ms INTEGER,
         end_ms INTEGER,
         hangup_by TEXT NOT NULL,
         sip_status INTEGER NOT NULL,
         q850 INTEGER NOT NULL,
         reason TEXT NOT NULL,
         recordings TEXT NOT NULL,
         variables TEXT NOT NULL
       ) WITHOUT ROWID;
       CREATE INDEX calls_by_start ON calls (start_ms);
       CREATE INDEX calls_open ON calls (call_id) WHERE disposition = 'open';
       CREATE TABLE legs (
         call_id TEXT NOT NULL,
         leg INTEGER NOT NULL,
         kind TEXT NOT NULL,
         sip_call_id TEXT NOT NULL,
         uri TEXT NOT NULL,
         codec TEXT NOT NULL,
         address TEXT NOT NULL,
         start_ms INTEGER,
         answer_ms INTEGER,
         end_ms INTEGER,
         packets_sent INTEGER NOT NULL,
         packets_received INTEGER NOT NULL,
         packets_lost INTEGER NOT NULL,
         jitter_ms REAL NOT NULL,
         mos REAL NOT NULL,
         verdict TEXT NOT NULL,
         PRIMARY KEY (call_id, leg)
       ) WITHOUT ROWID;)",

    // 4: what the audio of a leg was like, both ways.
    "ALTER TABLE legs ADD COLUMN quality TEXT NOT NULL DEFAULT ''",

    // 5: what was said in a call.
    R"(CREATE TABLE transcripts (
         call_id TEXT NOT NULL,
         number INTEGER NOT NULL,
         kind TEXT NOT NULL,
         side TEXT NOT NULL,
         from_ms INTEGER NOT NULL,
         to_ms INTEGER NOT NULL,
         confidence REAL NOT NULL,
         text TEXT NOT NULL,
         PRIMARY KEY (call_id, number)
       ) WITHOUT ROWID;)",

    // 6: how far the numbers of events have come.
    R"(CREATE TABLE sequences (
         stream TEXT PRIMARY KEY,
         number INTEGER NOT NULL
       ) WITHOUT ROWID;)",
};

}  // namespace

std::span<const std::string_view> migrations() {
  return steps;
}

}  // namespace junctor::store
