#pragma once
// A program that controls calls, for scenarios: it gives commands to the hub's handlers, and keeps what it is answered
// and told, in order, one line each.
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "apps/program/bridges.hpp"
#include "apps/program/conference_rooms.hpp"
#include "apps/program/events.hpp"
#include "apps/program/media_mutes.hpp"
#include "apps/program/program_calls.hpp"
#include "apps/program/record_control.hpp"
#include "apps/program/supervisors.hpp"
#include "audio/goertzel.hpp"
#include "scenario.hpp"

namespace junctor::sim {

namespace program = apps::program;

class Program final : private program::EventSink {
 public:
  explicit Program(Sim& sim_)
      : sim(sim_),
        core(sim_.hub().core()),
        calls(core.calls()),
        bridges({core.calls(), calls, core.fence(), *this}),
        destinations({core.directory(), core.endpoint()}),
        rooms({core.calls(), calls, bridges, core.fence(), *this, core.call_recording(), destinations, core.timers(),
               random_, core.wall()}),
        supervisors({core.calls(), calls, bridges, rooms, core.fence(), *this, core.log()}),
        mutes({core.calls(), calls, core.fence(), *this}),
        records({core.calls(), calls, core.recordings(), core.call_recording(), *this, core.timers(), random_,
                 core.log()}) {
    destinations.set_office(std::make_shared<const apps::Office>(core.office()));
    core.set_recording_hook(
        [this](const recording::Event& event, TimePoint now) { records.on_recording_event(event, now); });
    core.set_call_hook([this](const call::Event& event, TimePoint now) {
      rooms.on_call_event(event, now);
      bridges.on_call_event(event, now);
      supervisors.on_call_event(event, now);
      records.on_call_event(event, now);
      if (std::holds_alternative<call::Ended>(event.body)) calls.on_ended(event.call, now);
    });
  }
  ~Program() override {
    core.set_call_hook(nullptr);
    core.set_recording_hook(nullptr);
  }

  /// The hub calls the phone, which picks up; the call has that name.
  program::ProgramCall& call(Phone& phone, std::string name) {
    const CallId id = core.calls().start_outgoing({"9000", "", ""}, {phone.user(), "", ""}, {}, sim.now());
    program::ProgramCall& entry = calls.add(id, who.token, std::move(name), sim.now());
    call::Call::AddLeg leg;
    const auto contact = core.registrar().lookup(phone.user(), sim.now()).at(0);
    leg.to.uri = contact.uri;
    leg.from = {"9000", "", ""};
    entry.leg = core.calls().add_leg(id, std::move(leg), sim.now()).value();
    EXPECT_TRUE(sim.until(3s, [&] { return phone.ringing(); }));
    phone.answer();
    EXPECT_TRUE(sim.until(3s, [&] { return phone.up() && calls.leg_of(entry)->is_up(); }));
    EXPECT_TRUE(core.calls().settle(id, entry.leg, sim.now()));
    entry.answered = sim.now();
    bridges.seat_alone(entry, sim.now());
    return entry;
  }

  /// Gives the command and waits for its result.
  template <class Family, class Command>
  Result<typename Command::Done, program::Failure> run(Family& family, const Command& command) {
    const auto result = start(family, command);
    EXPECT_TRUE(sim.until(5s, [&] { return result->has_value(); })) << Command::info.name;
    return result->value_or(fail(program::Failure{"no result", ""}));
  }
  template <class Family, class Command>
  auto start(Family& family, const Command& command) {
    auto result = std::make_shared<std::optional<Result<typename Command::Done, program::Failure>>>();
    family.run(
        command, who,
        [this, result](Result<typename Command::Done, program::Failure> done, TimePoint) {
          EXPECT_FALSE(result->has_value()) << "a second result";
          told.push_back(done ? "done" : "failed " + done.error().code);
          *result = std::move(done);
        },
        sim.now());
    return result;
  }
  /// The code of its failure; "done" if there was none.
  template <class Family, class Command>
  std::string code(Family& family, const Command& command) {
    const auto result = run(family, command);
    return result ? "done" : result.error().code;
  }

