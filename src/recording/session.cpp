#include "recording/session.hpp"

#include <algorithm>

#include "media/codec_settings.hpp"

namespace junctor::recording {
namespace {

/// So much silence is written at a time while nothing comes.
constexpr Duration silence_step = seconds(1);

}  // namespace

Session::Session(audio::Disk& disk, Counters& counters, Beginning beginning)
    : disk_(disk),
      lost_counter_(counters.get("recording_ticks_lost")),
      id_(beginning.id),
      settings_(std::move(beginning.settings)),
      start_(beginning.at),
      wall_(beginning.wall),
      frame_(settings_.rate / media::ticks_per_second),
      ring_(std::move(beginning.ring)),
      timeline_(settings_.rate, start_),
      length_max_(static_cast<std::uint64_t>(std::chrono::duration_cast<milliseconds>(settings_.length_max).count()) *
                  settings_.rate / 1000) {
  manifest_.format = settings_.format;
  manifest_.layout = settings_.layout;
  manifest_.rate = settings_.rate;
  manifest_.facts = settings_.facts;
  manifest_.started = wall_;
}

void Session::work(TimePoint now, std::vector<Event>& events) {
  if (reporter_) return work_on_end(events);
  attempt(begun_ ? Outcome() : begin());
  attempt(run(now - behind));
  attempt(fill_silence(now - behind - patience));
  attempt(flush());
  std::ranges::move(events_, std::back_inserter(events));
  events_.clear();
}

void Session::attempt(Outcome outcome) {
  if (!outcome) end(StopReason::failed, outcome.error());
}

void Session::stop_now() {
  if (reporter_) return;
  attempt(begun_ ? Outcome() : begin());
  attempt(run(TimePoint::max()));
  end(StopReason::stopped, {});
}

Session::Outcome Session::flush() {
  for (Output& output : outputs_) {
    if (auto done = output.file->flush(); !done) return done;
  }
  return {};
}

// ----------------------------------------------------------------------------------------------------- the beginning

Session::Outcome Session::begin() {
  begun_ = true;
  if (const auto slash = settings_.path.rfind('/'); slash != std::string::npos && slash > 0) {
    if (auto made = disk_.make_folder(settings_.path.substr(0, slash)); !made) return made;
  }
  // A name belongs to one recording: what is there already is not written over.
  for (const char* ending : {manifest_open, manifest_closed}) {
    if (disk_.stamp(settings_.path + ending)) return fail(std::string("a recording of this name exists"));
  }
  named_ = true;
  if (settings_.layout != Layout::per_leg) {
    if (auto made = add_output({}, settings_.layout == Layout::stereo ? 2 : 1); !made) return made;
  }
  if (settings_.layout == Layout::mono) places_[PortId{}] = {};
  if (auto done = set_tracks(settings_.tracks); !done) return done;
  events_.emplace_back(Started{id_});
  return {};
}

Session::Outcome Session::add_output(const std::string& label, std::uint8_t channels) {
  std::string path = settings_.path;
  if (!label.empty()) path += '-' + label;
  auto file = AudioFile::create(disk_, path + ending_of(settings_.format), settings_.format, settings_.rate, channels);
  if (!file) return fail(file.error());
  outputs_.push_back({.file = std::move(*file), .label = label, .begin = length_});
  manifest_.files.push_back({.name = name_of(outputs_.back().file->path()),
                             .label = label,
                             .channels = channels,
                             .at_ms = ms(length_),
                             .report = {}});
  return {};
}

void Session::stop_all_tracks() {
  for (auto& time : manifest_.tracks) {
    if (!time.to_ms) time.to_ms = ms(length_);
  }
}

Session::Outcome Session::set_tracks(const std::vector<Track>& tracks) {
  if (settings_.layout == Layout::mono) return write_open_manifest();
  stop_all_tracks();
  places_.clear();
  if (settings_.layout == Layout::per_leg) {
    for (Output& output : outputs_) {
      output.open = std::ranges::find(tracks, output.label, &Track::label) != tracks.end();
    }
  }
  for (const Track& one : tracks) {
    if (auto done = track(one); !done) return done;
  }
  return write_open_manifest();
}

Session::Outcome Session::track(const Track& track) {
  Place place;
  if (settings_.layout == Layout::stereo) {
    place.channel = track.side == Side::left ? 0 : 1;
  } else {
    const auto output = std::ranges::find(outputs_, track.label, &Output::label);
    place.output = static_cast<std::size_t>(output - outputs_.begin());
    if (output == outputs_.end()) {
      if (auto made = add_output(track.label, 1); !made) return made;
    } else if (auto done = catch_up(*output); !done) {
      return done;
    }
  }
  places_[track.port] = place;
  // Somebody who stays does not appear twice.
  for (auto& before : manifest_.tracks) {
    if (before.track == track && before.to_ms == ms(length_)) {
      before.to_ms.reset();
      return {};
    }
  }
  manifest_.tracks.push_back({.track = track, .from_ms = ms(length_), .to_ms = {}});
  return {};
}

Session::Outcome Session::write_open_manifest() {
  fill_manifest();
  return disk_.replace(settings_.path + manifest_open, to_json(manifest_));
}

// ----------------------------------------------------------------------------------------------------------- running

Session::Outcome Session::run(TimePoint horizon) {
  while (!reporter_) {
    const auto tick = ring_ ? ring_->next_time() : std::nullopt;
    const bool tick_due = tick && *tick <= horizon;
    if (!changes_.empty() && changes_.front().at <= horizon && (!tick_due || changes_.front().at <= *tick)) {
      Change change = std::move(changes_.front());
      changes_.pop_front();
      if (auto done = apply(change); !done) return done;
    } else if (tick_due) {
      if (auto done = write(*ring_->next()); !done) return done;
    } else {
      break;
    }
    if (length_reached()) end(StopReason::length_max, {});
  }
  return {};
}

/// Time goes on while nobody sits in the mixer.
Session::Outcome Session::fill_silence(TimePoint horizon) {
  if (reporter_ || timeline_.paused()) return {};
  const std::uint64_t due = timeline_.position(horizon);
  const auto step = static_cast<std::uint64_t>(silence_step / milliseconds(1)) * settings_.rate / 1000;
  if (due >= length_ + frame_) {
    if (auto done = fill_until(std::min(due, length_ + step)); !done) return done;
  }
  if (length_reached()) end(StopReason::length_max, {});
  return {};
}

Session::Outcome Session::apply(Change& change) {
  // What a change is about begins where the time before it ends.
  const bool in_step =
      !std::holds_alternative<Change::Mask>(change.what) && !std::holds_alternative<Change::MaskFile>(change.what);
  if (in_step && !timeline_.paused()) {
    if (auto done = fill_until(timeline_.position(change.at)); !done) return done;
  }
  if (auto* follow = std::get_if<Change::Follow>(&change.what)) {
    note_lost_at_end();
    ring_ = std::move(follow->ring);
    converters_.clear();
    return {};
  }
  if (const auto* tracks = std::get_if<Change::Tracks>(&change.what)) return set_tracks(tracks->tracks);
  if (const auto* asked = std::get_if<Change::Mask>(&change.what)) return mask({asked->from, asked->to});
  if (const auto* asked = std::get_if<Change::MaskFile>(&change.what)) return mask_file(*asked);
  if (const auto* asked = std::get_if<Change::Pause>(&change.what)) {
    pause(change.at, asked->kind);
    return write_open_manifest();
  }
  if (std::holds_alternative<Change::Resume>(change.what)) {
    resume(change.at);
    return write_open_manifest();
  }
  if (std::holds_alternative<Change::Unmask>(change.what)) {
    for (Mask& one : masks_) {
      if (!one.to) one.to = change.at;
    }
    return write_open_manifest();
  }
  end(StopReason::stopped, {});
  return {};
}

void Session::pause(TimePoint at, PauseKind kind) {
  if (silent_ || timeline_.paused() || manifest_.pauses.size() == pauses_max) return;
  manifest_.pauses.push_back({.kind = kind, .at_ms = ms(length_), .started = wall(at), .ended = {}});
  if (kind == PauseKind::gap) {
    timeline_.pause(at);
  } else {
    silent_ = true;
  }
  events_.emplace_back(Paused{id_});
}

void Session::resume(TimePoint at) {
  if (!silent_ && !timeline_.paused()) return;
  manifest_.pauses.back().ended = wall(at);
  if (timeline_.paused()) timeline_.resume(at);
  silent_ = false;
  events_.emplace_back(Resumed{id_});
}

// ------------------------------------------------------------------------------------------------------------- masks

Session::Outcome Session::mask(Mask mask) {
  if (mask.to && *mask.to <= mask.from) return {};
  if (masks_.size() == masks_max) {
    Mask& last = masks_.back();
    last.from = std::min(last.from, mask.from);
    if (last.to) last.to = mask.to ? std::optional(std::max(*last.to, *mask.to)) : std::nullopt;
  } else {
    masks_.push_back(mask);
  }
  for (Output& output : outputs_) {
    if (auto done = erase(output, mask.from, mask.to); !done) return done;
  }
  return write_open_manifest();
}

Session::Outcome Session::mask_file(const Change::MaskFile& asked) {
  if (file_masks_.size() == masks_max) {
    events_.emplace_back(Masked{id_, asked.token, "too many masks", {}});
    return {};
  }
  const Timeline::Range frames{asked.from_ms * settings_.rate / 1000, asked.to_ms * settings_.rate / 1000};
  file_masks_.push_back(frames);
  for (Output& output : outputs_) {
    if (auto done = erase_frames(output, frames); !done) return done;
  }
  if (auto done = write_open_manifest(); !done) return done;
  events_.emplace_back(Masked{id_, asked.token, {}, {}});
  return {};
}

std::vector<Change::MaskFile> Session::take_late_masks() {
  std::vector<Change::MaskFile> out;
  for (const Change& change : changes_)
    if (const auto* late = std::get_if<Change::MaskFile>(&change.what)) out.push_back(*late);
  changes_.clear();
  return out;
}

/// Of the tick that is about to be written.
void Session::silence_masked(std::size_t channels) {
  for (const auto& [from, to] : file_masks_) {
    const std::uint64_t begin = std::max(from, length_), end = std::min(to, length_ + frame_);
    if (begin >= end) continue;
    const auto first = block_.begin() + static_cast<std::ptrdiff_t>((begin - length_) * channels);
    std::fill(first, first + static_cast<std::ptrdiff_t>((end - begin) * channels), std::int16_t{0});
  }
}

bool Session::is_masked(TimePoint tick) const {
  return std::ranges::any_of(
      masks_, [&](const Mask& mask) { return mask.from < tick + media::tick_span && (!mask.to || *mask.to > tick); });
}

Session::Outcome Session::erase(Output& output, TimePoint from, std::optional<TimePoint> to) {
  for (const Timeline::Range& frames : timeline_.ranges(from, to.value_or(TimePoint::max()))) {
    if (auto done = erase_frames(output, frames); !done) return done;
  }
  return {};
}

Session::Outcome Session::erase_frames(Output& output, Timeline::Range frames) {
  const auto [begin, end] = frames;
  if (end <= output.begin) return {};
  return output.file->erase(begin - std::min(begin, output.begin), end - output.begin);
}

// ------------------------------------------------------------------------------------------------------------- ticks

Session::Outcome Session::write(const media::TapTick& tick) {
  lost_seen_ += tick.lost_before;
  if (timeline_.paused()) return {};
  const std::uint64_t position = timeline_.position(tick.time);
  if (tick.lost_before != 0) note_lost(position, tick.lost_before);
  if (position + frame_ <= length_) return {};  // too late: silence is there
  if (position >= length_ + frame_) {
    if (auto done = fill_until(position); !done) return done;
  }
  collect_voices(tick);
  const bool silent = silent_ || is_masked(tick.time);
  for (std::size_t i = 0; i < outputs_.size(); ++i) {
    if (!outputs_[i].open) continue;
    if (auto done = write_voices(outputs_[i], i, silent); !done) return done;
  }
  length_ += frame_;
  return {};
}

void Session::collect_voices(const media::TapTick& tick) {
  voices_.clear();
  const bool same_rate = ring_->rate() == settings_.rate;
  for (const media::TapTick::Part& part : tick.parts) {
    if (!places_.contains(part.source)) continue;
    voices_.push_back({part.source, same_rate ? part.samples : convert(converters_[part.source], part.samples)});
  }
  if (same_rate) return;
  // Who fell silent: a filter's end is heard now, not before the next word.
  const std::vector<std::int16_t> zeros(ring_->rate() / media::ticks_per_second);
  for (auto& [source, converter] : converters_) {
    if (!std::exchange(converter.fed, false)) voices_.push_back({source, convert(converter, zeros)});
    converter.fed = false;
  }
}

std::span<const std::int16_t> Session::convert(Converter& converter, std::span<const std::int16_t> samples) {
  if (!converter.resampler) {
    converter.resampler =
        std::make_unique<audio::Resampler>(static_cast<int>(ring_->rate()), static_cast<int>(settings_.rate));
    converter.samples.resize(frame_);
  }
  converter.resampler->process(samples, converter.samples);
  converter.fed = true;
  return converter.samples;
}

Session::Outcome Session::write_voices(Output& output, std::size_t index, bool silent) {
  const std::size_t channels = output.file->channels();
  sums_.assign(frame_ * channels, 0);
  for (const Voice& voice : silent ? std::span<const Voice>() : voices_) {
    const auto place = places_.find(voice.source);
    if (place == places_.end() || place->second.output != index) continue;
    for (std::size_t i = 0; i < frame_; ++i) sums_[i * channels + place->second.channel] += voice.samples[i];
  }
  block_.resize(sums_.size());
  std::ranges::transform(sums_, block_.begin(),
                         [](std::int32_t s) { return static_cast<std::int16_t>(std::clamp(s, -32768, 32767)); });
  silence_masked(channels);
  return output.file->write(block_);
}

Session::Outcome Session::fill_until(std::uint64_t position) {
  if (length_max_ != 0) position = std::min(position, length_max_);
  if (position <= length_) return {};
  length_ = position;
  for (Output& output : outputs_) {
    if (!output.open) continue;
    if (auto done = catch_up(output); !done) return done;
  }
  return {};
}

/// Silence up to where the recording is.
Session::Outcome Session::catch_up(Output& output) {
  return output.file->write_silence(length_ - std::min(length_, output.begin + output.file->frames()));
}

void Session::note_lost(std::uint64_t position, std::uint64_t ticks) {
  lost_counter_.add(ticks);
  const std::uint64_t duration = ms(ticks * frame_), at = ms(position);
  manifest_.gaps.push_back({at - std::min(at, duration), duration});
}

void Session::note_lost_at_end() {
  if (ring_ == nullptr) return;
  const std::uint64_t lost = ring_->lost() - lost_seen_;
  lost_seen_ = 0;
  if (lost != 0 && !timeline_.paused()) note_lost(length_, lost);
}

// ----------------------------------------------------------------------------------------------------------- the end

void Session::end(StopReason reason, std::string error) {
  if (reporter_) return;
  note_lost_at_end();
  stop_all_tracks();
  reason_ = reason;
  manifest_.error = std::move(error);
  finish_files();
  fill_manifest();
  ring_.reset();
  std::vector<FileReport> reports;
  for (const Output& output : outputs_) {
    reports.push_back({.path = output.file->path(), .sha256 = {}, .duration_ms = ms(output.file->frames())});
  }
  outputs_.clear();
  reporter_.emplace(disk_, std::move(reports));
}

/// As well as the disk allows: the first error is told, and the rest goes on.
void Session::finish_files() {
  for (Output& output : outputs_) {
    Outcome well = output.file->finish();
    // What was not on a page yet when it was asked for.
    for (const Mask& one : settings_.format == Format::opus ? masks_ : std::vector<Mask>()) {
      if (auto erased = erase(output, one.from, one.to); !erased) well = erased;
    }
    for (const Timeline::Range& one : settings_.format == Format::opus ? file_masks_ : std::vector<Timeline::Range>()) {
      if (auto erased = erase_frames(output, one); !erased) well = erased;
    }
    if (well || reason_ == StopReason::failed) continue;
    reason_ = StopReason::failed;
    manifest_.error = well.error();
  }
}

void Session::work_on_end(std::vector<Event>& events) {
  if (reporter_->step()) return;
  Stopped stopped{.id = id_,
                  .reason = reason_,
                  .error = manifest_.error,
                  .manifest = {},
                  .files = reporter_->take(),
                  .facts = settings_.facts};
  for (std::size_t i = 0; i < stopped.files.size(); ++i) {
    manifest_.files[i].report = stopped.files[i];
    stopped.duration_ms = std::max(stopped.duration_ms, stopped.files[i].duration_ms);
  }
  manifest_.reason = reason_;
  stopped.manifest = settings_.path + manifest_closed;
  if (Outcome well = close_manifest(); !well) {
    stopped.manifest.clear();
    stopped.reason = StopReason::failed;
    if (stopped.error.empty()) stopped.error = well.error();
  }
  events.emplace_back(std::move(stopped));
  done_ = true;
}

/// If that fails, the open one stays and is looked at when the hub starts again.
Session::Outcome Session::close_manifest() {
  if (!named_) return fail(manifest_.error);
  if (auto done = disk_.replace(settings_.path + manifest_closed, to_json(manifest_)); !done) return done;
  return disk_.remove(settings_.path + manifest_open);
}

void Session::fill_manifest() {
  manifest_.segments.clear();
  for (const Timeline::Stretch& stretch : timeline_.stretches()) {
    const std::uint64_t end = stretch.to ? timeline_.ranges(stretch.from, *stretch.to).empty()
                                               ? stretch.position
                                               : timeline_.ranges(stretch.from, *stretch.to).back().second
                                         : length_;
    manifest_.segments.push_back({.at_ms = ms(stretch.position),
                                  .started = wall(stretch.from),
                                  .duration_ms = ms(end - std::min(end, stretch.position))});
  }
  manifest_.masks.clear();
  for (const Mask& mask : masks_) {
    for (const auto& [from, to] : timeline_.ranges(mask.from, mask.to.value_or(TimePoint::max()))) {
      const std::uint64_t end = std::min(to, length_);
      if (from < end) manifest_.masks.push_back({ms(from), ms(end - from) + 1});
    }
  }
  for (const auto& [from, to] : file_masks_) {
    const std::uint64_t end = std::min(to, length_);
    if (from < end) manifest_.masks.push_back({ms(from), ms(end - from)});
  }
}

}  // namespace junctor::recording
