// REST: call records.
#include <charconv>

#include "control/rest_table.hpp"
#include "control/to_json.hpp"

namespace junctor::control {
namespace {

namespace json = boost::json;
namespace chrono = std::chrono;

/// Digits at the front of `text`, so many; taken off it.
std::optional<int> digits(std::string_view& text, std::size_t count) {
  int value = 0;
  if (text.size() < count) return std::nullopt;
  const auto end = text.data() + count;
  if (std::from_chars(text.data(), end, value).ptr != end || value < 0) return std::nullopt;
  text.remove_prefix(count);
  return value;
}
bool sign(std::string_view& text, char c) {
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}

/// "2026-08-25" or "2026-08-25T10:00:00.123Z", also with an offset (RFC 3339 §5.6), as milliseconds since 1970.
std::optional<std::int64_t> moment_of(std::string_view text) {
  const auto year = digits(text, 4);
  if (!year || !sign(text, '-')) return std::nullopt;
  const auto month = digits(text, 2);
  if (!month || !sign(text, '-')) return std::nullopt;
  const auto day = digits(text, 2);
  if (!day) return std::nullopt;
  const chrono::year_month_day date{chrono::year(*year), chrono::month(static_cast<unsigned>(*month)),
                                    chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  chrono::sys_time<milliseconds> at{chrono::sys_days(date)};
  if (text.empty()) return at.time_since_epoch().count();
  if (!sign(text, 'T') && !sign(text, 't')) return std::nullopt;
  const auto hour = digits(text, 2);
  if (!hour || *hour > 23 || !sign(text, ':')) return std::nullopt;
  const auto minute = digits(text, 2);
  if (!minute || *minute > 59 || !sign(text, ':')) return std::nullopt;
  const auto second = digits(text, 2);
  if (!second || *second > 60) return std::nullopt;
  at += hours(*hour) + minutes(*minute) + seconds(*second);
  if (sign(text, '.')) {
    int factor = 100;
    for (; !text.empty() && text.front() >= '0' && text.front() <= '9'; text.remove_prefix(1), factor /= 10)
      at += milliseconds((text.front() - '0') * factor);
  }
  if (sign(text, 'Z') || sign(text, 'z'))
    return text.empty() ? std::optional(at.time_since_epoch().count()) : std::nullopt;
  // A '+' of the query may have come as a space.
  const int direction = text.starts_with('-') ? -1 : 1;
  if (!sign(text, '-') && !sign(text, '+') && !sign(text, ' ')) return std::nullopt;
  const auto hours_off = digits(text, 2);
  if (!hours_off || !sign(text, ':')) return std::nullopt;
  const auto minutes_off = digits(text, 2);
  if (!minutes_off || !text.empty()) return std::nullopt;
  at -= direction * (hours(*hours_off) + minutes(*minutes_off));
  return at.time_since_epoch().count();
}

/// "MS_ID" of the last record told.
bool read_cursor(std::string_view cursor, store::CallFilter& filter) {
  const auto end = cursor.find('_');
  if (end == std::string_view::npos) return false;
  const auto read = std::from_chars(cursor.data(), cursor.data() + end, filter.before_ms);
  filter.before_id = cursor.substr(end + 1);
  return read.ptr == cursor.data() + end && filter.before_ms > 0 && !filter.before_id.empty();
}

}  // namespace

void list_records(RestAsk& ask) {
  const auto limit = limit_of(ask);
  if (!limit) return;
  store::CallFilter filter;
  filter.limit = *limit;
  const auto refuse = [&](std::string why) { ask.back.fail({"invalid_params", std::move(why)}); };
  for (const auto& [name, into] : {std::pair("from", &filter.from_ms), std::pair("to", &filter.before_ms)}) {
    const auto asked = ask.query(name);
    if (!asked) continue;
    const auto moment = moment_of(*asked);
    if (!moment) return refuse('"' + std::string(name) + "\" must be a time as in RFC 3339, or a day");
    *into = *moment;
  }
  filter.number = ask.query("number").value_or("");
  if (const auto disposition = ask.query("disposition")) {
    filter.disposition = store::parse_disposition(*disposition);
    if (!filter.disposition) return refuse("\"disposition\" is none");
  }
  if (const auto cursor = ask.query("cursor"); cursor && !read_cursor(*cursor, filter))
    return refuse("\"cursor\" is none of this list");
  ask.commands.list_records(
      std::move(filter),
      [back = ask.back, limit = *limit](const Result<std::vector<store::CallRecord>, Failure>& found) {
        if (!found) return back.fail(found.error());
        std::optional<std::string> next;
        if (found->size() >= limit)
          next = std::to_string(found->back().call.start_ms) + '_' + found->back().call.call_id;
        back.answer(200, listing(to_json(*found).as_array(), std::move(next)));
      },
      ask.now);
}

void show_record(RestAsk& ask) {
  ask.commands.find_record(
      ask.name,
      [back = ask.back, id = ask.name](const Result<std::optional<store::CallRecord>, Failure>& found) {
        if (!found) return back.fail(found.error());
        if (!*found) return back.fail({"not_found", "no such record: " + id});
        back.answer(200, to_json(**found));
      },
      ask.now);
}

}  // namespace junctor::control
