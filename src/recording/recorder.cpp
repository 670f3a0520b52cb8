#include "recording/recorder.hpp"

#include <utility>

namespace junctor::recording {

const char* to_string(StopReason reason) {
  switch (reason) {
    case StopReason::stopped:
      return "stopped";
    case StopReason::length_max:
      return "length_max";
    case StopReason::failed:
      return "failed";
    case StopReason::interrupted:
      return "interrupted";
  }
  return "";
}

Recorder::Recorder(audio::Disk& disk, Wakes wakes, Log& log, Counters& counters)
    : disk_(disk),
      wakes_(std::move(wakes)),
      log_(log),
      counters_(counters),
      started_(counters.get("recordings_started")),
      failed_(counters.get("recordings_failed")),
      mended_(counters.get("recordings_mended")),
      deleted_(counters.get("recordings_deleted")),
      orders_(queue_capacity),
      events_(queue_capacity) {}

// -- control thread

void Recorder::begin(Beginning beginning) {
  const RecordingId id = beginning.id;
  push({id, std::move(beginning)});
}

void Recorder::change(RecordingId id, Change change) {
  push({id, std::move(change)});
}

void Recorder::mask(FileMask::Order order) {
  const RecordingId id = order.id;
  push({id, std::move(order)});
}

void Recorder::repair(std::string folder) {
  push({{}, RepairOrder{std::move(folder)}});
}

void Recorder::prune(std::string folder, WallTime before) {
  push({{}, PruneOrder{std::move(folder), before}});
}

void Recorder::push(Order order) {
  if (orders_.send(std::make_unique<Order>(std::move(order)))) wakes_.recorder();
}

bool Recorder::deliver(const std::function<void(const Event&, TimePoint)>& sink, TimePoint now) {
  if (orders_.flush()) wakes_.recorder();
  bool some = false;
  while (const auto event = events_.receive()) {
    sink(**event, now);
    some = true;
  }
  return some;
}

// -- recorder's thread

std::optional<TimePoint> Recorder::run_once(TimePoint now) {
  take_orders();
  const bool busy = work(now);
  publish();
  if (busy || events_.backlog() != 0) return now + milliseconds(busy ? 0 : 1);
  if (sessions_.empty()) return std::nullopt;
  return now + interval;
}

void Recorder::take_orders() {
  while (const auto order = orders_.receive()) take_order(**order);
}

void Recorder::take_order(Order& order) {
  if (auto* repair = std::get_if<RepairOrder>(&order.what)) {
    repair_ = std::make_unique<Repair>(disk_, log_, std::move(repair->folder));
  } else if (auto* prune = std::get_if<PruneOrder>(&order.what)) {
    if (!retention_) retention_ = std::make_unique<Retention>(disk_, log_, std::move(prune->folder), prune->before);
  } else if (auto* beginning = std::get_if<Beginning>(&order.what)) {
    sessions_.emplace(order.id, std::make_unique<Session>(disk_, counters_, std::move(*beginning)));
  } else if (auto* mask = std::get_if<FileMask::Order>(&order.what)) {
    const auto session = sessions_.find(order.id);
    if (session != sessions_.end()) {
      session->second->change({TimePoint::min(), Change::MaskFile{mask->from_ms, mask->to_ms, mask->token}});
    } else {
      masks_.emplace_back(disk_, std::move(*mask));
    }
  } else if (const auto at = sessions_.find(order.id); at != sessions_.end()) {
    at->second->change(std::move(std::get<Change>(order.what)));
  }
}

/// True when there is more to do at once.
bool Recorder::work(TimePoint now) {
  bool busy = false;
  if (repair_) {
    if (repair_->step(made_)) {
      busy = true;
    } else {
      repair_.reset();
    }
  }
  if (retention_) {
    if (retention_->step(made_)) {
      busy = true;
    } else {
      retention_.reset();
    }
  }
  for (auto at = sessions_.begin(); at != sessions_.end();) {
    Session& session = *at->second;
    session.work(now, made_);
    busy = busy || (session.busy() && !session.done());
    if (session.done()) {
      for (const Change::MaskFile& late : session.take_late_masks())
        masks_.emplace_back(disk_, FileMask::Order{session.id(), late.token, session.path(), late.from_ms, late.to_ms});
    }
    at = session.done() ? sessions_.erase(at) : std::next(at);
  }
  return work_on_masks() || busy;
}

/// A piece of the first one.
bool Recorder::work_on_masks() {
  if (!masks_.empty() && !masks_.front().step(made_)) masks_.pop_front();
  return !masks_.empty();
}

void Recorder::publish() {
  bool some = events_.flush();
  for (Event& event : made_) {
    if (std::holds_alternative<Started>(event)) started_.add();
    if (std::holds_alternative<Deleted>(event)) deleted_.add();
    if (const auto* stopped = std::get_if<Stopped>(&event)) {
      if (stopped->reason == StopReason::interrupted) mended_.add();
      if (stopped->reason == StopReason::failed) {
        failed_.add();
        log_.error("recording failed", {{"manifest", stopped->manifest}, {"error", stopped->error}});
      }
    }
    some = events_.send(std::make_unique<Event>(std::move(event))) || some;
  }
  made_.clear();
  if (some) wakes_.control();
}

void Recorder::finish() {
  take_orders();
  for (const auto& [id, session] : sessions_) {
    session->stop_now();
    while (!session->done()) session->work({}, made_);
  }
  sessions_.clear();
  publish();
}

}  // namespace junctor::recording
