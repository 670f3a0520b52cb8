#include "stream/streams.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "media/feed_ring.hpp"
#include "media/tap_ring.hpp"
#include "stream/servant.hpp"

namespace junctor::stream {
namespace {

/// What a tap holds while a socket's thread is held up.
constexpr Duration tap_time = seconds(1);
/// Who speak at a time, as a rule.
constexpr std::size_t tap_voices = 3;
/// A tick more than is kept in it.
constexpr Duration feed_time = Playout::ring_ahead + milliseconds(200);

std::uint64_t token_of(const StreamId& id) {
  std::uint64_t out = 0;
  static_assert(stream_id_length == sizeof out);
  std::memcpy(&out, id.data(), sizeof out);
  return out;
}

StreamId id_of(std::uint64_t token) {
  StreamId out(stream_id_length, ' ');
  std::memcpy(out.data(), &token, sizeof token);
  return out;
}

std::size_t per(Duration time, std::uint32_t rate) {
  return static_cast<std::size_t>(time / milliseconds(1)) * rate / 1000;
}

}  // namespace

Streams::Streams(Parts parts, Wakes wakes, Sink sink)
    : parts_(parts),
      wakes_(std::move(wakes)),
      sink_(std::move(sink)),
      counters_(parts.counters),
      opened_(parts.counters.get("streams_opened")),
      refused_(parts.counters.get("streams_refused_full")) {}

Streams::~Streams() {
  for (auto& [id, running] : running_) parts_.timers.cancel(running.timer);
}

Streams::Running* Streams::find(std::string_view id) {
  const auto at = running_.find(StreamId(id));
  return at == running_.end() || at->second.stopped ? nullptr : &at->second;
}

bool Streams::is_open(std::string_view id) const {
  const auto at = running_.find(StreamId(id));
  return at != running_.end() && !at->second.stopped;
}

// ---------------------------------------------------------------------------------------------------- begin and end

std::optional<Streams::Opened> Streams::begin(SessionSettings settings, const Source& source, TimePoint now) {
  if (running_.size() >= streams_max) {
    refused_.add();
    return std::nullopt;
  }
  StreamId id;
  do id = parts_.random.token(stream_id_length);
  while (running_.contains(id));
  Running& running = running_[id];
  running.settings = settings;
  running.session = std::make_unique<Session>(std::move(settings), counters_);
  running.idle_since = now;
  Follow follow = connect(running, source);
  auto feed = follow.feed;
  running.session->apply(std::move(follow), now);
  opened_.add();
  return Opened{id, std::move(feed)};
}

std::optional<Streams::Opened> Streams::open(SessionSettings settings, const Source& source, TimePoint now) {
  auto opened = begin(std::move(settings), source, now);
  if (opened) work(opened->id, running_.at(opened->id), now);
  return opened;
}

std::optional<Streams::Opened> Streams::dial(const BridgeTarget& target, BridgeFacts facts, const Source& source,
                                             TimePoint now) {
  SessionSettings settings;
  settings.format = target.format;
  settings.dialect = Dialect::bridge;
  settings.facts = std::move(facts);
  auto opened = begin(std::move(settings), source, now);
  if (!opened) return opened;
  Running& running = running_.at(opened->id);
  running.dialled = true;
  parts_.programs.begin({target.request, target.timeout, attach(running)});
  return opened;
}

Follow Streams::connect(Running& running, const Source& source) {
  running.source = source;
  Follow out{.caller = source.caller};
  if (hears(running.settings.direction)) {
    const std::size_t bytes = tap_voices * (per(tap_time, source.rate) * sizeof(std::int16_t) + 1024);
    out.tap = std::make_shared<media::TapRing>(source.rate, media::TapWants{}, bytes);
    running.tap = parts_.plane.new_tap_id();
    parts_.plane.command(worker_of(source.mixer),
                         media::OpenTap{.id = running.tap, .mixer = source.mixer, .ring = out.tap});
  }
  if (speaks(running.settings.direction))
    out.feed = std::make_shared<media::FeedRing>(source.rate, per(feed_time, source.rate));
  return out;
}

void Streams::close_tap(Running& running) {
  if (!running.tap) return;
  parts_.plane.command(worker_of(running.source.mixer), media::CloseTap{.id = running.tap});
  running.tap = {};
}

std::shared_ptr<media::FeedRing> Streams::follow(const StreamId& id, const Source& source, TimePoint now) {
  Running* const running = find(id);
  if (running == nullptr) return nullptr;
  close_tap(*running);
  Follow follow = connect(*running, source);
  auto feed = follow.feed;
  order(*running, std::move(follow), now);
  return feed;
}

void Streams::set_caller(const StreamId& id, PortId caller, TimePoint now) {
  Running* const running = find(id);
  if (running == nullptr || running->source.caller == caller) return;
  running->source.caller = caller;
  order(*running, Follow{.caller = caller}, now);
}

void Streams::press(const StreamId& id, char digit, TimePoint now) {
  if (Running* const running = find(id)) order(*running, Pressed{digit}, now);
}

void Streams::stop(const StreamId& id, std::string_view reason, TimePoint now) {
  Running* const running = find(id);
  if (running == nullptr) return;
  running->stopped = true;
  close_tap(*running);
  parts_.timers.cancel(running->timer);
  order(*running, Stop{std::string(reason)}, now);
  if (running->session) forget(id);
}

void Streams::forget(const StreamId& id) {
  const auto at = running_.find(id);
  parts_.timers.cancel(at->second.timer);
  running_.erase(at);
}

void Streams::end(const StreamId& id, const std::string& reason, TimePoint now) {
  const StreamId ended = id;
  stop(ended, reason, now);
  sink_(Ended{ended, reason}, now);
}

// -------------------------------------------------------------------------------------------------------- the session

/// To the session, wherever it is.
void Streams::order(Running& running, Order order, TimePoint now) {
  if (running.session) return running.session->apply(std::move(order), now);
  running.line->orders.send(std::make_unique<Order>(std::move(order)));
  if (running.dialled) return parts_.programs.rouse();
  wakes_.servant(running.socket);
}

Attached Streams::attach(Running& running) {
  parts_.timers.cancel(running.timer);
  return Attached(std::move(running.session), running.line, wakes_.control);
}

std::unique_ptr<WebServant> Streams::take(std::string_view id, WebId socket) {
  Running* const running = find(id);
  if (running == nullptr || !running->session || running->dialled) return nullptr;
  running->socket = socket;
  return std::make_unique<Servant>(attach(*running));
}

Result<void, std::string> Streams::on_frame(const StreamId& id, const MediaFrame& frame, TimePoint now) {
  Running* const running = find(id);
  if (running == nullptr) return fail(std::string("no such stream"));
  if (!running->session) return fail(std::string("the stream has a media socket"));
  const Format& format = running->settings.format;
  if (format.codec != Codec::l16 || format.channels != 1 || format.rate != frame.rate)
    return fail(std::string("the stream has another format"));
  running->idle_since = now;
  running->session->on_binary(frame.samples, now);
  work(id, *running, now);
  return {};
}

/// Of a session that is here.
void Streams::work(const StreamId& id, Running& running, TimePoint now) {
  const TimePoint too_long = running.idle_since + idle_max;
  if (now >= too_long) return end(id, "there is no media socket", now);
  const TimePoint again = std::min(running.session->work(now).value_or(too_long), too_long);
  parts_.timers.cancel(running.timer);
  running.timer = parts_.timers.schedule(again, *this, token_of(id));
}

void Streams::on_timer(std::uint64_t token, TimePoint now) {
  const StreamId id = id_of(token);
  if (Running* const running = find(id); running != nullptr && running->session) work(id, *running, now);
}

bool Streams::deliver(TimePoint now) {
  std::vector<std::pair<StreamId, std::unique_ptr<News>>> all;
  for (auto& [id, running] : running_) {
    if (!running.session && running.line->orders.flush())
      running.dialled ? parts_.programs.rouse() : wakes_.servant(running.socket);
    while (auto news = running.line->news.receive()) all.emplace_back(id, std::move(*news));
  }
  for (auto& [id, news] : all)
    if (const auto at = running_.find(id); at != running_.end()) take_news(id, at->second, std::move(*news), now);
  return !all.empty();
}

void Streams::take_news(const StreamId& id, Running& running, News news, TimePoint now) {
  if (const auto* keys = std::get_if<Keys>(&news)) {
    if (!running.stopped) sink_(KeysPressed{id, keys->digits}, now);
    return;
  }
  auto& returned = std::get<Returned>(news);
  if (running.stopped) return forget(id);
  running.session = std::move(returned.session);
  running.socket = {};
  while (auto order = running.line->orders.receive()) running.session->apply(std::move(**order), now);
  running.idle_since = now;
  if (running.dialled) return end(id, returned.reason, now);
  work(id, running, now);
}

}  // namespace junctor::stream
