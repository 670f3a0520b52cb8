// A program hears a call and speaks to it, in samples over a media socket; measured at phones and in its frames.
#include <boost/json.hpp>
#include <deque>

#include "apps/program/program_streams.hpp"
#include "audio/goertzel.hpp"
#include "scenario.hpp"
#include "stream/coders.hpp"

namespace junctor::sim {
namespace {

namespace json = boost::json;
using Samples = std::vector<std::int16_t>;

SimSettings with_program() {
  return {.config =
              "[[rwi.tokens]]\ntoken = \"t0ken-of-the-bot\"\nname = \"bot\"\n"
              "scopes = [\"call.control\", \"media.stream\"]\n"};
}

const WebHeaders credentials = {{"Authorization", "Bearer t0ken-of-the-bot"}};

bool is_loud(std::span<const std::int16_t> samples) {
  return std::ranges::any_of(samples, [](auto s) { return std::abs(s) > 500; });
}

class Bot {
 public:
  explicit Bot(Sim& sim) : sim_(sim), control_(sim.hub().web().connect("/rwi/v1", credentials)) {
    EXPECT_TRUE(sim_.until(1s, [&] { return control_.status == 101; }));
  }

  /// The result; empty: none came.
  json::object command(const std::string& action, json::object params) {
    const std::string id = "a" + std::to_string(++actions_);
    sim_.hub().web().say(
        control_, json::serialize(json::object{{"action", action}, {"action_id", id}, {"params", std::move(params)}}));
    json::object result;
    sim_.until(10s, [&] {
      for (; read_ < control_.texts.size(); ++read_) {
        auto text = json::parse(control_.texts[read_].bytes).as_object();
        if (text.contains("action_id") && text.at("action_id").as_string() == std::string_view(id)) {
          result = std::move(text);
          ++read_;
          return true;
        }
        events_.push_back(std::move(text));
      }
      return false;
    });
    return result;
  }
  bool done(const std::string& action, json::object params) {
    const auto result = command(action, std::move(params));
    const bool good = result.contains("status") && result.at("status").as_string() == "success";
    EXPECT_TRUE(good) << json::serialize(result);
    return good;
  }
  /// Waits for it; those before it are gone.
  std::optional<json::object> event(std::string_view name) {
    std::optional<json::object> found;
    sim_.until(10s, [&] {
      for (; read_ < control_.texts.size(); ++read_)
        events_.push_back(json::parse(control_.texts[read_].bytes).as_object());
      while (!events_.empty() && !found) {
        if (events_.front().contains("event") && events_.front().at("event").as_string() == name)
          found = std::move(events_.front());
        events_.pop_front();
      }
      return found.has_value();
    });
    return found;
  }
  void binary(std::string frame) { sim_.hub().web().say_binary(control_, std::move(frame)); }
  bool call(const std::string& name, Phone& phone) {
    if (!done("call.originate", {{"call_id", name}, {"destination", "sip:" + std::string(phone.user()) + "@local"}}))
      return false;
    if (!sim_.until(5s, [&] { return phone.ringing(); })) return false;
    phone.answer();
    return event("call.answered").has_value();
  }
  /// The media socket of what this command opens.
  ProgramSocket* open(const std::string& action, json::object params) {
    const auto result = command(action, std::move(params));
    if (!result.contains("data")) {
      ADD_FAILURE() << json::serialize(result);
      return nullptr;
    }
    auto& media = sim_.hub().web().connect(std::string(result.at("data").at("media_url").as_string()), credentials);
    if (!sim_.until(1s, [&] { return !media.texts.empty(); })) return nullptr;
    return &media;
  }

