#include "store/rows.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace junctor::store {
namespace {

using Done = Result<void, std::string>;

Done done(const Result<int, std::string>& changed) {
  if (!changed) return fail(changed.error());
  return {};
}

// -- calls

constexpr std::string_view insert_call =
    "INSERT INTO calls (call_id, direction, disposition, from_number, from_name, to_number, to_answered, trunk, route,"
    " start_ms, ring_ms, answer_ms, end_ms, hangup_by, sip_status, q850, reason, recordings, variables)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (call_id) DO NOTHING";

// start_ms is left alone: it does not change, and its index entry stays as it is.
constexpr std::string_view close_call =
    "INSERT INTO calls (call_id, direction, disposition, from_number, from_name, to_number, to_answered, trunk, route,"
    " start_ms, ring_ms, answer_ms, end_ms, hangup_by, sip_status, q850, reason, recordings, variables)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (call_id) DO UPDATE SET"
    " direction = excluded.direction, disposition = excluded.disposition, from_number = excluded.from_number,"
    " from_name = excluded.from_name, to_number = excluded.to_number, to_answered = excluded.to_answered,"
    " trunk = excluded.trunk, route = excluded.route, ring_ms = excluded.ring_ms, answer_ms = excluded.answer_ms,"
    " end_ms = excluded.end_ms, hangup_by = excluded.hangup_by, sip_status = excluded.sip_status,"
    " q850 = excluded.q850, reason = excluded.reason, recordings = excluded.recordings,"
    " variables = excluded.variables WHERE calls.disposition = 'open'";

constexpr std::string_view put_leg =
    "INSERT INTO legs (call_id, leg, kind, sip_call_id, uri, codec, address, start_ms, answer_ms, end_ms, packets_sent,"
    " packets_received, packets_lost, jitter_ms, mos, verdict, quality)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (call_id, leg) DO UPDATE SET"
    " kind = excluded.kind, sip_call_id = excluded.sip_call_id, uri = excluded.uri, codec = excluded.codec,"
    " address = excluded.address, start_ms = excluded.start_ms, answer_ms = excluded.answer_ms,"
    " end_ms = excluded.end_ms, packets_sent = excluded.packets_sent, packets_received = excluded.packets_received,"
    " packets_lost = excluded.packets_lost, jitter_ms = excluded.jitter_ms, mos = excluded.mos,"
    " verdict = excluded.verdict, quality = excluded.quality";

Result<int, std::string> write_call(Statement& statement, const CallRow& call) {
  statement.start();
  statement.text(call.call_id).text(to_string(call.direction)).text(to_string(call.disposition));
  statement.text(call.from).text(call.from_name).text(call.to).text(call.to_answered).text(call.trunk).text(call.route);
  statement.moment(call.start_ms).moment(call.ring_ms).moment(call.answer_ms).moment(call.end_ms);
  statement.text(call.hangup_by).number(call.sip_status).number(call.q850).text(call.reason);
  statement.text(call.recordings).text(call.variables);
  return statement.run();
}

Done write_legs(Connection& connection, std::string_view call_id, const std::vector<LegRow>& legs) {
  Statement& statement = connection.statement(put_leg);
  for (const LegRow& leg : legs) {
    statement.start();
    statement.text(call_id).number(leg.leg).text(leg.kind).text(leg.sip_call_id).text(leg.uri).text(leg.codec);
    statement.text(leg.address).moment(leg.start_ms).moment(leg.answer_ms).moment(leg.end_ms);
    statement.number(static_cast<std::int64_t>(leg.packets_sent));
    statement.number(static_cast<std::int64_t>(leg.packets_received));
    statement.number(static_cast<std::int64_t>(leg.packets_lost));
    statement.real(leg.jitter_ms).real(leg.mos).text(leg.verdict).text(leg.quality);
    if (const auto result = statement.run(); !result) return fail(result.error());
  }
  return {};
}

/// Legs follow their call: where the call's row was left as it is, so are they.
Done legs_if_changed(Connection& connection, const Result<int, std::string>& changed, std::string_view call_id,
                     const std::vector<LegRow>& legs) {
  if (!changed) return fail(changed.error());
  if (*changed == 0) return {};
  return write_legs(connection, call_id, legs);
}

Done apply(Connection& connection, const CallStart& write) {
  const auto changed = write_call(connection.statement(insert_call), write.call);
  return legs_if_changed(connection, changed, write.call.call_id, write.legs);
}

Done apply(Connection& connection, const CallEnd& write) {
  const auto changed = write_call(connection.statement(close_call), write.call);
  return legs_if_changed(connection, changed, write.call.call_id, write.legs);
}

Done apply(Connection& connection, const CallAnswer& write) {
  constexpr std::string_view sql =
      "UPDATE calls SET ring_ms = ?, answer_ms = ?, to_answered = ? WHERE call_id = ? AND disposition = 'open'";
  Statement& statement = connection.statement(sql);
  statement.start().moment(write.ring_ms).moment(write.answer_ms).text(write.to_answered).text(write.call_id);
  return legs_if_changed(connection, statement.run(), write.call_id, write.legs);
}

Done apply(Connection& connection, const PruneCalls& write) {
  // What is open stays, however long ago it began.
  constexpr std::string_view find =
      "SELECT call_id FROM calls WHERE start_ms < ? AND disposition <> 'open' ORDER BY start_ms LIMIT ?";
  constexpr std::string_view delete_call = "DELETE FROM calls WHERE call_id = ?";
  constexpr std::string_view delete_legs = "DELETE FROM legs WHERE call_id = ?";
  constexpr std::string_view delete_transcript = "DELETE FROM transcripts WHERE call_id = ?";
  std::vector<std::string> old;
  Statement& query = connection.statement(find);
  query.start().number(write.before_ms).number(write.rows);
  while (query.next()) old.push_back(query.text_at(0));
  if (query.failed()) return fail(query.error());
  for (const std::string& call_id : old) {
    for (const auto sql : {delete_legs, delete_transcript, delete_call}) {
      if (const auto result = connection.statement(sql).start().text(call_id).run(); !result)
        return fail(result.error());
    }
  }
  return {};
}

Done apply(Connection& connection, const AddTranscript& write) {
  constexpr std::string_view sql =
      "INSERT INTO transcripts (call_id, number, kind, side, from_ms, to_ms, confidence, text)"
      " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (call_id, number) DO NOTHING";
  const TranscriptRow& row = write.row;
  Statement& put = connection.statement(sql);
  put.start().text(write.call_id).number(row.number).text(row.kind).text(row.side);
  put.number(row.from_ms).number(row.to_ms).real(row.confidence).text(row.text);
  return done(put.run());
}

// -- bindings and users

constexpr std::string_view put_binding =
    "INSERT OR REPLACE INTO bindings (user, contact, protocol, received, local, listener, path, q_milli, expires_ms,"
    " call_id, cseq, instance, reg_id, user_agent) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

Done apply(Connection& connection, const UpdateBindings& write) {
  constexpr std::string_view remove_all = "DELETE FROM bindings WHERE user = ?";
  constexpr std::string_view remove_one = "DELETE FROM bindings WHERE user = ? AND contact = ?";
  if (write.remove_all) {
    if (const auto r = connection.statement(remove_all).start().text(write.user).run(); !r) return fail(r.error());
  }
  for (const std::string& contact : write.remove) {
    const auto r = connection.statement(remove_one).start().text(write.user).text(contact).run();
    if (!r) return fail(r.error());
  }
  Statement& put = connection.statement(put_binding);
  for (const BindingRow& row : write.put) {
    put.start().text(row.user).text(row.contact).number(row.protocol).text(row.received).text(row.local);
    put.number(row.listener).text(row.path).number(row.q_milli).number(row.expires_ms).text(row.call_id);
    put.number(row.cseq).text(row.instance).number(row.reg_id).text(row.user_agent);
    if (const auto r = put.run(); !r) return fail(r.error());
  }
  return {};
}

Done apply(Connection& connection, const PutUser& write) {
  constexpr std::string_view sql =
      "INSERT OR REPLACE INTO users (username, realm, display_name, ha1_md5, ha1_sha256, ha1_sha512_256, voicemail,"
      " ring_secs, forward_busy, forward_no_answer, forward_always, forward_unregistered)"
      " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
  const UserRow& user = write.user;
  Statement& put = connection.statement(sql);
  put.start().text(user.username).text(user.realm).text(user.display_name);
  put.text(user.ha1_md5).text(user.ha1_sha256).text(user.ha1_sha512_256);
  put.number(user.voicemail ? 1 : 0).number(user.ring_secs);
  put.text(user.forward_busy).text(user.forward_no_answer).text(user.forward_always).text(user.forward_unregistered);
  return done(put.run());
}

Done apply(Connection& connection, const RemoveUser& write) {
  constexpr std::string_view sql = "DELETE FROM users WHERE username = ?";
  return done(connection.statement(sql).start().text(write.username).run());
}

Done apply(Connection& connection, const CallRecordings& write) {
  constexpr std::string_view sql = "UPDATE calls SET recordings = ? WHERE call_id = ?";
  return done(connection.statement(sql).start().text(write.recordings).text(write.call_id).run());
}

Done apply(Connection& connection, const ReserveSequence& write) {
  constexpr std::string_view sql =
      "INSERT INTO sequences (stream, number) VALUES (?1, ?2)"
      " ON CONFLICT (stream) DO UPDATE SET number = max(number, excluded.number)";
  const auto number = static_cast<std::int64_t>(write.reserved);
  return done(connection.statement(sql).start().text(write.stream).number(number).run());
}

Done apply(Connection& connection, const CloseSequence& write) {
  constexpr std::string_view sql = "INSERT OR REPLACE INTO sequences (stream, number) VALUES (?, ?)";
  const auto number = static_cast<std::int64_t>(write.used);
  return done(connection.statement(sql).start().text(write.stream).number(number).run());
}

// -- reads

#define JUNCTOR_CALL_COLUMNS                                                                               \
  "SELECT call_id, direction, disposition, from_number, from_name, to_number, to_answered, trunk, route, " \
  "start_ms, ring_ms, answer_ms, end_ms, hangup_by, sip_status, q850, reason, recordings, variables FROM calls "

CallRow call_at(const Statement& row) {
  CallRow call;
  call.call_id = row.text_at(0);
  call.direction = parse_direction(row.text_at(1)).value_or(Direction::internal);
  call.disposition = parse_disposition(row.text_at(2)).value_or(Disposition::failed);
  call.from = row.text_at(3);
  call.from_name = row.text_at(4);
  call.to = row.text_at(5);
  call.to_answered = row.text_at(6);
  call.trunk = row.text_at(7);
  call.route = row.text_at(8);
  call.start_ms = row.number_at(9);
  call.ring_ms = row.number_at(10);
  call.answer_ms = row.number_at(11);
  call.end_ms = row.number_at(12);
  call.hangup_by = row.text_at(13);
  call.sip_status = static_cast<std::int32_t>(row.number_at(14));
  call.q850 = static_cast<std::int32_t>(row.number_at(15));
  call.reason = row.text_at(16);
  call.recordings = row.text_at(17);
  call.variables = row.text_at(18);
  return call;
}

Result<std::vector<LegRow>, std::string> read_legs(Connection& connection, std::string_view call_id) {
  constexpr std::string_view sql =
      "SELECT leg, kind, sip_call_id, uri, codec, address, start_ms, answer_ms, end_ms, packets_sent, packets_received,"
      " packets_lost, jitter_ms, mos, verdict, quality FROM legs WHERE call_id = ? ORDER BY leg";
  std::vector<LegRow> legs;
  Statement& row = connection.statement(sql);
  row.start().text(call_id);
  while (row.next()) {
    LegRow& leg = legs.emplace_back();
    leg.leg = static_cast<std::uint32_t>(row.number_at(0));
    leg.kind = row.text_at(1);
    leg.sip_call_id = row.text_at(2);
    leg.uri = row.text_at(3);
    leg.codec = row.text_at(4);
    leg.address = row.text_at(5);
    leg.start_ms = row.number_at(6);
    leg.answer_ms = row.number_at(7);
    leg.end_ms = row.number_at(8);
    leg.packets_sent = static_cast<std::uint64_t>(row.number_at(9));
    leg.packets_received = static_cast<std::uint64_t>(row.number_at(10));
    leg.packets_lost = static_cast<std::uint64_t>(row.number_at(11));
    leg.jitter_ms = row.real_at(12);
    leg.mos = row.real_at(13);
    leg.verdict = row.text_at(14);
    leg.quality = row.text_at(15);
  }
  if (row.failed()) return fail(row.error());
  return legs;
}

Result<std::vector<TranscriptRow>, std::string> read_transcript(Connection& connection, std::string_view call_id) {
  constexpr std::string_view sql =
      "SELECT number, kind, side, from_ms, to_ms, confidence, text FROM transcripts WHERE call_id = ?"
      " ORDER BY from_ms, number";
  std::vector<TranscriptRow> out;
  Statement& row = connection.statement(sql);
  row.start().text(call_id);
  while (row.next()) {
    TranscriptRow& said = out.emplace_back();
    said.number = static_cast<std::uint32_t>(row.number_at(0));
    said.kind = row.text_at(1);
    said.side = row.text_at(2);
    said.from_ms = row.number_at(3);
    said.to_ms = row.number_at(4);
    said.confidence = row.real_at(5);
    said.text = row.text_at(6);
  }
  if (row.failed()) return fail(row.error());
  return out;
}

}  // namespace

