#include "apps/program/program_streams.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "stream/media_frame.hpp"

namespace junctor::apps::program {
namespace {

constexpr Duration key_duration = milliseconds(100), key_gap = milliseconds(60);

stream::Direction direction_of(StreamDirection direction) {
  switch (direction) {
    case StreamDirection::send:
      return stream::Direction::send;
    case StreamDirection::recv:
      return stream::Direction::recv;
    case StreamDirection::sendrecv:
      break;
  }
  return stream::Direction::sendrecv;
}

Result<stream::Format, Failure> format_of(const StreamFormat& wanted) {
  auto format = stream::make_format(wanted.codec, wanted.sample_rate, wanted.channels, wanted.ptime_ms);
  if (!format) return fail(invalid_params("format." + format.error()));
  return *format;
}

}  // namespace

call::Leg* ProgramStreams::leg_of(const Running& running, LegId leg) const {
  call::Call* const call = parts_.calls.find(running.call);
  return call == nullptr ? nullptr : call->leg(leg);
}

stream::Source ProgramStreams::source_of(const Running& running) const {
  const call::Leg* const leg = leg_of(running, running.leg);
  const PortId port = leg != nullptr && leg->port_is_open() ? leg->port()->id : PortId{};
  return {running.listening.mixer(), running.listening.rate(), port};
}

// ----------------------------------------------------------------------------------------------------------- commands

void ProgramStreams::run(const MediaStreamStart& c, const Requester&, const Reply<MediaStreamStart>& reply,
                         TimePoint now) {
  const auto format = format_of(c.format);
  ProgramCall* const call = parts_.programs.find(c.call_id.id);
  if (call == nullptr) return reply(fail(not_found(c.call_id.name)), now);
  if (!format) return reply(fail(format.error()), now);
  Wanted wanted;
  wanted.settings.direction = direction_of(c.direction);
  wanted.settings.format = *format;
  answer(c.call_id.id, start(*call, std::move(wanted), now), reply, now);
}

void ProgramStreams::run(const MediaInjectStart& c, const Requester&, const Reply<MediaInjectStart>& reply,
                         TimePoint now) {
  const auto format = format_of(c.format);
  ProgramCall* const call = parts_.programs.find(c.call_id.id);
  if (call == nullptr) return reply(fail(not_found(c.call_id.name)), now);
  if (!format) return reply(fail(format.error()), now);
  Wanted wanted;
  wanted.settings.direction = stream::Direction::send;
  wanted.settings.format = *format;
  wanted.inject = true;
  wanted.replace = c.mode == InjectMode::replace;
  wanted.leg_id = c.leg_id;
  answer(c.call_id.id, start(*call, std::move(wanted), now), reply, now);
}

void ProgramStreams::answer(CallId call, const Result<StreamOpened, Failure>& opened,
                            const Reply<MediaStreamStart>& reply, TimePoint now) {
  reply(opened, now);
  if (!opened) return;
  const Running& running = running_.at(opened->stream_id);
  parts_.events.publish(
      {call, {}, {}, events::MediaStreamStarted{opened->stream_id, stream::to_string(running.direction)}}, now);
}

void ProgramStreams::run(const MediaStreamStop& c, const Requester&, const Reply<MediaStreamStop>& reply,
                         TimePoint now) {
  stop(c, false, reply, now);
}

void ProgramStreams::run(const MediaInjectStop& c, const Requester&, const Reply<MediaInjectStop>& reply,
                         TimePoint now) {
  stop(c, true, reply, now);
}

template <class Command>
void ProgramStreams::stop(const Command& c, bool inject, const Reply<Command>& reply, TimePoint now) {
  const call::Calls::Turn turn(parts_.calls, now);
  std::vector<std::string> ids;
  std::vector<const call::Leg*> legs;
  for (auto& [id, running] : running_) {
    const bool meant = c.stream_id.empty() ? running.inject == inject : c.stream_id == id;
    if (running.call != c.call_id.id || !meant) continue;
    ids.push_back(id);
    if (const call::Leg* const leg = leg_of(running, running.leg)) legs.push_back(leg);
    silence(running);
    parts_.streams.stop(id, "stopped", now);
  }
  if (ids.empty()) return reply(fail(failed("not_found", "the call has no such stream")), now);
  for (const std::string& id : ids) running_.erase(id);
  parts_.fence.after(
      legs,
      [this, call = c.call_id.id, ids, reply](TimePoint then) {
        reply({}, then);
        for (const std::string& id : ids)
          parts_.events.publish({call, {}, {}, events::MediaStreamStopped{id, "stopped"}}, then);
      },
      now);
}

Result<std::string, Failure> ProgramStreams::bridge(ProgramCall& call, std::string_view target, BridgeEnded ended,
                                                    TimePoint now) {
  auto parsed = stream::BridgeTarget::parse(target);
  if (!parsed) return fail(invalid_params(parsed.error()));
  Wanted wanted;
  wanted.target = std::move(*parsed);
  wanted.settings.format = wanted.target->format;
  wanted.settings.facts = {to_string(call.id), "caller", call.caller, call.callee};
  auto returns = wanted.target->returns;
  const auto opened = start(call, std::move(wanted), now);
  if (!opened) return fail(opened.error());
  Running& running = running_.at(opened->stream_id);
  running.returns = std::move(returns);
  running.ended = std::move(ended);
  parts_.events.publish({call.id, {}, {}, events::MediaStreamStarted{opened->stream_id, "sendrecv"}}, now);
  return opened->stream_id;
}

// ------------------------------------------------------------------------------------------------------------ a stream

Result<StreamOpened, Failure> ProgramStreams::start(ProgramCall& call, Wanted wanted, TimePoint now) {
  const call::Calls::Turn turn(parts_.calls, now);
  const auto here = std::ranges::count_if(running_, [&](const auto& each) { return each.second.call == call.id; });
  if (static_cast<std::size_t>(here) >= streams_max)
    return fail(failed("full", "a call has " + std::to_string(streams_max) + " streams at most"));
  call::Leg* const leg = parts_.programs.leg_of(call, wanted.leg_id);
  if (leg == nullptr && !wanted.leg_id.empty()) return fail(invalid_params("the call has no such leg_id"));
  if (leg == nullptr || !leg->is_up() || !leg->port_is_open()) return fail(invalid_state("the call is not answered"));
  if (leg->mixer == nullptr) parts_.calls.find(call.id)->own_mixer(*leg);
  Running running{.call = call.id,
                  .leg = leg->id(),
                  .to = wanted.inject ? leg->id() : LegId{},
                  .direction = wanted.settings.direction,
                  .inject = wanted.inject,
                  .replace = wanted.replace,
                  .listening = Listening(*leg)};
  if (!running.listening.mixer()) return fail(failed("command_failed", "the call has no audio"));
  const stream::Format format = wanted.settings.format;
  const auto opened = wanted.target
                          ? parts_.streams.dial(*wanted.target, wanted.settings.facts, source_of(running), now)
                          : parts_.streams.open(wanted.settings, source_of(running), now);
  if (!opened) return fail(failed("full", std::to_string(stream::Streams::streams_max) + " streams are open"));
  Running& kept = running_.emplace(opened->id, std::move(running)).first->second;
  if (opened->feed) play(opened->id, kept, opened->feed);
  if (kept.replace) set_replaced(kept, true);
  return StreamOpened{opened->id, std::string(stream::Streams::path) + opened->id,
                      static_cast<std::uint32_t>(stream::frame_bytes(format))};
}

void ProgramStreams::play(const std::string& id, Running& running, std::shared_ptr<media::FeedRing> feed) {
  call::Leg* const leg = leg_of(running, running.leg);
  if (leg == nullptr || leg->mixer == nullptr) return;
  media::Play what;
  if (running.to) what.to = leg->port()->id;
  what.what = std::move(feed);
  const auto number = std::make_shared<media::PlayId>();
  running.play = leg->mixer->play(
      std::move(what), [this, id, number](media::PlayEnd why, TimePoint now) { on_play_ended(id, *number, why, now); });
  *number = running.play;
}

/// The mixer was closed, or its one listener has left it: where it sits now, the next event tells.
void ProgramStreams::on_play_ended(const std::string& id, media::PlayId play, media::PlayEnd why, TimePoint now) {
  const auto at = running_.find(id);
  if (at == running_.end() || at->second.play != play) return;
  at->second.play = {};
  if (why == media::PlayEnd::stopped) end(at, "the media plane does not play it", now);
}

void ProgramStreams::follow(const std::string& id, Running& running, TimePoint now) {
  call::Leg* const leg = leg_of(running, running.leg);
  if (leg == nullptr || !leg->is_up() || !leg->port_is_open()) return;
  const bool speaks = stream::speaks(running.direction);
  const bool moved = running.listening.follow(*leg);
  if (!moved && (!speaks || running.play)) return parts_.streams.set_caller(id, leg->port()->id, now);
  if (leg->mixer == nullptr) return;
  parts_.calls.plays().stop(std::exchange(running.play, {}));
  if (auto feed = parts_.streams.follow(id, source_of(running), now)) play(id, running, std::move(feed));
  if (running.replace) set_replaced(running, true);
}

void ProgramStreams::silence(Running& running) {
  parts_.calls.plays().stop(std::exchange(running.play, {}));
  if (running.replace) set_replaced(running, false);
}

void ProgramStreams::set_replaced(const Running& running, bool on) {
  const call::Leg* const leg = leg_of(running, running.to);
  if (leg == nullptr || leg->mixer == nullptr) return;
  const bool others = std::ranges::any_of(running_, [&](const auto& each) {
    return &each.second != &running && each.second.replace && each.second.to == running.to;
  });
  call::Voice voice = leg->mixer->voice(*leg);
  voice.hears_others = !on && !others;
  leg->mixer->set_voice(*leg, voice);
}

void ProgramStreams::end(Streams::iterator at, const std::string& reason, TimePoint now) {
  silence(at->second);
  const auto entry = running_.extract(at);
  parts_.streams.stop(entry.key(), reason, now);
  const Running& running = entry.mapped();
  parts_.events.publish({running.call, {}, {}, events::MediaStreamStopped{entry.key(), reason}}, now);
  if (running.ended) running.ended({reason, running.returns}, now);
}

void ProgramStreams::end_all(CallId call, const std::string& reason, TimePoint now) {
  for (auto at = running_.begin(); at != running_.end();) {
    const auto next = std::next(at);
    if (at->second.call == call) {
      at->second.ended = nullptr;
      end(at, reason, now);
    }
    at = next;
  }
}

// -------------------------------------------------------------------------------------------------------------- events

void ProgramStreams::on_call_event(const call::Event& event, TimePoint now) {
  if (std::holds_alternative<call::Ended>(event.body)) return end_all(event.call, "the call has ended", now);
  const auto* const gone = std::get_if<call::LegGone>(&event.body);
  const auto* const digit = std::get_if<call::Digit>(&event.body);
  for (auto at = running_.begin(); at != running_.end();) {
    const auto here = at++;
    if (here->second.call != event.call) continue;
    if (gone != nullptr && gone->leg == here->second.leg) {
      here->second.ended = nullptr;
      end(here, "the call has ended", now);
      continue;
    }
    if (digit != nullptr) parts_.streams.press(here->first, digit->digit, now);
    follow(here->first, here->second, now);
  }
}

void ProgramStreams::on_stream_event(const stream::Event& event, TimePoint now) {
  if (const auto* ended = std::get_if<stream::Ended>(&event)) {
    if (const auto at = running_.find(ended->id); at != running_.end()) end(at, ended->reason, now);
    return;
  }
  const auto& keys = std::get<stream::KeysPressed>(event);
  const auto at = running_.find(keys.id);
  if (at == running_.end()) return;
  (void)parts_.calls.send_digits(at->second.call, at->second.leg, keys.digits, key_duration, key_gap, now);
}

std::optional<CallId> ProgramStreams::call_of(std::string_view stream_id) const {
  const auto at = running_.find(stream_id);
  return at == running_.end() ? std::nullopt : std::optional(at->second.call);
}

Result<void, std::string> ProgramStreams::on_frame(std::string_view bytes, TokenId token, TimePoint now) {
  const auto frame = stream::parse_media_frame(bytes);
  if (!frame) return fail(std::string("a binary frame has a header of 16 bytes and whole samples"));
  std::string id;
  for (const auto& [each, running] : running_) {
    const ProgramCall* const call = parts_.programs.find(running.call);
    if (call == nullptr || call->token != token || !stream::speaks(running.direction)) continue;
    if (each == frame->id) {
      id = each;
      break;
    }
    if (call->name.substr(0, stream::stream_id_length) != frame->id) continue;
    if (!id.empty()) return fail(std::string("several streams are meant by that call's name"));
    id = each;
  }
  if (id.empty()) return fail(std::string("no such stream"));
  return parts_.streams.on_frame(id, *frame, now);
}

}  // namespace junctor::apps::program