 private:
  Sim& sim_;
  ProgramSocket& control_;
  std::size_t read_ = 0;
  std::deque<json::object> events_;
  int actions_ = 0;
};

json::object l16(std::uint32_t rate, int channels = 1) {
  return {{"codec", "L16"}, {"sample_rate", rate}, {"channels", channels}, {"ptime_ms", 20}};
}

std::string tone_frame(double hz, std::uint32_t rate, Duration length) {
  Samples samples(static_cast<std::size_t>(length / 1ms) * rate / 1000);
  audio::ToneGenerator(hz, -10, rate).generate(samples);
  return {reinterpret_cast<const char*>(samples.data()), 2 * samples.size()};
}

/// One channel of the last so many frames.
Samples last(const ProgramSocket& media, std::size_t frames, std::size_t channels = 1, std::size_t channel = 0) {
  Samples all, out;
  stream::FrameDecoder decoder({stream::Codec::l16, 8000, 1, 20});
  for (std::size_t i = media.frames.size() - std::min(frames, media.frames.size()); i < media.frames.size(); ++i)
    decoder.decode(media.frames[i].bytes, all);
  for (std::size_t i = channel; i < all.size(); i += channels) out.push_back(all[i]);
  return out;
}

std::vector<json::object> texts(const ProgramSocket& media, std::string_view event) {
  std::vector<json::object> out;
  for (const auto& text : media.texts) {
    auto object = json::parse(text.bytes).as_object();
    if (object.at("event").as_string() == event) out.push_back(std::move(object));
  }
  return out;
}

TEST(PcmStreams, AProgramHearsAPhoneAndIsHeardByItAndTheClockIsTheCalls) {
  Sim sim{Seed{801}, with_program()};
  Phone& alice = sim.phone("1001");
  Bot program(sim);
  ASSERT_TRUE(program.call("c1", alice));
  alice.speak(440);
  ProgramSocket* const media = program.open("media.stream_start", {{"call_id", "c1"}, {"format", l16(16'000)}});
  ASSERT_NE(media, nullptr);
  EXPECT_TRUE(program.event("media.stream.started"));
  sim.run_for(2s);
  const std::size_t before = media->frames.size();
  sim.run_for(10s);
  EXPECT_NEAR(static_cast<double>(media->frames.size() - before), 500, 1);
  EXPECT_GT(audio::tone_level_dbm0(last(*media, 50), 440, 16'000), -20);

  sim.hub().web().say_binary(*media, tone_frame(1500, 16'000, 3s));
  sim.hub().web().say(*media, R"({"command":"mark","name":"said"})");
  EXPECT_TRUE(sim.until(1s, [&] { return alice.hears(1500); }));
  EXPECT_LT(audio::tone_level_dbm0(last(*media, 5), 1500, 16'000), -50);  // not its own voice
  ASSERT_TRUE(sim.until(4s, [&] { return !texts(*media, "mark").empty(); }));
  EXPECT_EQ(texts(*media, "mark")[0].at("position_ms").to_number<double>(), 3000);

  alice.line().audio().press('7');
  ASSERT_TRUE(sim.until(2s, [&] { return !texts(*media, "dtmf").empty(); }));
  EXPECT_EQ(texts(*media, "dtmf")[0].at("digit").as_string(), "7");

  alice.hang_up();
  ASSERT_TRUE(sim.until(3s, [&] { return media->closed; }));
  EXPECT_EQ(texts(*media, "stopped").size(), 1u);
  EXPECT_TRUE(program.event("media.stream.stopped"));
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(PcmStreams, EachWayTakesATickAndNoMore) {
  Sim sim{Seed{802}, with_program()};
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  Bot program(sim);
  ASSERT_TRUE(program.call("c1", alice));
  ASSERT_TRUE(program.call("c2", bob));
  ASSERT_TRUE(program.done("call.bridge", {{"leg_a", "c1"}, {"leg_b", "c2"}}));
  alice.speak(0);
  bob.speak(0);
  ProgramSocket* const media = program.open("media.stream_start", {{"call_id", "c1"}, {"format", l16(8000)}});
  ASSERT_NE(media, nullptr);
  sim.run_for(3s);

  // Against what a phone in the same mixer hears of another: the same tick, 2 ms for it to be there, 1 ms of network.
  bob.line().audio().record();
  alice.speak(440);
  std::optional<TimePoint> at_bob, at_program;
  for (int i = 0; i < 400 && !(at_bob && at_program); ++i) {
    sim.run_for(1ms);
    if (!at_bob && is_loud(bob.line().audio().recorded())) at_bob = sim.now();
    if (!at_program && is_loud(last(*media, 1))) at_program = sim.now();
  }
  ASSERT_TRUE(at_bob && at_program);
  const Duration later = *at_program - *at_bob;
  RecordProperty("program_after_phone_ms", std::to_string(later / 1ms));
  EXPECT_LE(later, 4ms);
  alice.speak(0);
  sim.run_for(1s);

  // What is there at once is in the next tick.
  alice.line().audio().record();
  const TimePoint said = sim.now();
  sim.hub().web().say_binary(*media, tone_frame(1500, 8000, 500ms));
  ASSERT_TRUE(sim.until(1s, [&] { return is_loud(alice.line().audio().recorded()); }));
  const Duration took = sim.now() - said;
  RecordProperty("phone_after_program_ms", std::to_string(took / 1ms));
  EXPECT_LE(took, 1ms + 20ms + 2ms);
  sim.run_for(1s);

  // What comes as it is spoken waits for 60 ms besides.
  alice.line().audio().record();
  const TimePoint begun = sim.now();
  for (int i = 0; i < 20 && !is_loud(alice.line().audio().recorded()); ++i) {
    sim.hub().web().say_binary(*media, tone_frame(1500, 8000, 20ms));
    sim.run_for(20ms);
  }
  RecordProperty("live_phone_after_program_ms", std::to_string((sim.now() - begun) / 1ms));
  EXPECT_LE(sim.now() - begun, 60ms + 20ms + 40ms);

  program.done("call.hangup", {{"call_id", "c1"}});
  program.done("call.hangup", {{"call_id", "c2"}});
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(PcmStreams, TwoChannelsAreTheFarEndAndWhomItTalksToAcrossABridge) {
  Sim sim{Seed{803}, with_program()};
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  Bot program(sim);
  ASSERT_TRUE(program.call("c1", alice));
  ProgramSocket* const media =
      program.open("media.stream_start", {{"call_id", "c1"}, {"direction", "sendrecv"}, {"format", l16(8000, 2)}});
  ASSERT_NE(media, nullptr);
  sim.hub().web().say_binary(*media, tone_frame(750, 8000, 20s));  // taken as pairs: 1500 Hz for ten seconds
  ASSERT_TRUE(program.call("c2", bob));
  alice.speak(440);
  bob.speak(880);
  ASSERT_TRUE(program.done("call.bridge", {{"leg_a", "c1"}, {"leg_b", "c2"}}));
  sim.run_for(2s);
  const auto level = [&](std::size_t channel, double hz) {
    return audio::tone_level_dbm0(last(*media, 25, 2, channel), hz, 8000);
  };
  EXPECT_GT(level(0, 440), -20);
  EXPECT_LT(level(0, 880), -45);
  EXPECT_GT(level(1, 880), -20);
  EXPECT_LT(level(1, 440), -45);
  // The stream went with its call, and so did what it had to say: both hear it now.
  const auto hears = [](Phone& phone, double hz) {
    phone.line().audio().record();
    return [&phone, hz] {
      const auto& heard = phone.line().audio().recorded();
      return heard.size() > 4000 && audio::tone_level_dbm0(std::span(heard).last(800), hz, 8000) > -20;
    };
  };
  EXPECT_TRUE(sim.until(1s, hears(alice, 1500)));
  EXPECT_TRUE(sim.until(1s, hears(bob, 1500)));
  EXPECT_TRUE(sim.until(1s, hears(alice, 880)));
  ASSERT_TRUE(program.done("media.stream_stop", {{"call_id", "c1"}}));
  ASSERT_TRUE(program.event("media.stream.stopped"));
  sim.run_for(300ms);
  EXPECT_TRUE(alice.hears(880) && bob.hears(440));
  program.done("call.hangup", {{"call_id", "c1"}});
  program.done("call.hangup", {{"call_id", "c2"}});
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(PcmStreams, AnInjectionIsHeardByOneAloneBesideOrInPlaceOfTheOther) {
  Sim sim{Seed{804}, with_program()};
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  Bot program(sim);
  ASSERT_TRUE(program.call("c1", alice));
  ASSERT_TRUE(program.call("c2", bob));
  alice.speak(440);
  bob.speak(880);
  ASSERT_TRUE(program.done("call.bridge", {{"leg_a", "c1"}, {"leg_b", "c2"}}));
  ASSERT_TRUE(sim.until(2s, [&] { return alice.hears(880) && bob.hears(440); }));
  for (const std::string mode : {"mix", "replace"}) {
    ProgramSocket* const media =
        program.open("media.inject_start", {{"call_id", "c1"}, {"mode", mode}, {"format", l16(8000)}});
    ASSERT_NE(media, nullptr);
    sim.hub().web().say_binary(*media, tone_frame(1500, 8000, 5s));
    sim.run_for(1s);
    alice.line().audio().record();
    sim.run_for(1s);
    const Samples heard = alice.line().audio().recorded();
    EXPECT_GT(audio::tone_level_dbm0(heard, 1500, 8000), -20) << mode;
    if (mode == "mix") {
      EXPECT_GT(audio::tone_level_dbm0(heard, 880, 8000), -20);
    } else {
      EXPECT_LT(audio::tone_level_dbm0(heard, 880, 8000), -45);
    }
    EXPECT_TRUE(bob.hears(440)) << "and nothing else, " << mode;
    ASSERT_TRUE(program.done("media.inject_stop", {{"call_id", "c1"}}));
    ASSERT_TRUE(sim.until(1s, [&] { return media->closed; }));
    EXPECT_TRUE(sim.until(1s, [&] { return alice.hears(880); })) << mode;
  }
  EXPECT_EQ(program.command("media.inject_stop", {{"call_id", "c1"}}).at("code").as_string(), "not_found");
  program.done("call.hangup", {{"call_id", "c1"}});
  program.done("call.hangup", {{"call_id", "c2"}});
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(PcmStreams, WhatCannotBeIsRefusedAndAStreamWithoutASocketEnds) {
  Sim sim{Seed{805}, with_program()};
  Phone& alice = sim.phone("1001");
  Bot program(sim);
  ASSERT_TRUE(program.call("c1", alice));
  const auto code = [&](json::object params) {
    const auto result = program.command("media.stream_start", std::move(params));
    return result.contains("code") ? std::string(result.at("code").as_string()) : json::serialize(result);
  };
  EXPECT_EQ(code({{"call_id", "c1"}, {"format", {{"codec", "G729"}}}}), "invalid_params");
  EXPECT_EQ(code({{"call_id", "c1"}, {"format", {{"sample_rate", 11'025}}}}), "invalid_params");
  EXPECT_EQ(code({{"call_id", "nobody"}}), "not_found");
  for (std::size_t i = 0; i < apps::program::ProgramStreams::streams_max; ++i)
    EXPECT_TRUE(program.done("media.stream_start", {{"call_id", "c1"}}));
  EXPECT_EQ(code({{"call_id", "c1"}}), "full");
  auto& stranger = sim.hub().web().connect("/rwi/v1/media/abcdefgh", credentials);
  auto& nobody = sim.hub().web().connect("/rwi/v1/media/abcdefgh", {});
  sim.run_for(1s);
  EXPECT_EQ(stranger.status, 404);
  EXPECT_EQ(nobody.status, 401);
  sim.run_for(31s);
  for (std::size_t i = 0; i < apps::program::ProgramStreams::streams_max; ++i)
    EXPECT_TRUE(program.event("media.stream.stopped"));
  EXPECT_TRUE(program.done("media.stream_start", {{"call_id", "c1"}}));
  alice.hang_up();
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(PcmStreams, ACallIsTransferredToAProgramThatTheHubDials) {
  Sim sim{Seed{807}, with_program()};
  Phone& alice = sim.phone("1001");
  Bot program(sim);
  ASSERT_TRUE(program.call("c1", alice));
  alice.speak(440);
  Web& web = sim.hub().web();
  web.dialled_are_there = false;
  const json::object transfer = {{"call_id", "c1"},
                                 {"target", "voip_bridge:ws://bot.test/talk?samplerate=16000&_hdr_X-Key=k&lang=de"}};
  EXPECT_EQ(program.command("call.transfer", transfer).at("status").as_string(), "error");
  EXPECT_TRUE(program.event("call.transfer.failed"));
  web.dialled_are_there = true;
  ASSERT_TRUE(program.done("call.transfer", transfer));
  EXPECT_TRUE(program.event("call.transferred"));
  ASSERT_EQ(web.dialled().size(), 2u);
  ProgramSocket& bot = *web.dialled()[1];
  EXPECT_EQ(bot.url, "ws://bot.test/talk?lang=de");
  EXPECT_THAT(bot.headers, Contains(testing::Pair("X-Key", "k")));
  sim.run_for(1s);
  const auto start = json::parse(bot.texts.at(0).bytes).as_object();
  EXPECT_EQ(start.at("type").as_string(), "start");
  EXPECT_EQ(start.at("sample_rate").to_number<int>(), 16'000);
  EXPECT_GT(audio::tone_level_dbm0(last(bot, 20), 440, 16'000), -20);
  web.say_binary(bot, tone_frame(1500, 16'000, 2s));
  EXPECT_TRUE(sim.until(1s, [&] { return alice.hears(1500); }));
  web.say(bot, R"({"type":"clear"})");
  EXPECT_TRUE(sim.until(300ms, [&] { return alice.line().audio().level_dbm0() < -50; }));
  web.say(bot, R"({"type":"dtmf","digit":"12"})");
  EXPECT_TRUE(sim.until(2s, [&] { return alice.line().audio().digits() == "12"; }));
  alice.line().audio().press('5');
  EXPECT_TRUE(sim.until(2s, [&] { return bot.texts.back().bytes.find(R"("digit":"5")") != std::string::npos; }));
  web.hang_up(bot);
  EXPECT_TRUE(sim.until(2s, [&] { return !alice.up(); }));
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(PcmStreams, AfterTheProgramTheCallGoesWhereTheTargetSaid) {
  Sim sim{Seed{808}, with_program()};
  Phone& alice = sim.phone("1001");
  Phone& bob = sim.phone("1002");
  Bot program(sim);
  ASSERT_TRUE(program.call("c1", alice));
  alice.speak(440);
  ASSERT_TRUE(
      program.done("call.transfer", {{"call_id", "c1"}, {"target", "voip_bridge:ws://bot.test/?return_target=1002"}}));
  ASSERT_TRUE(program.event("call.transferred"));
  ProgramSocket& bot = *sim.hub().web().dialled().at(0);
  EXPECT_EQ(bot.url, "ws://bot.test/");
  sim.hub().web().hang_up(bot);
  ASSERT_TRUE(sim.until(3s, [&] { return bob.ringing(); }));
  EXPECT_TRUE(alice.up());
  bob.answer();
  bob.speak(880);
  EXPECT_TRUE(sim.until(3s, [&] { return alice.hears(880) && bob.hears(440); }));
  bob.hang_up();
  EXPECT_TRUE(sim.until(2s, [&] { return !alice.up(); }));
  EXPECT_THAT(sim.close(), IsEmpty());
}

TEST(PcmStreams, FramesOfTheControlSocketAreHeard) {
  Sim sim{Seed{806}, with_program()};
  Phone& alice = sim.phone("1001");
  Bot program(sim);
  ASSERT_TRUE(program.call("c1", alice));
  ASSERT_TRUE(program.done("media.stream_start", {{"call_id", "c1"}, {"direction", "send"}, {"format", l16(8000)}}));
  for (const std::string& to : {std::string("c1\0\0\0\0\0\0", 8), std::string("nobody  ")}) {
    std::string frame = to + std::string(4, '\0') + "\x1f\x40" + std::string(2, '\0');
    frame += tone_frame(to[0] == 'c' ? 1500 : 600, 8000, 2s);
    program.binary(std::move(frame));
  }
  EXPECT_TRUE(sim.until(1s, [&] { return alice.hears(1500); }));
  EXPECT_EQ(sim.hub().counters().get("rwi_binary_dropped").value(), 1u);
  alice.hang_up();
  EXPECT_THAT(sim.close(), IsEmpty());
}

}  // namespace
}  // namespace junctor::sim