  template <class Ref>
  Ref ref(const std::string& name) {
    Ref out;
    out.name = name;
    const program::ProgramCall* const entry = calls.find(who.token, name, sim.now());
    out.id = entry != nullptr ? entry->id : CallId{};
    return out;
  }
  program::OwnCall own(const std::string& name) { return ref<program::OwnCall>(name); }

  /// As bridging does.
  void bridge(const std::string& a, const std::string& b) {
    bool bridged = false;
    bridges.join(
        *calls.find(own(a).id), *calls.find(own(b).id), false,
        [&](Result<void, program::Failure> done, TimePoint) { bridged = done.has_value(); }, sim.now());
    EXPECT_TRUE(sim.until(1s, [&] { return bridged; }));
  }

  /// What was told since the last time.
  std::vector<std::string> news() { return std::exchange(told, {}); }

  Sim& sim;
  hub::Core& core;
  program::Requester who{{1}, {1}, "test", {}, false};
  program::ProgramCalls calls;
  program::Bridges bridges;
  program::Destinations destinations;
  program::ConferenceRooms rooms;
  program::Supervisors supervisors;
  program::MediaMutes mutes;
  program::RecordControl records;
  std::vector<std::string> told;

 private:
  /// "name word word …": what the event says, calls by their names.
  struct Writer {
    const Program& program;
    std::string& out;
    void operator()(const Field&, const program::CallRef& value) {
      out += ' ' + program.calls.name_for(program.who.token, value.id);
    }
    void operator()(const Field& field, const std::string& value) {
      if (field.name != "reason" && field.name != "error") out += ' ' + value;
    }
    template <class T>
    void operator()(const Field& field, const std::vector<T>& values) {
      for (const T& value : values) (*this)(field, value);
    }
    template <class T>
    void operator()(const Field& field, const std::optional<T>& value) {
      if (value) (*this)(field, *value);
    }
    template <class T>
    void operator()(const Field&, const T&) {}
  };

  void publish(program::Event event, TimePoint) override {
    told.push_back(std::visit(
        [&](const auto& body) {
          std::string out(body.info.name);
          if (!body.info.call_id_in_flat || !event.call) {
          } else {
            out += ' ' + calls.name_for(who.token, event.call);
          }
          Writer writer{*this, out};
          body.fields(body, writer);
          return out;
        },
        event.body));
  }

  SeededRandom random_{Seed{7}};
};

/// Which of these tones are in what the line heard in the last second, by how they are called.
inline std::string heard_in(const std::vector<std::int16_t>& sound, const std::map<char, double>& tones) {
  std::string out;
  for (const auto& [name, hz] : tones)
    if (audio::tone_level_dbm0(sound, hz, 8000) > -35) out += name;
  return out;
}

/// Who hears whom: every phone speaks its own tone for a second.
class Voices {
 public:
  Voices(Sim& sim, std::map<char, Phone*> phones) : sim_(sim), phones_(std::move(phones)) {
    double hz = 500;
    for (const auto& [name, phone] : phones_) {
      tones_[name] = hz;
      phone->speak(hz);
      hz += 230;
    }
  }

  /// "a:bc b:ac c:": what each hears, when the last change has sunk in.
  std::string heard() {
    sim_.run_for(200ms);
    return heard_at_once(1s);
  }
  /// All that is heard from now on.
  std::string heard_at_once(Duration time) {
    for (const auto& [name, phone] : phones_) phone->line().audio().record();
    sim_.run_for(time);
    std::string out;
    for (const auto& [name, phone] : phones_)
      out += (out.empty() ? "" : " ") + std::string(1, name) + ':' + heard_in(phone->line().audio().recorded(), tones_);
    return out;
  }
  double hz(char name) const { return tones_.at(name); }

 private:
  Sim& sim_;
  std::map<char, Phone*> phones_;
  std::map<char, double> tones_;
};

}  // namespace junctor::sim
