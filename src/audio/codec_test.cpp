#include "audio/codec.hpp"

#include <array>
#include <cmath>
#include <gtest/gtest.h>
#include <memory>
#include <opus.h>
#include <string>

#include "audio/goertzel.hpp"
#include "audio/sound_fixture.hpp"

namespace junctor::audio {
namespace {

/// An end of a call, and what a tone must be after one passage: SNR in dB, measured at -10 dBm0.
struct End {
  CodecSettings settings;
  double tone_snr;
  double spectral_distance;  // of speech, at most
};

const std::array<End, 10> ends{{
    {{.format = Format::pcmu}, 33, 0.3},
    {{.format = Format::pcma}, 33, 0.3},
    {{.format = Format::g722, .pcm_rate = 16'000}, 30, 0.4},
    {{.format = Format::g722}, 30, 0.4},
    {{.format = Format::opus}, 14, 1.5},
    {{.format = Format::opus, .pcm_rate = 16'000}, 18, 1.0},
    {{.format = Format::opus, .pcm_rate = 48'000}, 18, 1.0},
    {{.format = Format::l16}, 60, 0.1},
    {{.format = Format::l16, .pcm_rate = 16'000, .channels = 2}, 60, 0.1},
    {{.format = Format::l16, .pcm_rate = 48'000, .ptime_ms = 10}, 60, 0.1},
}};

std::string name(const CodecSettings& s) {
  constexpr std::array names{"pcmu", "pcma", "g722", "opus", "l16"};
  return std::string(names[static_cast<std::size_t>(s.format)]) + "/" + std::to_string(s.pcm_rate);
}

/// Of each end's sound, by its own codec.
std::vector<Sound> spoken(auto&& sound_at) {
  std::vector<Sound> all;
  for (const End& end : ends) all.push_back(passed(sound_at(end.settings.pcm_rate), end.settings));
  return all;
}

TEST(Codec, tones_keep_their_level_and_purity_through_every_pair) {
  for (const double hz : {300.0, 1004.0, 3000.0}) {
    const auto sent = spoken([hz](int rate) { return tone(hz, -10, rate, 0.6); });
    for (std::size_t i = 0; i < ends.size(); ++i) {
      for (const End& b : ends) {
        const End& a = ends[i];
        SCOPED_TRACE(name(a.settings) + " to " + name(b.settings) + ", " + std::to_string(hz) + " Hz");
        const int rate = b.settings.pcm_rate;
        const Sound heard = passed(resampled(sent[i], a.settings.pcm_rate, rate), b.settings);
        const auto settled = std::span(heard).subspan(heard.size() / 3);
        EXPECT_NEAR(tone_level_dbm0(settled, hz, rate), -10, 1);
        // The noise of both adds up: 3 dB worse than either when they are equal.
        EXPECT_GT(tone_snr_db(settled, hz, rate), std::min(a.tone_snr, b.tone_snr) - 3);
      }
    }
  }
}

TEST(Codec, speech_keeps_its_spectrum_through_every_pair) {
  const auto sent = spoken([](int rate) { return speech(rate, 1.4); });
  for (const End& b : ends) {
    const int rate = b.settings.pcm_rate;
    const Sound original = speech(rate, 1.4);
    for (std::size_t i = 0; i < ends.size(); ++i) {
      const End& a = ends[i];
      SCOPED_TRACE(name(a.settings) + " to " + name(b.settings));
      Sound from = original, heard = passed(resampled(sent[i], a.settings.pcm_rate, rate), b.settings);
      align(from, heard, rate);
      EXPECT_LT(spectral_distance_db(from, heard, rate), a.spectral_distance + b.spectral_distance);
    }
  }
}

TEST(Codec, waveform_codecs_keep_the_waveform_of_speech) {
  for (const End& end : ends) {
    if (end.settings.format == Format::opus) continue;
    SCOPED_TRACE(name(end.settings));
    const int rate = end.settings.pcm_rate;
    Sound sent = speech(rate, 2), heard = passed(sent, end.settings);
    align(sent, heard, rate);
    EXPECT_GT(segmental_snr_db(sent, heard, rate), end.settings.format == Format::g722 ? 30 : 34);
  }
}

// Both kinds of G.722 speak the same language on the line.
TEST(Codec, g722_at_8_khz_understands_and_is_understood_at_16) {
  for (const int from : {8000, 16'000}) {
    const int to = 24'000 - from;
    const auto encoder = make_encoder({.format = Format::g722, .pcm_rate = from});
    const auto decoder = make_decoder({.format = Format::g722, .pcm_rate = to});
    const Sound sent = tone(1004, -10, from, 1);
    std::array<std::uint8_t, payload_bytes_max> payload;
    Sound heard;
    for (std::size_t at = 0; at < sent.size(); at += encoder->packet_samples()) {
      const std::size_t bytes = encoder->encode(std::span(sent).subspan(at, encoder->packet_samples()), payload);
      ASSERT_EQ(bytes, 160U);
      Sound pcm(static_cast<std::size_t>(to / 50));
      ASSERT_EQ(decoder->decode(std::span(payload).first(bytes), pcm), pcm.size());
      heard.insert(heard.end(), pcm.begin(), pcm.end());
    }
    EXPECT_NEAR(tone_level_dbm0(std::span(heard).subspan(heard.size() / 2), 1004, to), -10, 1);
  }
}

TEST(Codec, impossible_settings_give_none) {
  for (const CodecSettings& s :
       {CodecSettings{.format = Format::pcmu, .pcm_rate = 16'000},
        CodecSettings{.format = Format::g722, .pcm_rate = 48'000},
        CodecSettings{.format = Format::opus, .pcm_rate = 44'100}, CodecSettings{.format = Format::l16, .pcm_rate = 0},
        CodecSettings{.format = Format::pcma, .channels = 2}, CodecSettings{.format = Format::l16, .channels = 0}}) {
    EXPECT_EQ(make_encoder(s), nullptr);
    EXPECT_EQ(make_decoder(s), nullptr);
  }
  EXPECT_EQ(make_encoder({.format = Format::opus, .ptime_ms = 30}), nullptr);
  EXPECT_EQ(make_encoder({.format = Format::pcmu, .ptime_ms = 5}), nullptr);
  EXPECT_EQ(make_encoder({.format = Format::l16, .pcm_rate = 48'000, .ptime_ms = 20}), nullptr);
}

TEST(Codec, every_ptime_gives_packets_that_say_their_length) {
  for (const End& end : ends) {
    for (const int ptime : {10, 20, 30, 40, 60}) {
      CodecSettings settings = end.settings;
      settings.ptime_ms = ptime;
      const auto encoder = make_encoder(settings);
      if (encoder == nullptr) continue;
      const auto decoder = make_decoder(settings);
      const Sound sound = tone(440, -10, settings.pcm_rate, 0.06);
      std::array<std::uint8_t, payload_bytes_max> payload;
      const std::size_t bytes = encoder->encode(std::span(sound).first(encoder->packet_samples()), payload);
      EXPECT_EQ(decoder->samples(std::span(payload).first(bytes)), encoder->packet_samples());
      EXPECT_EQ(encoder->packet_samples(), static_cast<std::size_t>(settings.pcm_rate / 1000 * ptime));
    }
  }
}

TEST(Codec, bad_payloads_are_refused_by_reason) {
  std::array<std::int16_t, packet_samples_max> pcm;
  const std::vector<std::uint8_t> long_one(10'000);
  for (const End& end : ends) {
    const auto decoder = make_decoder(end.settings);
    EXPECT_EQ(decoder->decode({}, pcm).error(), PayloadError::empty);
    if (end.settings.format == Format::opus) continue;
    EXPECT_EQ(decoder->decode(long_one, std::span(pcm).first(10)).error(), PayloadError::too_long);
  }
  const auto l16 = make_decoder({.format = Format::l16});
  EXPECT_EQ(l16->decode(std::array<std::uint8_t, 3>{}, pcm).error(), PayloadError::malformed);
  const auto opus = make_decoder({.format = Format::opus});
  EXPECT_EQ(opus->decode(std::array<std::uint8_t, 2>{0x03, 0x3f}, pcm).error(), PayloadError::malformed);
  EXPECT_EQ(opus->decode(std::array<std::uint8_t, 9>{0x08}, std::span(pcm).first(100)).error(), PayloadError::too_long);
}

TEST(Codec, l16_mixes_two_channels_into_one) {
  const auto decoder = make_decoder({.format = Format::l16, .channels = 2});
  std::array<std::int16_t, 2> pcm{};
  const std::array<std::uint8_t, 8> payload{0x01, 0x00, 0x03, 0x00, 0x80, 0x00, 0x80, 0x00};
  ASSERT_EQ(decoder->decode(payload, pcm), 2U);
  EXPECT_EQ(pcm[0], 0x200);
  EXPECT_EQ(pcm[1], -32768);
}

double energy_of_difference(std::span<const std::int16_t> a, std::span<const std::int16_t> b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += double{1} * (a[i] - b[i]) * (a[i] - b[i]);
  return sum;
}

// Speech at 16 kHz, one packet in ten lost: `in_time` and `guessed` are compared with what a decoder without loss
// heard.
TEST(Codec, opus_copies_recover_more_than_concealment) {
  const CodecSettings settings{.format = Format::opus, .pcm_rate = 16'000, .bitrate = 32'000, .use_inband_fec = true};
  const auto encoder = make_encoder(settings);
  encoder->expect_loss(20);
  const auto whole = make_decoder(settings), by_copy = make_decoder(settings), by_guess = make_decoder(settings);
  const Sound sound = speech(16'000, 8);
  const std::size_t packet = encoder->packet_samples();
  std::vector<std::vector<std::uint8_t>> packets;
  for (std::size_t at = 0; at + packet <= sound.size(); at += packet) {
    packets.emplace_back(payload_bytes_max);
    packets.back().resize(encoder->encode(std::span(sound).subspan(at, packet), packets.back()));
  }
  double error_copied = 0, error_guessed = 0;
  int recovered = 0, lost = 0;
  Sound right(packet), pcm(packet);
  for (std::size_t i = 0; i < packets.size(); ++i) {
    ASSERT_TRUE(whole->decode(packets[i], right).has_value());
    if (i % 10 == 5 && i + 1 < packets.size()) {
      ++lost;
      if (by_copy->decode_fec(packets[i + 1], pcm)) ++recovered;
      error_copied += energy_of_difference(right, pcm);
      by_guess->conceal(pcm);
      error_guessed += energy_of_difference(right, pcm);
    } else {
      ASSERT_TRUE(by_copy->decode(packets[i], pcm).has_value());
      ASSERT_TRUE(by_guess->decode(packets[i], pcm).has_value());
    }
  }
  EXPECT_GT(recovered, lost / 2);
  EXPECT_LT(error_copied, error_guessed / 4);  // 6 dB less
}

TEST(Codec, only_opus_with_copies_recovers) {
  const auto without = make_encoder({.format = Format::opus, .pcm_rate = 16'000});
  const auto decoder = make_decoder({.format = Format::opus, .pcm_rate = 16'000});
  const auto g711 = make_decoder({});
  const Sound sound = speech(16'000, 1);
  std::array<std::uint8_t, payload_bytes_max> payload;
  Sound pcm(320);
  for (std::size_t at = 0; at < sound.size(); at += 320) {
    const std::size_t bytes = without->encode(std::span(sound).subspan(at, 320), payload);
    EXPECT_FALSE(decoder->decode_fec(std::span(payload).first(bytes), pcm));
    EXPECT_FALSE(g711->decode_fec(std::span(payload).first(160), std::span(pcm).first(160)));
  }
}

TEST(Codec, opus_says_nothing_while_there_is_silence) {
  for (const int rate : {8000, 16'000, 48'000}) {
    const auto encoder = make_encoder({.format = Format::opus, .pcm_rate = rate, .use_dtx = true});
    const auto decoder = make_decoder({.format = Format::opus, .pcm_rate = rate});
    Sound sound = speech(rate, 1);
    sound.resize(static_cast<std::size_t>(rate) * 5);
    std::array<std::uint8_t, payload_bytes_max> payload;
    std::array<std::int16_t, packet_samples_max> pcm;
    int silent = 0, kept_up = 0, packets = 0;
    for (std::size_t at = 0; at < sound.size(); at += encoder->packet_samples(), ++packets) {
      const std::size_t bytes = encoder->encode(std::span(sound).subspan(at, encoder->packet_samples()), payload);
      ASSERT_EQ(decoder->decode(std::span(payload).first(bytes), pcm), encoder->packet_samples());
      if (packets >= 100) ++(bytes <= dtx_bytes_max ? silent : kept_up);  // one second after the last sound
    }
    EXPECT_GE(silent, 135) << rate;  // of 150; one in 400 ms refreshes
    EXPECT_GE(kept_up, 1) << rate;
  }
}

TEST(Codec, opus_keeps_to_the_far_ends_bitrate) {
  const Sound sound = speech(16'000, 4);
  for (const int limit : {0, 12'000}) {
    const auto encoder =
        make_encoder({.format = Format::opus, .pcm_rate = 16'000, .bitrate = 28'000, .max_average_bitrate = limit});
    std::array<std::uint8_t, payload_bytes_max> payload;
    std::size_t bytes = 0;
    for (std::size_t at = 0; at < sound.size(); at += 320) {
      bytes += encoder->encode(std::span(sound).subspan(at, 320), payload);
    }
    const double bit_rate = static_cast<double>(bytes) * 8 / 4;
    EXPECT_GT(bit_rate, limit == 0 ? 16'000 : 8000);
    EXPECT_LT(bit_rate, limit == 0 ? 32'000 : 13'200);
  }
}

TEST(Codec, opus_takes_packets_of_any_rate) {
  const Sound sound = tone(1004, -10, 48'000, 1);
  const auto encoder = make_encoder({.format = Format::opus, .pcm_rate = 48'000});
  const auto decoder = make_decoder({.format = Format::opus, .pcm_rate = 8000});
  std::array<std::uint8_t, payload_bytes_max> payload;
  Sound heard, pcm(160);
  for (std::size_t at = 0; at < sound.size(); at += 960) {
    const std::size_t bytes = encoder->encode(std::span(sound).subspan(at, 960), payload);
    ASSERT_EQ(decoder->decode(std::span(payload).first(bytes), pcm), 160U);
    heard.insert(heard.end(), pcm.begin(), pcm.end());
  }
  EXPECT_NEAR(tone_level_dbm0(std::span(heard).subspan(4000), 1004, 8000), -10, 1);
}

/// A far end may send stereo whatever we asked for (RFC 7587 §6.1): both of its channels are heard, alike, once.
TEST(Codec, stereo_of_opus_becomes_mono) {
  const Sound left = tone(600, -10, 48'000, 1), right = tone(1500, -10, 48'000, 1);
  for (const int rate : {8000, 16'000, 48'000}) {
    const std::unique_ptr<OpusEncoder, void (*)(OpusEncoder*)> encoder(
        opus_encoder_create(48'000, 2, OPUS_APPLICATION_AUDIO, nullptr), opus_encoder_destroy);
    ASSERT_EQ(opus_encoder_ctl(encoder.get(), OPUS_SET_BITRATE(96'000)), OPUS_OK);
    const auto decoder = make_decoder({.format = Format::opus, .pcm_rate = rate});
    std::array<std::uint8_t, payload_bytes_max> payload;
    Sound heard, pcm(static_cast<std::size_t>(rate / 50));
    for (std::size_t at = 0; at < left.size(); at += 960) {
      std::array<std::int16_t, 2 * 960> both;
      for (std::size_t i = 0; i < 960; ++i) both[2 * i] = left[at + i], both[2 * i + 1] = right[at + i];
      const opus_int32 bytes = opus_encode(encoder.get(), both.data(), 960, payload.data(), payload_bytes_max);
      ASSERT_GT(bytes, 0);
      ASSERT_EQ(opus_packet_get_nb_channels(payload.data()), 2);
      ASSERT_EQ(decoder->decode(std::span(payload).first(static_cast<std::size_t>(bytes)), pcm), pcm.size());
      heard.insert(heard.end(), pcm.begin(), pcm.end());
    }
    const auto settled = std::span(heard).subspan(heard.size() / 2);
    EXPECT_NEAR(tone_level_dbm0(settled, 600, rate), -16, 1) << rate;
    EXPECT_NEAR(tone_level_dbm0(settled, 1500, rate), -16, 1) << rate;
    EXPECT_NEAR(total_level_dbm0(settled), -13, 1) << rate;
  }
}

}  // namespace
}  // namespace junctor::audio
