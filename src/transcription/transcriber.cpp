#include "transcription/transcriber.hpp"

#include <utility>

namespace junctor::transcription {

const char* to_string(EndReason reason) {
  return reason == EndReason::refused ? "refused" : "stopped";
}

Transcriber::Transcriber(WebSockets& sockets, Wakes wakes, Log& log, Counters& counters)
    : sockets_(sockets),
      wakes_(std::move(wakes)),
      log_(log),
      stream_counters_(counters),
      started_(counters.get("transcriptions_started")),
      refused_(counters.get("transcriptions_refused")),
      dropped_(counters.get("transcription_events_dropped")),
      orders_(queue_capacity),
      events_(queue_capacity) {}

// -- control thread

void Transcriber::begin(Beginning beginning) {
  const TranscriptionId id = beginning.id;
  push({id, std::move(beginning)});
}

void Transcriber::change(TranscriptionId id, Change change) {
  push({id, std::move(change)});
}

void Transcriber::push(Order order) {
  if (orders_.send(std::make_unique<Order>(std::move(order)))) wakes_.transcriber();
}

bool Transcriber::deliver(const std::function<void(const Event&, TimePoint)>& sink, TimePoint now) {
  if (orders_.flush()) wakes_.transcriber();
  bool some = false;
  while (const auto event = events_.receive()) {
    sink(**event, now);
    some = true;
  }
  return some;
}

// -- transcriber's thread

std::optional<TimePoint> Transcriber::run_once(TimePoint now) {
  take_orders();
  work(now);
  if (sessions_.empty() && events_.backlog() == 0) return std::nullopt;
  return now + interval;
}

void Transcriber::take_orders() {
  while (const auto order = orders_.receive()) {
    if (auto* beginning = std::get_if<Beginning>(&(*order)->what)) {
      sessions_.emplace((*order)->id, std::make_unique<Session>(sockets_, stream_counters_, std::move(*beginning)));
    } else if (const auto at = sessions_.find((*order)->id); at != sessions_.end()) {
      at->second->change(std::move(std::get<Change>((*order)->what)));
    }
  }
}

void Transcriber::work(TimePoint now) {
  for (auto at = sessions_.begin(); at != sessions_.end();) {
    at->second->work(now, made_);
    at = at->second->done() ? sessions_.erase(at) : std::next(at);
  }
  bool some = events_.flush();
  for (Event& event : made_) {
    note(event, now);
    const auto* segment = std::get_if<Segment>(&event);
    if (segment != nullptr && !segment->final && events_.backlog() >= unpublished_max) {
      dropped_.add();
    } else {
      some = events_.send(std::make_unique<Event>(std::move(event))) || some;
    }
  }
  made_.clear();
  if (some) wakes_.control();
}

void Transcriber::note(const Event& event, TimePoint now) {
  if (std::holds_alternative<Started>(event)) started_.add();
  const auto* ended = std::get_if<Ended>(&event);
  const bool refused = ended != nullptr && ended->reason == EndReason::refused;
  if (refused) refused_.add();
  if (now < next_line_) return;
  if (refused) {
    log_.warning("the transcription engine does not let us in", {{"error", ended->error}});
  } else if (const auto* trouble = std::get_if<Trouble>(&event)) {
    log_.warning("the transcription engine is not there", {{"error", trouble->error}});
  } else if (const auto* lost = std::get_if<Lost>(&event)) {
    log_.warning("some sound was not transcribed",
                 {{"side", lost->side}, {"ms", std::to_string(lost->length.count())}});
  } else {
    return;
  }
  next_line_ = now + log_interval;
}

void Transcriber::finish() {
  sessions_.clear();
}

}  // namespace junctor::transcription
