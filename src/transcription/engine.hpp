#pragma once
// What transcribes: a service behind a WebSocket, of which two dialects are known. This is what differs between them:
// bytes and JSON, no state. Whoever listens is thought to hear one voice, 16 bit, little-endian, one channel.
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "base/result.hpp"
#include "base/web_socket.hpp"

namespace junctor::transcription {

enum class Dialect : std::uint8_t {
  deepgram,  ///< Deepgram's, and of those who speak as it does
  vosk       ///< that of vosk-server
};

struct EngineSettings {
  Dialect dialect = Dialect::vosk;
  std::string url;       ///< ws:// or wss://; what it has in its query stays
  std::string token;     ///< empty: none is needed
  std::string language;  ///< as the service has it; empty: its own choice
  bool interim = true;   ///< partial results are wanted
  std::string ca_file;   ///< see WebSocketRequest
};

struct EngineResult {
  std::string text;  ///< may be empty: silence, as far as `end_secs`
  bool final = false;
  /// Of the sound of this connection, from its first sample on; nothing: the engine does not say.
  std::optional<double> start_secs, end_secs;
  double confidence = 0;  ///< 0 … 1; 0: the engine does not say
};
/// The engine has a complaint; one line.
struct EngineComplaint {
  std::string text;
};
/// Nothing in the first: a message that says nothing of interest.
using EngineMessage = std::variant<std::monostate, EngineResult, EngineComplaint>;

class Engine {
 public:
  static constexpr std::size_t text_bytes_max = 8192;  ///< of one result; the rest is cut off

  virtual ~Engine() = default;
  virtual std::string_view provider() const = 0;
  /// `rate`: of the samples that will come, in Hz.
  virtual WebSocketRequest request(std::uint32_t rate) const = 0;
  /// A text message before the first sample; empty: none.
  virtual std::string opening(std::uint32_t rate) const = 0;
  /// A text message that keeps a connection without sound from being closed; empty: none.
  virtual std::string keep_alive() const = 0;
  /// A text message: no more sound will come. Last results follow it, and the far end closes.
  virtual std::string ending() const = 0;
  /// Whoever listens may have sent anything. The error is one line.
  virtual Result<EngineMessage, std::string> parse(std::string_view message) const = 0;
};

std::shared_ptr<const Engine> make_engine(EngineSettings settings);

/// Samples as both dialects take them.
std::string linear16(std::span<const std::int16_t> samples);

}  // namespace junctor::transcription
