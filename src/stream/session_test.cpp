#include "stream/session.hpp"

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <random>

#include "audio/sound_fixture.hpp"
#include "stream/program_fixture.hpp"

namespace junctor::stream {
namespace {

namespace json = boost::json;

struct Program final : FrameSink {
  void send_text(std::string frame) override { texts.push_back(json::parse(frame).as_object()); }
  void send_binary(std::string frame) override {
    if (!reads) waiting += frame.size();
    frames.push_back(std::move(frame));
  }
  std::size_t unsent() const override { return waiting; }

  /// Of all frames.
  Samples heard(const Format& format, std::size_t channel = 0) const {
    Samples out;
    FrameDecoder decoder({format.codec, format.rate, 1, format.ptime_ms});
    for (const std::string& frame : frames) decoder.decode(frame, out);
    if (format.channels == 1) return out;
    Samples one;
    for (std::size_t i = channel; i < out.size(); i += 2) one.push_back(out[i]);
    return one;
  }
  std::vector<json::object> said(std::string_view key, std::string_view value) const {
    std::vector<json::object> out;
    for (const auto& text : texts)
      if (text.contains(key) && text.at(key).as_string() == value) out.push_back(text);
    return out;
  }

  std::vector<json::object> texts;
  std::vector<std::string> frames;
  std::size_t waiting = 0;
  bool reads = true;
};

struct Talk {
  static constexpr PortId caller{5}, callee{6};

  Talk(const Format& format, std::uint32_t mixer_rate, Direction direction = Direction::sendrecv,
       Dialect dialect = Dialect::media)
      : mixer(mixer_rate), session({.direction = direction, .format = format, .dialect = dialect}, stream_counters) {
    session.apply(Follow{mixer.tap, mixer.feed, caller}, now);
    session.open(program, now);
  }
  void pass(Duration span) {
    for (const TimePoint end = now + span; now < end; now += milliseconds(1)) {
      if ((now.time_since_epoch() / milliseconds(1)) % 20 == 0) mixer.tick(now);
      if (!wake || *wake <= now) work();
    }
  }
  void work() {
    ++works;
    wake = session.work(now);
  }
  void send(std::string_view frame) {
    session.on_binary(frame, now);
    work();
  }
  void command(std::string_view text) {
    session.on_text(text, now);
    work();
  }

