#include "sim/engine.hpp"

#include <algorithm>
#include <cstdlib>
#include <span>
#include <string_view>

#include "audio/goertzel.hpp"

namespace junctor::sim {
namespace {

bool is_deepgram(const Engine::Line& line) {
  return line.url.contains("encoding=");
}

std::uint32_t number_behind(std::string_view text, std::string_view name) {
  const std::size_t at = text.find(name);
  return at == std::string_view::npos ? 0
                                      : static_cast<std::uint32_t>(std::strtoul(
                                            std::string(text.substr(at + name.size())).c_str(), nullptr, 10));
}

/// Empty: silence.
std::string word_for(std::span<const std::int16_t> samples, double rate) {
  constexpr double least_dbm0 = -30;
  std::string best;
  double most = least_dbm0;
  for (const int hz : {440, 600, 700, 880, 1000}) {
    const double level = audio::tone_level_dbm0(samples, hz, rate);
    if (level <= most) continue;
    most = level;
    best = std::to_string(hz);
  }
  return best;
}

}  // namespace

std::size_t Engine::connected() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(lines_, [](const auto& l) { return l.second.up && !l.second.over; }));
}

void Engine::later(WebSocketId id, std::function<void(WebSocketSink&)> what) {
  world_.after(delay, [this, id, what = std::move(what), alive = alive_] {
    if (!*alive) return;
    if (const auto at = sinks_.find(id); at != sinks_.end()) what(*at->second);
  });
}

void Engine::end(WebSocketId id, WebSocketEnd how) {
  later(id, [this, id, how = std::move(how)](WebSocketSink& sink) {
    lines_.at(id).over = true;
    sinks_.erase(id);
    sink.on_closed(id, how, world_.now());
  });
}

void Engine::die() {
  for (const auto& [id, sink] : sinks_) end(id, {0, "Connection reset by peer"});
}

void Engine::say(const std::string& message) {
  for (const auto& [id, sink] : sinks_)
    later(id, [this, id, message](WebSocketSink& to) { to.on_text(id, message, world_.now()); });
}

WebSocketId Engine::open(const WebSocketRequest& request, WebSocketSink& sink) {
  const WebSocketId id{++last_id_};
  Line& line = lines_[id];
  line.url = request.url;
  line.headers = request.headers;
  line.rate = number_behind(request.url, "sample_rate=");
  sinks_[id] = &sink;
  if (!there) {
    end(id, {0, "engine.test: Connection refused"});
  } else if (status != 0) {
    end(id, {status, "answered " + std::to_string(status)});
  } else {
    later(id, [this, id](WebSocketSink& to) {
      lines_.at(id).up = true;
      to.on_open(id, world_.now());
    });
  }
  return id;
}

void Engine::send_text(WebSocketId id, std::string message) {
  if (!sinks_.contains(id)) return;
  Line& line = lines_.at(id);
  line.texts.push_back(message);
  if (const std::uint32_t rate = number_behind(message, "\"sample_rate\":")) line.rate = rate;
  if (!message.contains("CloseStream") && !message.contains("eof")) return;
  constexpr std::size_t least = 2000;  // to be sure of anything
  const std::size_t settled = line.rate == 0 ? 0 : line.samples.size() / line.rate * line.rate;
  if (reads && answers && line.samples.size() > settled + least) tell(id, line, settled, line.samples.size(), true);
  if (reads) end(id, {0, "closed by the far end: 1000"});
}

void Engine::send_binary(WebSocketId id, std::string message) {
  if (!sinks_.contains(id)) return;
  Line& line = lines_.at(id);
  if (reads) return hear(id, line, message);
  line.unread += message.size();
}

void Engine::hear(WebSocketId id, Line& line, const std::string& bytes) {
  for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) {
    line.samples.push_back(static_cast<std::int16_t>(static_cast<unsigned char>(bytes[i]) |
                                                     static_cast<unsigned char>(bytes[i + 1]) << 8));
    if (line.samples.size() % (line.rate / 2) != 0 || !answers) continue;
    const bool final = line.samples.size() % line.rate == 0;
    tell(id, line, line.samples.size() - line.rate / (final ? 1 : 2), line.samples.size(), final);
  }
}

void Engine::tell(WebSocketId id, const Line& line, std::size_t from, std::size_t to, bool final) {
  const std::string word = word_for(std::span(line.samples).subspan(from, to - from), line.rate);
  const auto secs = [&](std::size_t samples) {
    return std::to_string(static_cast<double>(samples) / static_cast<double>(line.rate));
  };
  std::string message;
  if (is_deepgram(line)) {
    message = R"({"type":"Results","channel_index":[0,1],"start":)" + secs(from) + R"(,"duration":)" + secs(to - from) +
              R"(,"is_final":)" + (final ? "true" : "false") + R"(,"speech_final":false,"channel":{"alternatives":)" +
              R"([{"transcript":")" + word + R"(","confidence":0.75,"words":[]}]}})";
  } else if (!final) {
    message = R"({"partial" : ")" + word + R"("})";
  } else if (word.empty()) {
    message = R"({"text" : ""})";
  } else {
    message = R"({"result" : [{"conf" : 0.5, "end" : )" + secs(to) + R"(, "start" : )" + secs(from) +
              R"(, "word" : ")" + word + R"("}], "text" : ")" + word + R"("})";
  }
  later(id, [this, id, message](WebSocketSink& sink) { sink.on_text(id, message, world_.now()); });
}

std::size_t Engine::unsent(WebSocketId id) const {
  const auto at = lines_.find(id);
  return at == lines_.end() ? 0 : at->second.unread;
}

void Engine::close(WebSocketId id) {
  if (sinks_.erase(id) != 0) lines_.at(id).over = true;
}

}  // namespace junctor::sim