Result<void, std::string> apply_write(Connection& connection, const Write& write) {
  return std::visit([&](const auto& typed) { return apply(connection, typed); }, write);
}

Result<int, std::string> interrupt_open_calls(Connection& connection) {
  constexpr std::string_view sql = "UPDATE calls SET disposition = 'interrupted' WHERE disposition = 'open'";
  return connection.statement(sql).start().run();
}

Result<std::vector<BindingRow>, std::string> read_bindings(Connection& connection, std::int64_t valid_after_ms) {
  constexpr std::string_view forget = "DELETE FROM bindings WHERE expires_ms <= ?";
  constexpr std::string_view sql =
      "SELECT user, contact, protocol, received, local, listener, path, q_milli, expires_ms, call_id, cseq, instance,"
      " reg_id, user_agent FROM bindings ORDER BY user, contact";
  if (const auto r = connection.statement(forget).start().number(valid_after_ms).run(); !r) return fail(r.error());
  std::vector<BindingRow> bindings;
  Statement& row = connection.statement(sql);
  row.start();
  while (row.next()) {
    BindingRow& binding = bindings.emplace_back();
    binding.user = row.text_at(0);
    binding.contact = row.text_at(1);
    binding.protocol = static_cast<std::uint8_t>(row.number_at(2));
    binding.received = row.text_at(3);
    binding.local = row.text_at(4);
    binding.listener = static_cast<std::uint32_t>(row.number_at(5));
    binding.path = row.text_at(6);
    binding.q_milli = static_cast<std::uint16_t>(row.number_at(7));
    binding.expires_ms = row.number_at(8);
    binding.call_id = row.text_at(9);
    binding.cseq = static_cast<std::uint32_t>(row.number_at(10));
    binding.instance = row.text_at(11);
    binding.reg_id = static_cast<std::uint32_t>(row.number_at(12));
    binding.user_agent = row.text_at(13);
  }
  if (row.failed()) return fail(row.error());
  return bindings;
}

