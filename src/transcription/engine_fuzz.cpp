// What an engine sends: whatever it is, a result that comes of it holds what its description promises.
#include <boost/json.hpp>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "transcription/engine.hpp"

using namespace junctor::transcription;

namespace {

void expect(bool holds) {
  if (!holds) std::abort();
}

void check(const Engine& engine, std::string_view message) {
  const auto parsed = engine.parse(message);
  if (!parsed) return expect(!parsed.error().empty());
  const auto* const result = std::get_if<EngineResult>(&*parsed);
  if (result == nullptr) return;
  expect(result->text.size() <= Engine::text_bytes_max);
  for (const char c : result->text) expect(static_cast<unsigned char>(c) >= ' ' && c != '\x7f');
  expect(result->confidence >= 0 && result->confidence <= 1);
  // As text of a JSON document it comes back unchanged: it is UTF-8.
  boost::system::error_code error;
  const boost::json::value text(boost::json::string(result->text));
  expect(boost::json::parse(boost::json::serialize(text), error) == text && !error);
  if (result->start_secs) expect(std::isfinite(*result->start_secs));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto deepgram = make_engine({.dialect = Dialect::deepgram});
  static const auto vosk = make_engine({.dialect = Dialect::vosk});
  const std::string_view message(reinterpret_cast<const char*>(data), size);
  check(*deepgram, message);
  check(*vosk, message);
  return 0;
}
