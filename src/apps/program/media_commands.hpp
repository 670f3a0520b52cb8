#pragma once
// RWI commands about what a call hears and says.
#include "apps/program/vocabulary.hpp"

namespace junctor::apps::program {

struct MediaSource {
  enum class Type : std::uint8_t { file, url, silence, ringback };
  friend constexpr std::array<std::string_view, 4> words(Type) { return {"file", "url", "silence", "ringback"}; }
  Type type = Type::file;
  std::string uri;
  bool looped = false;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("type", "what is heard").or_named("source_type"), s.type);
    visit(Field("uri", "of a file: a name in data_dir/sounds, or of a built-in sound; of a URL: http or https"), s.uri);
    visit(Field("looped", "again and again until it is stopped").or_named("loop"), s.looped);
  }
};

struct MediaPlay {
  static constexpr CommandInfo info{"media.play", "MediaPlay", Scope::call, "Plays a sound to a call's far end.",
                                    "its first packet is sent"};
  OwnCall call_id;
  MediaSource source;
  bool interrupt_on_dtmf = false;
  bool mix = false;
  bool defer = false;
  std::optional<bool> loop;
  std::string leg_id;
  struct Done {
    std::string track_id;
    template <class Self, class Visitor>
    static void fields(Self& s, Visitor& visit) {
      visit(Field("track_id", "names it in its events and in media.stop"), s.track_id);
    }
  };
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("call_id", "an answered call").needed(), s.call_id);
    visit(Field("source", "what to play").needed(), s.source);
    visit(Field("interrupt_on_dtmf", "a key ends it"), s.interrupt_on_dtmf);
    visit(Field("mix", "beside what plays; without, that is ended"), s.mix);
    visit(Field("defer", "of a call that is not answered yet: plays when it is"), s.defer);
    visit(Field("loop", "as source.looped").or_named("loop_playback"), s.loop);
    visit(Field("leg_id", "to this leg; to the call's own far end without"), s.leg_id);
  }
};

struct MediaStop {
  static constexpr CommandInfo info{"media.stop", "MediaStop", Scope::call, "Ends what plays to a call.",
                                    "the media plane has ended it"};
  OwnCall call_id;
  std::string track_id;
  std::string leg_id;
  using Done = NoData;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("call_id", "the call").needed(), s.call_id);
    visit(Field("track_id", "this one alone"), s.track_id);
    visit(Field("leg_id", "to this leg alone"), s.leg_id);
  }
};

/// Whose audio a mute is about, seen from the far end: what it says, what it hears, or both.
enum class MuteDirection : std::uint8_t { says, hears, both };
constexpr std::array<std::string_view, 3> words(MuteDirection) {
  return {"says", "hears", "both"};
}

template <bool on>
struct MediaMuting {
  static constexpr CommandInfo info =
      on ? CommandInfo{"media.mute", "MediaMute", Scope::call, "Nobody hears a call's far end, or it hears nobody.",
                       "the media plane has muted it"}
         : CommandInfo{"media.unmute", "MediaUnmute", Scope::call, "Ends a mute.", "the media plane has ended it"};
  OwnCall call_id;
  std::string leg_id;
  MuteDirection direction = MuteDirection::says;
  using Done = NoData;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("call_id", "an answered call").needed(), s.call_id);
    visit(Field("leg_id", "which of its legs; the call's own far end without"), s.leg_id);
    visit(Field("direction", "what is muted"), s.direction);
  }
};
using MediaMute = MediaMuting<true>;
using MediaUnmute = MediaMuting<false>;

// -- streams of samples

enum class StreamDirection : std::uint8_t { sendrecv, send, recv };  ///< as the program sees it
constexpr std::array<std::string_view, 3> words(StreamDirection) {
  return {"sendrecv", "send", "recv"};
}

struct StreamFormat {
  std::string codec = "PCMU";
  std::uint32_t sample_rate = 8000;
  std::uint32_t channels = 1;
  std::uint32_t ptime_ms = 20;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("codec", "PCMU, PCMA, L16 (or pcm_s16le) or opus"), s.codec);
    visit(Field("sample_rate", "8000, 16000, 24000 or 48000 Hz").between(8000, 48000), s.sample_rate);
    visit(Field("channels", "2: the call's far end on the left, whom it talks to on the right").between(1, 2),
          s.channels);
    visit(Field("ptime_ms", "of one frame").between(10, 60), s.ptime_ms);
  }
};

struct StreamOpened {
  std::string stream_id;
  std::string media_url;
  std::uint32_t frame_bytes = 0;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("stream_id", "8 characters"), s.stream_id);
    visit(Field("media_url", "path of the WebSocket for its frames"), s.media_url);
    visit(Field("frame_bytes", "of one frame; 0: they differ"), s.frame_bytes);
  }
};

struct MediaStreamStart {
  static constexpr CommandInfo info{"media.stream_start", "MediaStreamStart", Scope::media,
                                    "Opens a stream of samples between a call and the program.",
                                    "its media socket can be opened"};
  OwnCall call_id;
  StreamDirection direction = StreamDirection::sendrecv;
  StreamFormat format;
  using Done = StreamOpened;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("call_id", "an answered call").needed(), s.call_id);
    visit(Field("direction", "recv: the call's audio comes; send: the program's goes"), s.direction);
    visit(Field("format", "of the frames"), s.format);
  }
};

struct MediaStreamStop {
  static constexpr CommandInfo info{"media.stream_stop", "MediaStreamStop", Scope::media, "Closes a stream.",
                                    "nothing comes and nothing is heard any more"};
  OwnCall call_id;
  std::string stream_id;
  using Done = NoData;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("call_id", "the call").needed(), s.call_id);
    visit(Field("stream_id", "this one alone"), s.stream_id);
  }
};

enum class InjectMode : std::uint8_t { mix, replace };
constexpr std::array<std::string_view, 2> words(InjectMode) {
  return {"mix", "replace"};
}

struct MediaInjectStart {
  static constexpr CommandInfo info{"media.inject_start", "MediaInjectStart", Scope::media,
                                    "Opens a stream of samples from the program into a call.",
                                    "its media socket can be opened"};
  OwnCall call_id;
  StreamFormat format;
  InjectMode mode = InjectMode::mix;
  std::string leg_id;
  using Done = StreamOpened;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("call_id", "an answered call").needed(), s.call_id);
    visit(Field("format", "of the frames"), s.format);
    visit(Field("mode", "replace: whom it talks to is not heard meanwhile"), s.mode);
    visit(Field("leg_id", "to this leg; to the call's own far end without"), s.leg_id);
  }
};

struct MediaInjectStop {
  static constexpr CommandInfo info{"media.inject_stop", "MediaInjectStop", Scope::media, "Closes such a stream.",
                                    "nothing of it is heard any more"};
  OwnCall call_id;
  std::string stream_id;
  using Done = NoData;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("call_id", "the call").needed(), s.call_id);
    visit(Field("stream_id", "this one alone"), s.stream_id);
  }
};

}  // namespace junctor::apps::program