Result<std::map<std::string, std::uint64_t>, std::string> read_sequences(Connection& connection) {
  std::map<std::string, std::uint64_t> out;
  Statement& row = connection.statement("SELECT stream, number FROM sequences");
  row.start();
  while (row.next()) out[std::string(row.text_at(0))] = static_cast<std::uint64_t>(row.number_at(1));
  if (row.failed()) return fail(row.error());
  return out;
}

Result<std::vector<UserRow>, std::string> read_users(Connection& connection) {
  constexpr std::string_view sql =
      "SELECT username, realm, display_name, ha1_md5, ha1_sha256, ha1_sha512_256, voicemail, ring_secs, forward_busy,"
      " forward_no_answer, forward_always, forward_unregistered FROM users ORDER BY username";
  std::vector<UserRow> users;
  Statement& row = connection.statement(sql);
  row.start();
  while (row.next()) {
    UserRow& user = users.emplace_back();
    user.username = row.text_at(0);
    user.realm = row.text_at(1);
    user.display_name = row.text_at(2);
    user.ha1_md5 = row.text_at(3);
    user.ha1_sha256 = row.text_at(4);
    user.ha1_sha512_256 = row.text_at(5);
    user.voicemail = row.number_at(6) != 0;
    user.ring_secs = static_cast<std::uint32_t>(row.number_at(7));
    user.forward_busy = row.text_at(8);
    user.forward_no_answer = row.text_at(9);
    user.forward_always = row.text_at(10);
    user.forward_unregistered = row.text_at(11);
  }
  if (row.failed()) return fail(row.error());
  return users;
}

