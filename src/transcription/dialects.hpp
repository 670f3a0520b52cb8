#pragma once
// The two dialects. Private to this room.
#include "transcription/engine.hpp"

namespace junctor::transcription {

/// Queries say what comes (encoding, sample_rate, channels, interim_results, language), a header who we are. Results
/// tell where they begin and how long they are; an utterance comes as several final ones, each of which stands.
class DeepgramEngine final : public Engine {
 public:
  explicit DeepgramEngine(EngineSettings settings) : settings_(std::move(settings)) {}
  std::string_view provider() const override { return "deepgram"; }
  WebSocketRequest request(std::uint32_t rate) const override;
  std::string opening(std::uint32_t) const override { return {}; }
  std::string keep_alive() const override { return R"({"type":"KeepAlive"})"; }
  std::string ending() const override { return R"({"type":"CloseStream"})"; }
  Result<EngineMessage, std::string> parse(std::string_view message) const override;

 private:
  const EngineSettings settings_;
};

/// The first message says the rate. Partial results have no times, final ones those of their words.
class VoskEngine final : public Engine {
 public:
  explicit VoskEngine(EngineSettings settings) : settings_(std::move(settings)) {}
  std::string_view provider() const override { return "vosk"; }
  WebSocketRequest request(std::uint32_t rate) const override;
  std::string opening(std::uint32_t rate) const override;
  std::string keep_alive() const override { return {}; }
  std::string ending() const override { return R"({"eof":1})"; }
  Result<EngineMessage, std::string> parse(std::string_view message) const override;

 private:
  const EngineSettings settings_;
};

}  // namespace junctor::transcription
