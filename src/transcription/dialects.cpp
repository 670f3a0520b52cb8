#include "transcription/dialects.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <utility>

#include "base/url.hpp"
#include "transcription/json_fields.hpp"

namespace junctor::transcription {
namespace {

namespace json = boost::json;

/// A query of the URL's own stands, whatever we would have said.
void add_query(std::string& url, std::string_view name, const std::string& value) {
  const std::size_t query = url.find('?');
  const std::string key = std::string(name) + '=';
  if (query != std::string::npos) {
    const std::string_view own = std::string_view(url).substr(query + 1);
    if (own.starts_with(key) || own.contains('&' + key)) return;
  }
  url += query == std::string::npos ? '?' : '&';
  url += key + percent_encoded(value);
}

double confidence_of(const json::object& in, std::string_view name) {
  return std::clamp(number_of(in, name).value_or(0), 0.0, 1.0);
}

Result<EngineMessage, std::string> deepgram_result(const json::object& message) {
  const json::object* const channel = object_of(message, "channel");
  const json::array* const alternatives = channel == nullptr ? nullptr : array_of(*channel, "alternatives");
  const json::object* const best =
      alternatives == nullptr || alternatives->empty() ? nullptr : alternatives->front().if_object();
  if (best == nullptr) return fail(std::string("a result without an alternative"));
  EngineResult out;
  out.text = text_of(*best, "transcript").value_or("");
  out.final = flag_of(message, "is_final");
  out.confidence = confidence_of(*best, "confidence");
  out.start_secs = number_of(message, "start");
  if (const auto duration = number_of(message, "duration"); duration && out.start_secs)
    out.end_secs = *out.start_secs + *duration;
  return out;
}

/// The words of a vosk result, as far as they have times.
void take_words(const json::array& words, EngineResult& out) {
  double sum = 0;
  std::size_t count = 0;
  for (const json::value& value : words) {
    const json::object* const word = value.if_object();
    if (word == nullptr) continue;
    const auto start = number_of(*word, "start"), end = number_of(*word, "end");
    if (start && !out.start_secs) out.start_secs = start;
    if (end) out.end_secs = end;
    sum += confidence_of(*word, "conf");
    ++count;
  }
  if (count > 0) out.confidence = sum / static_cast<double>(count);
}

}  // namespace

// --------------------------------------------------------------------------------------------------------- deepgram

WebSocketRequest DeepgramEngine::request(std::uint32_t rate) const {
  WebSocketRequest out{.url = settings_.url, .headers = {}, .ca_file = settings_.ca_file};
  add_query(out.url, "encoding", "linear16");
  add_query(out.url, "sample_rate", std::to_string(rate));
  add_query(out.url, "channels", "1");
  add_query(out.url, "interim_results", settings_.interim ? "true" : "false");
  if (!settings_.language.empty()) add_query(out.url, "language", settings_.language);
  if (!settings_.token.empty()) out.headers.emplace_back("Authorization", "Token " + settings_.token);
  return out;
}

Result<EngineMessage, std::string> DeepgramEngine::parse(std::string_view text) const {
  const auto message = parse_object(text);
  if (!message) return fail(message.error());
  const std::string type = text_of(*message, "type").value_or("");
  if (type == "Results") return deepgram_result(*message);
  if (type == "Error")
    return EngineComplaint{
        text_of(*message, "description").value_or(text_of(*message, "message").value_or("an error"))};
  if (type.empty()) return fail(std::string("a message without a type"));
  return EngineMessage();  // Metadata, SpeechStarted, UtteranceEnd and what may come
}

// ------------------------------------------------------------------------------------------------------------- vosk

WebSocketRequest VoskEngine::request(std::uint32_t) const {
  WebSocketRequest out{.url = settings_.url, .headers = {}, .ca_file = settings_.ca_file};
  if (!settings_.token.empty()) out.headers.emplace_back("Authorization", "Bearer " + settings_.token);
  return out;
}

std::string VoskEngine::opening(std::uint32_t rate) const {
  json::object config{{"sample_rate", rate}, {"words", true}};
  if (!settings_.language.empty()) config["language"] = settings_.language;  // for those who have several models
  return json::serialize(json::object{{"config", std::move(config)}});
}

Result<EngineMessage, std::string> VoskEngine::parse(std::string_view text) const {
  const auto message = parse_object(text);
  if (!message) return fail(message.error());
  if (auto partial = text_of(*message, "partial")) {
    EngineResult out;
    if (settings_.interim) out.text = std::move(*partial);
    return out;
  }
  if (auto final = text_of(*message, "text")) {
    EngineResult out;
    out.text = std::move(*final);
    out.final = true;
    if (const json::array* const words = array_of(*message, "result")) take_words(*words, out);
    return out;
  }
  if (auto complaint = text_of(*message, "error")) return EngineComplaint{std::move(*complaint)};
  return EngineMessage();
}

// ------------------------------------------------------------------------------------------------------------- both

std::shared_ptr<const Engine> make_engine(EngineSettings settings) {
  switch (settings.dialect) {
    case Dialect::deepgram:
      return std::make_shared<DeepgramEngine>(std::move(settings));
    case Dialect::vosk:
      break;
  }
  return std::make_shared<VoskEngine>(std::move(settings));
}

std::string linear16(std::span<const std::int16_t> samples) {
  std::string out;
  out.reserve(samples.size_bytes());
  for (const std::int16_t sample : samples) {
    const auto bits = static_cast<std::uint16_t>(sample);
    out += static_cast<char>(bits & 0xff);
    out += static_cast<char>(bits >> 8);
  }
  return out;
}

}  // namespace junctor::transcription