  TimePoint now{hours(1)};
  Counters counters;
  StreamCounters stream_counters{counters};
  TestMixer mixer;
  Program program;
  Session session;
  std::optional<TimePoint> wake;
  int works = 0;
};

constexpr Codec codecs[] = {Codec::pcmu, Codec::pcma, Codec::l16, Codec::opus};
constexpr std::uint32_t rates[] = {8000, 16'000, 24'000, 48'000};

std::vector<Format> all_formats() {
  std::vector<Format> out;
  for (const Codec codec : codecs)
    for (const std::uint32_t rate : rates)
      for (const std::uint8_t channels : {std::uint8_t{1}, std::uint8_t{2}}) out.push_back({codec, rate, channels, 20});
  return out;
}

std::string name_of(const Format& format) {
  return std::string(to_string(format.codec)) + ' ' + std::to_string(format.rate) + " x" +
         std::to_string(format.channels);
}

// ------------------------------------------------------------------------------------------------------- what is heard

TEST(Session, the_program_hears_both_sides_in_every_format_and_from_every_mixer) {
  for (const Format& format : all_formats()) {
    for (const std::uint32_t mixer_rate : {8000u, 16'000u, 48'000u}) {
      Talk talk(format, mixer_rate, Direction::recv);
      talk.mixer.speakers = {{Talk::callee, audio::ToneGenerator(910, -16, mixer_rate)},
                             {Talk::caller, audio::ToneGenerator(520, -16, mixer_rate)}};
      talk.pass(seconds(2));
      SCOPED_TRACE(name_of(format) + " from " + std::to_string(mixer_rate));
      ASSERT_NEAR(static_cast<double>(talk.program.frames.size()), 99, 2);
      if (format.codec != Codec::opus) {
        for (const std::string& frame : talk.program.frames) ASSERT_EQ(frame.size(), frame_bytes(format));
      }
      if (format.codec == Codec::opus && format.channels == 2) continue;  // of which each channel: below
      for (std::size_t channel = 0; channel < format.channels; ++channel) {
        const Samples heard = talk.program.heard(format, channel);
        const auto settled = std::span(heard).last(heard.size() / 2);
        const auto level = [&](double hz) { return audio::tone_level_dbm0(settled, hz, format.rate); };
        const double mine = channel == 0 ? 520 : 910, others = channel == 0 ? 910 : 520;
        EXPECT_NEAR(level(mine), -16, 1);
        if (format.channels == 1) {
          EXPECT_NEAR(level(others), -16, 1);
        } else {
          EXPECT_LT(level(others), -45);
        }
      }
    }
  }
}

TEST(Session, opus_in_two_channels_keeps_them_apart) {
  const Format format{Codec::opus, 48'000, 2, 20};
  Talk talk(format, 16'000, Direction::recv);
  talk.mixer.speakers = {{Talk::caller, audio::ToneGenerator(520, -10, 16'000)}};
  talk.pass(seconds(1));
  // One that mixes both down hears half of the one voice.
  FrameDecoder decoder(format);
  Samples heard;
  for (const std::string& frame : talk.program.frames) ASSERT_TRUE(decoder.decode(frame, heard));
  EXPECT_NEAR(audio::tone_level_dbm0(std::span(heard).last(24'000), 520, 48'000), -16, 1.5);
}

TEST(Session, frames_have_the_packet_time_that_was_asked_for_and_come_with_the_tick) {
  for (const int ptime_ms : {10, 20, 40, 60}) {
    const auto ptime = static_cast<std::uint8_t>(ptime_ms);
    Talk talk({Codec::l16, 16'000, 1, ptime}, 8000, Direction::recv);
    talk.mixer.speakers = {{Talk::caller, audio::ToneGenerator(520, -10, 8000)}};
    talk.pass(milliseconds(1210));
    EXPECT_NEAR(static_cast<double>(talk.program.frames.size()), 1200.0 / ptime, 20.0 / ptime + 1);
    for (const std::string& frame : talk.program.frames) ASSERT_EQ(frame.size(), 32u * ptime);
  }
  Talk talk({}, 8000, Direction::recv);
  talk.pass(milliseconds(100));
  for (int i = 0; i < 50; ++i) {
    talk.now += (milliseconds(20) - talk.now.time_since_epoch() % milliseconds(20)) % milliseconds(20);
    const std::size_t before = talk.program.frames.size();
    talk.mixer.tick(talk.now);
    const int works = talk.works;
    talk.now += milliseconds(1);
    talk.pass(milliseconds(2));
    ASSERT_EQ(talk.program.frames.size(), before + 1) << "within 2 ms of the tick";
    ASSERT_LE(talk.works - works, 1) << "one wake-up for a tick";
  }
}

TEST(Session, what_is_missing_is_silence_and_no_shift) {
  Talk talk({Codec::l16, 8000, 1, 20}, 8000, Direction::recv);
  talk.mixer.speakers = {{Talk::caller, audio::ToneGenerator(520, -10, 8000)}};
  talk.pass(milliseconds(500));
  const std::size_t before = talk.program.frames.size();
  talk.now += milliseconds(400);  // nobody ticks
  talk.pass(milliseconds(500));
  EXPECT_NEAR(static_cast<double>(talk.program.frames.size() - before), 45, 1);
}

TEST(Session, a_program_that_does_not_read_loses_the_oldest_and_then_hears_what_is_new) {
  Talk talk({Codec::l16, 8000, 1, 20}, 8000, Direction::recv);
  talk.pass(milliseconds(100));
  talk.program.reads = false;
  talk.pass(seconds(5));
  EXPECT_LE(talk.program.waiting, 320u * 12);
  EXPECT_NEAR(static_cast<double>(talk.counters.get("stream_lost_frames").value()), 250 - 100 - 11, 3);
  talk.program.reads = true;
  talk.program.waiting = 0;
  const std::size_t before = talk.program.frames.size();
  talk.pass(milliseconds(100));
  EXPECT_NEAR(static_cast<double>(talk.program.frames.size() - before), 105, 2);
}

// --------------------------------------------------------------------------------------------------------- what is
// said

TEST(Session, the_call_hears_the_program_in_every_format_and_frames_of_any_length) {
  std::mt19937 random(2);
  for (const Format& format : all_formats()) {
    for (const std::uint32_t mixer_rate : {8000u, 16'000u, 48'000u}) {
      Talk talk(format, mixer_rate, Direction::send);
      const Samples said = tone(700, -10, format.rate, format.rate);
      Samples interleaved;
      for (const auto sample : said)
        interleaved.insert(interleaved.end(), static_cast<std::size_t>(format.channels), sample);
      FrameEncoder encoder(format);
      std::string bytes;
      for (std::size_t at = 0; at < interleaved.size(); at += encoder.frame_samples()) {
        const std::string frame = encoder.encode(std::span(interleaved).subspan(at, encoder.frame_samples()));
        if (format.codec == Codec::opus) talk.send(frame);
        bytes += frame;
      }
      for (std::size_t at = 0; format.codec != Codec::opus && at < bytes.size();) {
        const std::size_t size = std::min<std::size_t>(1 + random() % 999, bytes.size() - at);
        talk.send(std::string_view(bytes).substr(at, size));
        at += size;
      }
      talk.command(R"({"command":"mark","name":"end"})");
      talk.pass(milliseconds(1300));
      SCOPED_TRACE(name_of(format) + " to " + std::to_string(mixer_rate));
      const auto heard = std::span(talk.mixer.played).subspan(mixer_rate / 4, mixer_rate / 2);
      EXPECT_NEAR(audio::tone_level_dbm0(heard, 700, mixer_rate), -10, 1);
      EXPECT_GT(audio::tone_snr_db(heard, 700, static_cast<int>(mixer_rate)), format.codec == Codec::opus ? 15 : 30);
      const auto marks = talk.program.said("event", "mark");
      ASSERT_EQ(marks.size(), 1u);
      EXPECT_EQ(marks[0].at("position_ms").to_number<double>(), 1000);
    }
  }
}

TEST(Session, who_only_listens_is_not_heard) {
  Talk talk({Codec::l16, 8000, 1, 20}, 8000, Direction::recv);
  talk.send(std::string(320, 'x'));
  talk.pass(milliseconds(300));
  EXPECT_EQ(talk.mixer.taken, 0u);
  EXPECT_EQ(talk.counters.get("stream_unwanted_frames").value(), 1u);
}

// --------------------------------------------------------------------------------------------------------- text frames

TEST(Session, says_what_it_is_and_passes_keys_and_the_end_on) {
  Talk talk({Codec::opus, 24'000, 2, 40}, 8000);
  ASSERT_EQ(talk.program.texts.size(), 1u);
  EXPECT_EQ(json::serialize(talk.program.texts[0]),
            R"({"event":"started","direction":"sendrecv","format":{"codec":"opus","sample_rate":24000,)"
            R"("channels":2,"ptime_ms":40}})");
  talk.session.apply(Pressed{'7'}, talk.now);
  talk.session.apply(Stop{"call ended"}, talk.now);
  talk.session.apply(Pressed{'8'}, talk.now);
  EXPECT_EQ(json::serialize(talk.program.texts.at(1)), R"({"event":"dtmf","digit":"7"})");
  EXPECT_EQ(json::serialize(talk.program.texts.at(2)), R"({"event":"stopped","reason":"call ended"})");
  EXPECT_EQ(talk.program.texts.size(), 3u);
  EXPECT_TRUE(talk.session.over());
}

TEST(Session, clear_pause_and_resume) {
  Talk talk({Codec::l16, 8000, 1, 20}, 8000, Direction::send);
  talk.send(std::string(2 * 8000, '\1'));
  talk.pass(milliseconds(300));
  talk.command(R"({"command":"pause"})");
  talk.pass(milliseconds(40));
  const std::size_t taken = talk.mixer.taken;
  talk.pass(milliseconds(300));
  EXPECT_EQ(talk.mixer.taken, taken);
  talk.command(R"({"command":"resume"})");
  talk.pass(milliseconds(100));
  EXPECT_EQ(talk.mixer.taken, taken + 800);
  talk.command(R"({"command":"clear"})");
  talk.pass(milliseconds(50));
  const auto cleared = talk.program.said("event", "cleared");
  ASSERT_EQ(cleared.size(), 1u);
  EXPECT_EQ(cleared[0].at("heard_ms").to_number<double>(), static_cast<double>(talk.mixer.taken) / 8);
  EXPECT_EQ(cleared[0].at("discarded_ms").to_number<double>(), 1000 - static_cast<double>(talk.mixer.taken) / 8);
}

TEST(Session, what_is_not_understood_is_answered_and_counted) {
  Talk talk({Codec::opus, 48'000, 1, 20}, 8000);
  const std::string long_name(mark_name_max + 1, 'n');
  const std::vector<std::string> bad = {"",
                                        "[]",
                                        "{",
                                        R"({"command":"dance"})",
                                        R"({"event":"mark"})",
                                        R"({"command":"mark"})",
                                        R"({"command":"mark","name":5})",
                                        R"({"command":"mark","name":")" + long_name + "\"}",
                                        std::string(text_frame_max + 1, ' '),
                                        std::string(5000, '[')};
  for (const std::string& text : bad) talk.command(text);
  EXPECT_EQ(talk.program.said("event", "error").size(), bad.size());
  talk.send("");
  talk.send(std::string(2000, '\xff'));
  EXPECT_EQ(talk.counters.get("stream_bad_frames").value(), bad.size() + 2);
  for (std::size_t i = 0; i <= Playout::marks_max; ++i) {
    talk.session.on_binary(std::string(1, '\xf8'), talk.now);
    talk.session.on_text(R"({"command":"mark","name":"m"})", talk.now);
  }
  EXPECT_EQ(talk.program.said("event", "error").size(), bad.size() + 1);
}

TEST(Session, a_program_that_was_dialled_has_words_of_its_own) {
  Talk talk({Codec::l16, 16'000, 1, 20}, 8000, Direction::sendrecv, Dialect::bridge);
  EXPECT_EQ(talk.program.texts.at(0).at("type"), "start");
  EXPECT_EQ(talk.program.texts.at(0).at("sample_rate"), 16'000);
  talk.send(std::string(6400, '\1'));
  talk.command(R"({"type":"mark","name":"said"})");
  talk.command(R"({"type":"dtmf","digit":"12#"})");
  talk.command(R"({"type":"dtmf","digit":"12x"})");
  EXPECT_EQ(talk.session.take_keys(), "12#");
  EXPECT_EQ(talk.session.take_keys(), "");
  talk.session.apply(Pressed{'4'}, talk.now);
  EXPECT_EQ(json::serialize(talk.program.texts.at(1)), R"({"type":"dtmf","digit":"4","leg_id":"caller"})");
  talk.pass(milliseconds(500));
  EXPECT_EQ(talk.program.said("type", "mark").size(), 1u);
  talk.command(R"({"type":"stop"})");
  EXPECT_TRUE(talk.session.over());
}

TEST(Format, what_cannot_be_is_refused_with_words) {
  EXPECT_EQ(make_format("pcm_s16le", 16'000, 2, 20), (Format{Codec::l16, 16'000, 2, 20}));
  EXPECT_EQ(make_format("PCMU", 8000, 1, 20), Format{});
  for (const auto& bad : {make_format("G729", 8000, 1, 20), make_format("L16", 44'100, 1, 20),
                          make_format("L16", 8000, 3, 20), make_format("L16", 8000, 1, 30)}) {
    ASSERT_FALSE(bad);
    EXPECT_THAT(bad.error(), testing::HasSubstr(" is "));
  }
  EXPECT_EQ(frame_bytes({Codec::l16, 24'000, 2, 20}), 1920u);
  EXPECT_EQ(frame_bytes({Codec::pcma, 8000, 1, 60}), 480u);
  EXPECT_EQ(frame_bytes({Codec::opus, 8000, 1, 20}), 0u);
}

}  // namespace
}  // namespace junctor::stream
