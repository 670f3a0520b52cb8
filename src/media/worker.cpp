#include "media/worker.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "base/check.hpp"
#include "base/prefetch.hpp"
#include "media/port.hpp"
#include "media/room.hpp"
#include "rtp/packet.hpp"

namespace junctor::media {
namespace {

enum class TimerKind : std::uint8_t { report, timeout, keys, mixers, sweep };

/// The ports are judged in so many parts: the packets wait for one part at a time, and a wake-up serves many ports.
constexpr std::uint32_t sweep_parts = 8;
constexpr Duration sweep_interval = LegHealth::interval / sweep_parts;
/// Mixers that are late (the thread was held up) make up for so many ticks at once and let the rest go.
constexpr int ticks_at_once_max = 5;
/// A leg to which something was sent so long ago is still being heard.
constexpr Duration heard_until = LegEncoder::gap_max;

// A timer's token is the PortId with the kind in the byte of the worker, which is known here.
constexpr int kind_shift = 56;

std::uint64_t timer_token(TimerKind kind, PortId id) {
  return make_port_id(static_cast<std::uint32_t>(kind), slot_of(id), generation_of(id)).value;
}

}  // namespace

Worker::Worker(const WorkerSettings& settings, DatagramSender& sender, EventSink& events, Random& random,
               Counters& counters, TimePoint start)
    : settings_(settings),
      sender_(sender),
      events_(events),
      random_(random),
      no_port_(counters.get("media_dropped_no_port")),
      wheel_(start),
      slots_(settings.slots) {
  JUNCTOR_CHECK(settings.index < workers_max && settings.slots <= slots_max - guest_slots);
  for (std::size_t reason = 0; reason < drop_reasons; ++reason) {
    drops_[reason] = &counters.get(std::string("media_dropped_") + to_string(static_cast<Drop>(reason)));
  }
}

Worker::~Worker() = default;

Worker::Slot& Worker::slot(PortId id) {
  const std::uint32_t index = slot_of(id);
  JUNCTOR_CHECK(worker_of(id) == settings_.index && generation_of(id) != 0);
  JUNCTOR_CHECK(index < settings_.slots + guest_slots);
  if (index >= slots_.size()) slots_.resize(index + 1);
  return slots_[index];
}

Port* Worker::find(PortId id) {
  Port* const port = slot(id).port.get();
  return port != nullptr && port->id() == id ? port : nullptr;
}

Room* Worker::find(MixerId id) {
  JUNCTOR_CHECK(worker_of(id) == settings_.index);
  const auto at = rooms_.find(id);
  return at == rooms_.end() ? nullptr : at->second.get();
}

MixedLeg* Worker::seat_of(const Port& port) {
  return slots_[slot_of(port.id())].mixed.get();
}

Port* Worker::partner(const Port& port) {
  return port.feed == Feed::relay ? find(port.partner) : nullptr;
}

// --------------------------------------------------------------------------------------------------------------
// packets

void Worker::on_datagram(std::uint64_t tag, const Address& from, std::span<const std::uint8_t> bytes, TimePoint now) {
  const std::uint32_t index = slot_of_tag(tag);
  Port* const port = index < slots_.size() ? slots_[index].port.get() : nullptr;
  if (port == nullptr) return no_port_.add();
  const bool rtcp = channel_of_tag(tag) == Channel::rtcp || (port->rtcp_mux() && rtp::looks_like_rtcp(bytes));
  std::array<std::uint8_t, packet_size_max> room;
  const auto clear = port->unprotect(rtcp ? Channel::rtcp : Channel::rtp, bytes, room);
  if (!clear) return;
  if (rtcp) {
    port->receive_rtcp(*clear, from, now);
  } else if (const auto arrival = port->receive(*clear, from, now, events_)) {
    deliver(*arrival, *port, now);
  }
  if (port->timeout_raised) arm_timeout(*port, now);
}

void Worker::expect(std::uint64_t tag, std::size_t before) const {
  const auto port_at = [this](std::uint32_t index) {
    return index < slots_.size() ? slots_[index].port.get() : nullptr;
  };
  const Port* const port = port_at(slot_of_tag(tag));
  if (port == nullptr) return;
  if (before == 3) return prefetch(port, sizeof(Port));
  const Port* const to = port->feed == Feed::relay ? port_at(slot_of(port->partner)) : nullptr;
  if (before == 2) {
    port->prefetch_receive_keys();
    if (to != nullptr) prefetch(to, sizeof(Port));
  } else if (to != nullptr) {
    to->prefetch_send_keys();
  }
}

void Worker::deliver(const Arrival& arrival, Port& port, TimePoint now) {
  if (port.feed == Feed::mixer) return seat_of(port)->receive(arrival, now);
  Port* const to = port.feed == Feed::echo ? &port : partner(port);
  if (to == nullptr) return;
  to->forward(arrival, port, sender_, now);
  if (port.take_unmapped_audio()) events_.on_event(CannotRelay{port.id()});
}

// ---------------------------------------------------------------------------------------------------------------
// timers

void Worker::on_timer(std::uint64_t token, TimePoint now) {
  const auto kind = static_cast<TimerKind>(token >> kind_shift);
  if (kind == TimerKind::mixers) return tick_mixers(now);
  if (kind == TimerKind::sweep) return sweep(now);
  const PortId id = make_port_id(settings_.index, slot_of({token}), generation_of({token}));
  Port* const port = find(id);
  if (port == nullptr) return;
  switch (kind) {
    case TimerKind::report:
      look_at_playout(*port, now);
      port->send_report(partner(*port), wall_, false, sender_, now);
      port->count_drops(drops_);
      events_.on_event(Stats{id, port->stats()});
      if (MixedLeg* const leg = seat_of(*port)) leg->encoder.expect_loss(port->remote_loss());
      return schedule_report(*port, now);
    case TimerKind::timeout:
      return check_timeout(*port, now);
    case TimerKind::keys:
      port->key_timer = {};
      if (port->feed == Feed::mixer) return;
      port->send_keys(sender_, now);
      return arm_keys(*port);
    case TimerKind::mixers:
    case TimerKind::sweep:
      return;
  }
}

void Worker::on_unreachable(std::uint64_t tag, const Address& to, TimePoint now) {
  const std::uint32_t index = slot_of_tag(tag);
  Port* const port = index < slots_.size() ? slots_[index].port.get() : nullptr;
  if (port != nullptr && channel_of_tag(tag) == Channel::rtp) port->on_unreachable(to, now);
}

void Worker::sweep(TimePoint now) {
  for (std::uint32_t slot = sweep_part_; slot < slots_used_; slot += sweep_parts) {
    Port* const port = slots_[slot].port.get();
    if (port == nullptr) continue;
    look_at_playout(*port, now);
    port->release_lost_key(now, events_);
    if (port->check(now)) events_.on_event(Judged{port->id(), port->verdict()});
  }
  sweep_part_ = (sweep_part_ + 1) % sweep_parts;
  sweep_timer_ = wheel_.schedule(now + sweep_interval, *this, timer_token(TimerKind::sweep, {}));
}

void Worker::look_at_playout(Port& port, TimePoint now) {
  port.playout.reset();
  if (const MixedLeg* const leg = seat_of(port)) {
    port.playout = {leg->decoder.concealed_ms(), leg->decoder.jitter_target_ms(now)};
  }
}

void Worker::schedule_report(Port& port, TimePoint now) {
  // RFC 3550 §6.2: half to one and a half times the interval, so that ports do not fall into step.
  const auto interval = settings_.rtcp_interval;
  const auto varied = static_cast<std::uint64_t>(interval.count());
  const Duration wait = interval / 2 + Duration(static_cast<std::int64_t>(random_.below(varied)));
  port.report_timer = wheel_.schedule(now + wait, *this, timer_token(TimerKind::report, port.id()));
}

void Worker::check_timeout(Port& port, TimePoint now) {
  port.timeout_timer = {};
  const auto due = port.timeout_at();
  if (!due) return;
  if (*due > now) return arm_timeout(port, now);
  port.timeout_raised = true;
  events_.on_event(Timeout{port.id()});
}

void Worker::arm_timeout(Port& port, TimePoint now) {
  // Packets do not touch the timer: when it fires it looks when the last one came.
  const auto due = port.timeout_at();
  if (!due || *due <= now) return;
  port.timeout_raised = false;
  wheel_.cancel(port.timeout_timer);
  port.timeout_timer = wheel_.schedule(*due, *this, timer_token(TimerKind::timeout, port.id()));
}

void Worker::arm_keys(Port& port) {
  wheel_.cancel(port.key_timer);
  const auto due = port.keys_wake();
  if (!due || port.feed == Feed::mixer) return;
  port.key_timer = wheel_.schedule(*due, *this, timer_token(TimerKind::keys, port.id()));
}

// -------------------------------------------------------------------------------------------------------------
// commands

void Worker::on_command(const Command& command, TimePoint now) {
  const Outcome outcome = std::visit([&](const auto& c) { return apply(c, now); }, command);
  if (const Token token = token_of(command); token != 0) events_.on_event(Done{token, outcome});
}

Outcome Worker::apply(const OpenPort& command, TimePoint now) {
  Slot& place = slot(command.id);
  if (place.port || generation_of(command.id) <= place.closed_generation) return Outcome::bad_parameter;
  install(std::make_unique<Port>(command.id, random_, ciphers_), now);
  return Outcome::done;
}

Outcome Worker::apply(const SetRemote& command, TimePoint now) {
  Port* const port = find(command.id);
  if (port == nullptr) return Outcome::no_such_port;
  if (port->set_remote(command, now)) {
    if (port->feed == Feed::echo) port->map_formats_to(*port);
    if (Port* const other = partner(*port)) map_both(*port, *other);
    if (MixedLeg* const leg = seat_of(*port)) leg->set_formats();
  }
  arm_timeout(*port, now);
  return Outcome::done;
}

Outcome Worker::apply(const Join& command, TimePoint now) {
  Port* const a = find(command.a);
  Port* const b = find(command.b);
  if (a == nullptr || b == nullptr) return Outcome::no_such_port;
  if (a == b) return Outcome::bad_parameter;
  if (partner(*a) == b) return Outcome::done;
  const auto seat_a = unseat(*a), seat_b = unseat(*b);
  detach(*a);
  detach(*b);
  a->feed = b->feed = Feed::relay;
  a->partner = b->id();
  b->partner = a->id();
  a->out().begin_source();
  b->out().begin_source();
  map_both(*a, *b);
  if (seat_a && seat_b && &seat_a->room() == &seat_b->room()) {
    pass_on(*seat_a, *b, now);
    pass_on(*seat_b, *a, now);
  }
  return Outcome::done;
}

Outcome Worker::apply(const Leave& command, TimePoint) {
  Port* const port = find(command.id);
  if (port == nullptr) return Outcome::no_such_port;
  if (port->feed == Feed::relay) detach(*port);
  return Outcome::done;
}

Outcome Worker::apply(const Echo& command, TimePoint) {
  Port* const port = find(command.id);
  if (port == nullptr) return Outcome::no_such_port;
  if (port->feed == Feed::echo) return Outcome::done;
  detach(*port);
  port->feed = Feed::echo;
  port->out().begin_source();
  port->map_formats_to(*port);
  return Outcome::done;
}

Outcome Worker::apply(const StopEcho& command, TimePoint) {
  Port* const port = find(command.id);
  if (port == nullptr) return Outcome::no_such_port;
  if (port->feed == Feed::echo) detach(*port);
  return Outcome::done;
}

Outcome Worker::apply(const OpenMixer& command, TimePoint) {
  const bool known = command.rate == 8000 || command.rate == 16000 || command.rate == 48000;
  if (!known || find(command.id) != nullptr) return Outcome::bad_parameter;
  rooms_.emplace(command.id, std::make_unique<Room>(command.rate));
  return Outcome::done;
}

Outcome Worker::apply(const CloseMixer& command, TimePoint) {
  Room* const room = find(command.id);
  if (room == nullptr) return Outcome::bad_parameter;
  room->stop_all_plays();
  tell_ended(*room);
  while (room->size() != 0) detach(room->legs().back()->port());
  std::erase_if(taps_, [&](const auto& tap) { return tap.second == command.id; });
  rooms_.erase(command.id);
  return Outcome::done;
}

Outcome Worker::apply(const Seat& command, TimePoint now) {
  Port* const port = find(command.port);
  if (port == nullptr) return Outcome::no_such_port;
  Room* const room = find(command.mixer);
  if (room == nullptr) return Outcome::bad_parameter;
  if (const MixedLeg* const leg = seat_of(*port); leg != nullptr && &leg->room() == room) return Outcome::done;
  if (room->full()) return Outcome::bad_parameter;
  const auto newest = port->out().newest_time();
  const bool continues = newest && now - *newest <= heard_until;
  auto leg = std::make_unique<MixedLeg>(*port, *room, continues);
  if (!leg->set_formats()) return Outcome::no_format;
  detach(*port);
  room->seat(*leg, continues, command);
  slot(command.port).mixed = std::move(leg);
  port->feed = Feed::mixer;
  start_ticks(now);
  ++seated_;
  return Outcome::done;
}

Outcome Worker::apply(const Unseat& command, TimePoint) {
  Port* const port = find(command.port);
  if (port == nullptr) return Outcome::no_such_port;
  if (port->feed == Feed::mixer) detach(*port);
  return Outcome::done;
}

Outcome Worker::apply(const Hearing& command, TimePoint) {
  Port* const port = find(command.port);
  if (port == nullptr) return Outcome::no_such_port;
  MixedLeg* const leg = seat_of(*port);
  return leg != nullptr && change_hearing(*leg, command) ? Outcome::done : Outcome::bad_parameter;
}

Outcome Worker::apply(const Snapshot& command, TimePoint now) {
  Port* const port = find(command.id);
  if (port == nullptr) return Outcome::no_such_port;
  look_at_playout(*port, now);
  events_.on_event(Stats{command.id, port->stats()});
  return Outcome::done;
}

Outcome Worker::apply(const Close& command, TimePoint now) {
  Slot& place = slot(command.id);
  const std::uint32_t generation = generation_of(command.id);
  if (generation <= place.closed_generation) return Outcome::no_such_port;
  Port* const port = find(command.id);
  JUNCTOR_CHECK(port != nullptr || place.port == nullptr);  // a pair is leased again only after Closed
  Closed closed{command.id, {}};
  if (port != nullptr) {
    look_at_playout(*port, now);
    port->send_report(partner(*port), wall_, true, sender_, now);
    closed.stats = port->stats();
    detach(*port);
    remove(*port);
  }
  place.closed_generation = generation;
  events_.on_event(closed);
  return Outcome::done;
}

Outcome Worker::apply(const Play& command, TimePoint now) {
  Room* const room = find(command.mixer);
  if (room == nullptr || plays_.contains(command.id)) return Outcome::bad_parameter;
  const MixedLeg* listener = nullptr;
  if (command.to) {
    const Port* const port = find(command.to);
    if (port == nullptr) return Outcome::no_such_port;
    listener = seat_of(*port);
    if (listener == nullptr || &listener->room() != room) return Outcome::bad_parameter;
  }
  if (!room->play(command, listener)) return Outcome::bad_parameter;
  if (command.id) plays_.emplace(command.id, command.mixer);
  start_ticks(now);
  ++playing_;
  return Outcome::done;
}

Outcome Worker::apply(const StopPlay& command, TimePoint) {
  const auto at = plays_.find(command.id);
  if (at == plays_.end()) return Outcome::bad_parameter;
  Room& room = *find(at->second);
  room.stop_play(command.id);
  tell_ended(room);
  return Outcome::done;
}

Outcome Worker::apply(const OpenTap& command, TimePoint) {
  Room* const room = find(command.mixer);
  if (room == nullptr || taps_.contains(command.id) || !room->open_tap(command)) return Outcome::bad_parameter;
  taps_.emplace(command.id, command.mixer);
  return Outcome::done;
}

Outcome Worker::apply(const CloseTap& command, TimePoint) {
  const auto at = taps_.find(command.id);
  if (at == taps_.end()) return Outcome::bad_parameter;
  find(at->second)->close_tap(command.id);
  taps_.erase(at);
  return Outcome::done;
}

Outcome Worker::apply(const SendDigits& command, TimePoint now) {
  Port* const port = find(command.id);
  if (port == nullptr) return Outcome::no_such_port;
  if (!port->prepare_keys()) return Outcome::no_format;
  if (!rtp::can_press(command.digits, command.duration, command.gap)) return Outcome::bad_parameter;
  if (command.digits.size() > port->keys_room()) {
    port->drop(Drop::digit_flood);
    return Outcome::bad_parameter;
  }
  for (const char digit : command.digits)
    port->press({.event = *rtp::dtmf_event(digit), .duration = command.duration, .gap = command.gap});
  if (port->feed != Feed::mixer) port->send_keys(sender_, now);
  arm_keys(*port);
  return Outcome::done;
}

Outcome Worker::apply(const Process& command, TimePoint) {
  Port* const port = find(command.port);
  if (port == nullptr) return Outcome::no_such_port;
  MixedLeg* const leg = seat_of(*port);
  return leg != nullptr && leg->voice.set(command) ? Outcome::done : Outcome::bad_parameter;
}

// --------------------------------------------------------------------------------------------------------------
// ports that come and go

void Worker::install(std::unique_ptr<Port> port, TimePoint now) {
  Slot& place = slot(port->id());
  place.port = std::move(port);
  slots_used_ = std::max(slots_used_, slot_of(place.port->id()) + 1);
  if (open_ports_++ == 0) {
    sweep_timer_ = wheel_.schedule(now + sweep_interval, *this, timer_token(TimerKind::sweep, {}));
  }
  schedule_report(*place.port, now);
}

std::unique_ptr<Port> Worker::remove(Port& port) {
  port.count_drops(drops_);
  for (TimerId* const timer : {&port.report_timer, &port.timeout_timer, &port.key_timer}) wheel_.cancel(*timer);
  if (--open_ports_ == 0) wheel_.cancel(sweep_timer_);
  return std::move(slot(port.id()).port);
}

std::unique_ptr<Port> Worker::hand_over(PortId id) {
  slot(id).closed_generation = generation_of(id);
  Port* const port = find(id);
  if (port == nullptr) return nullptr;
  if (port->feed == Feed::relay || port->feed == Feed::mixer) detach(*port);
  return remove(*port);
}

void Worker::take_over(PortId id, std::unique_ptr<Port> port, TimePoint now) {
  JUNCTOR_CHECK(slot_of(id) >= settings_.slots && slot(id).port == nullptr);
  if (port == nullptr) return;
  port->rename(id, ciphers_);
  Port& taken = *port;
  install(std::move(port), now);
  if (!taken.timeout_raised) check_timeout(taken, now);
  arm_keys(taken);
}

void Worker::detach(Port& port) {
  if (Port* const other = partner(port)) {
    other->feed = Feed::none;
    other->partner = {};
  }
  unseat(port);
  port.feed = Feed::none;
  port.partner = {};
}

void Worker::map_both(Port& a, Port& b) {
  a.map_formats_to(b);
  b.map_formats_to(a);
}

// -------------------------------------------------------------------------------------------------------------
// mixers

void Worker::start_ticks(TimePoint now) {
  if (seated_ + playing_ != 0) return;
  next_tick_ = now + tick_span;
  tick_timer_ = wheel_.schedule(next_tick_, *this, timer_token(TimerKind::mixers, {}));
}

void Worker::stop_ticks() {
  if (seated_ + playing_ == 0) wheel_.cancel(tick_timer_);
}

void Worker::tell_ended(Room& room) {
  for (const PlayEnded& ended : room.take_ended()) {
    --playing_;
    if (!ended.id) continue;
    plays_.erase(ended.id);
    events_.on_event(ended);
  }
  stop_ticks();
}

void Worker::tick_mixers(TimePoint now) {
  for (int ticks = 0; next_tick_ <= now; ++ticks) {
    if (ticks == ticks_at_once_max) {
      for (const auto& [id, room] : rooms_) room->resume();
      next_tick_ = now + tick_span;
      break;
    }
    for (const auto& [id, room] : rooms_) {
      room->tick(sender_, events_, next_tick_);
      tell_ended(*room);
    }
    next_tick_ += tick_span;
  }
  if (seated_ + playing_ == 0) return;
  tick_timer_ = wheel_.schedule(next_tick_, *this, timer_token(TimerKind::mixers, {}));
}

std::unique_ptr<MixedLeg> Worker::unseat(Port& port) {
  auto leg = std::move(slot(port.id()).mixed);
  if (!leg) return nullptr;
  Room* const room = &leg->room();
  room->unseat(*leg);
  port.add_concealed(leg->decoder.concealed_ms());
  port.playout.reset();
  port.feed = Feed::none;
  --seated_;
  arm_keys(port);
  tell_ended(*room);
  return leg;
}

void Worker::pass_on(MixedLeg& leg, Port& to, TimePoint now) {
  while (const auto arrival = leg.decoder.release()) to.forward(*arrival, leg.port(), sender_, now);
}

bool Worker::change_hearing(MixedLeg& leg, const Hearing& command) {
  Mixer& mixer = leg.room().mixer();
  const Mixer::Member member = leg.member();
  const auto apply_exception = [&](const Hearing::Exception& change) {
    const Port* const port = find(change.speaker);
    const MixedLeg* const speaker = port == nullptr ? nullptr : seat_of(*port);
    if (speaker == nullptr || &speaker->room() != &leg.room()) return false;
    if (change.gain) return mixer.set_exception(speaker->member(), member, *change.gain);
    mixer.clear_exception(speaker->member(), member);
    return true;
  };
  const auto apply_change = [&]<class Change>(const Change& change) {
    if constexpr (std::is_same_v<Change, Hearing::Speak>) {
      if (change.bus >= Mixer::buses_max || !mixer.speak(member, change.bus, change.gain)) return false;
      if (change.bus == 0) leg.is_party = change.gain > 0;
      return true;
    } else if constexpr (std::is_same_v<Change, Hearing::Hear>) {
      if (change.bus && *change.bus >= Mixer::buses_max) return false;
      mixer.hear(member, change.bus);
      return true;
    } else if constexpr (std::is_same_v<Change, Hearing::InputGain>) {
      mixer.set_input_gain(member, change.gain);
      return true;
    } else if constexpr (std::is_same_v<Change, Hearing::OutputGain>) {
      mixer.set_output_gain(member, change.gain);
      return true;
    } else {
      return apply_exception(change);
    }
  };
  return std::visit(apply_change, command.change);
}

}  // namespace junctor::media
