#pragma once
// RWI commands about recordings.
#include "apps/program/vocabulary.hpp"

namespace junctor::apps::program {

enum class RecordMode : std::uint8_t { mixed, separate_legs };
constexpr std::array<std::string_view, 2> words(RecordMode) {
  return {"mixed", "separate_legs"};
}

enum class PauseMode : std::uint8_t { cut, silence };
constexpr std::array<std::string_view, 2> words(PauseMode) {
  return {"cut", "silence"};
}

struct RecordStorage {
  std::string backend = "file";
  std::string path;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("backend", "file (or local)"), s.backend);
    visit(Field("path", "in the folder of recordings; chosen by the hub without"), s.path);
  }
};

struct RecordOptions {
  RecordMode mode = RecordMode::mixed;
  bool beep = false;
  std::uint32_t max_duration_secs = 0;
  PauseMode pause_mode = PauseMode::cut;
  RecordStorage storage;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("mode", "separate_legs: the call's far end on the left, the others on the right"), s.mode);
    visit(Field("beep", "everybody hears a beep every 15 seconds"), s.beep);
    visit(Field("max_duration_secs", "0: none").between(0, 604'800), s.max_duration_secs);
    visit(Field("pause_mode", "whether a pause is in the file"), s.pause_mode);
    visit(Field("storage", "where it goes"), s.storage);
  }
};

struct RecordStart {
  static constexpr CommandInfo info{"record.start", "RecordStart", Scope::record,
                                    "Records a call with whom it talks to.", "the file is open"};
  OwnCall call_id;
  RecordOptions options;
  struct Done {
    std::string recording_id;
    std::string path;
    template <class Self, class Visitor>
    static void fields(Self& s, Visitor& visit) {
      visit(Field("recording_id", "names it"), s.recording_id);
      visit(Field("path", "of the file, in the folder of recordings").up_to_bytes(4096), s.path);
    }
  };
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("call_id", "the call").needed(), s.call_id);
    RecordOptions::fields(s.options, visit);
  }
};

struct RecordPause {
  static constexpr CommandInfo info{"record.pause", "RecordPause", Scope::record, "Nothing is recorded for a while.",
                                    "the recorder has paused"};
  OwnCall call_id;
  using Done = NoData;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("call_id", "a call that is recorded").needed(), s.call_id);
  }
};

struct RecordResume {
  static constexpr CommandInfo info{"record.resume", "RecordResume", Scope::record, "Ends a pause.",
                                    "the recorder goes on"};
  OwnCall call_id;
  using Done = NoData;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("call_id", "a call whose recording is paused").needed(), s.call_id);
  }
};

struct RecordStop {
  static constexpr CommandInfo info{"record.stop", "RecordStop", Scope::record, "Ends a recording.",
                                    "the file is complete"};
  OwnCall call_id;
  using Done = NoData;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("call_id", "a call that is recorded").needed(), s.call_id);
  }
};

struct RecordMaskSegment {
  static constexpr CommandInfo info{"record.mask_segment", "RecordMaskSegment", Scope::record,
                                    "Silence is written over a part of a recording, past or to come.",
                                    "the recorder has it; what is past is silent in the file"};
  OwnCall call_id;
  std::string recording_id;
  double start_secs = 0;
  double end_secs = 0;
  using Done = NoData;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("call_id", "a call that is, or was, recorded").needed(), s.call_id);
    visit(Field("recording_id", "which of its recordings; the last one without"), s.recording_id);
    visit(Field("start_secs", "seconds of the file").needed().between(0, 604'800), s.start_secs);
    visit(Field("end_secs", "seconds of the file, behind start_secs").needed().between(0, 604'800), s.end_secs);
  }
};

}  // namespace junctor::apps::program