Result<std::vector<CallRecord>, std::string> read_calls(Connection& connection, const CallFilter& filter) {
  constexpr std::string_view sql = JUNCTOR_CALL_COLUMNS
      "WHERE start_ms >= ?1 AND (start_ms < ?2 OR (start_ms = ?2 AND call_id < ?6)) AND (?3 = '' OR ?3 IN "
      "(from_number, to_number, to_answered))"
      " AND (?4 = '' OR disposition = ?4) ORDER BY start_ms DESC, call_id DESC LIMIT ?5";
  std::vector<CallRecord> records;
  Statement& row = connection.statement(sql);
  row.start().number(filter.from_ms);
  row.number(filter.before_ms == 0 ? std::numeric_limits<std::int64_t>::max() : filter.before_ms);
  row.text(filter.number).text(filter.disposition ? to_string(*filter.disposition) : std::string_view());
  row.number(static_cast<std::int64_t>(std::min(filter.limit, list_rows_max))).text(filter.before_id);
  while (row.next()) records.push_back({call_at(row), {}, {}});
  if (row.failed()) return fail(row.error());
  for (CallRecord& record : records) {
    auto legs = read_legs(connection, record.call.call_id);
    if (!legs) return fail(legs.error());
    record.legs = std::move(*legs);
  }
  return records;
}

Result<std::optional<CallRecord>, std::string> read_call(Connection& connection, std::string_view call_id) {
  constexpr std::string_view sql = JUNCTOR_CALL_COLUMNS "WHERE call_id = ?";
  Statement& row = connection.statement(sql);
  std::optional<CallRecord> record;
  row.start().text(call_id);
  while (row.next()) record = CallRecord{call_at(row), {}, {}};
  if (row.failed()) return fail(row.error());
  if (!record) return record;
  auto legs = read_legs(connection, call_id);
  if (!legs) return fail(legs.error());
  record->legs = std::move(*legs);
  auto transcript = read_transcript(connection, call_id);
  if (!transcript) return fail(transcript.error());
  record->transcript = std::move(*transcript);
  return record;
}

}  // namespace junctor::store
