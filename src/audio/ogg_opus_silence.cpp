#include "audio/ogg_opus_silence.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <opus/opus.h>
#include <string_view>
#include <utility>
#include <vector>

namespace junctor::audio {
namespace {

// RFC 3533 §6.
constexpr std::size_t header_size = 27, crc_at = 22, segments_at = 26;
constexpr std::uint8_t lacing_full = 255;
constexpr int header_packets = 2;  // RFC 7845 §3
constexpr std::size_t pre_skip_at = 10;
constexpr std::int64_t per_ms = 48;
/// An encoder's delay and the overlap of its transform: a packet is heard a little beyond its own time.
constexpr std::int64_t blur = 10 * per_ms;
constexpr int celt_frame_max = 20 * per_ms;
constexpr int packet_max = 120 * per_ms;  // RFC 6716 §3.4, R5

using Bytes = std::vector<std::uint8_t>;

std::uint32_t crc_of(std::span<const std::uint8_t> page) {
  static constexpr auto table = [] {
    std::array<std::uint32_t, 256> out{};
    for (std::uint32_t i = 0; i < 256; ++i) {
      std::uint32_t r = i << 24;
      for (int bit = 0; bit < 8; ++bit) r = (r << 1) ^ ((r & 0x80000000u) != 0 ? 0x04c11db7u : 0);
      out[i] = r;
    }
    return out;
  }();
  std::uint32_t crc = 0;
  for (const std::uint8_t byte : page) crc = (crc << 8) ^ table[(crc >> 24) ^ byte];
  return crc;
}

struct Page {
  std::uint64_t offset = 0;
  Bytes bytes;
  bool changed = false;

  std::span<const std::uint8_t> lacing() const { return std::span(bytes).subspan(header_size, bytes[segments_at]); }
};

/// Nothing at the end of the file, or of its last whole page.
Result<std::optional<Page>, std::string> read_page(ByteFile& file, std::uint64_t offset) {
  Page page{.offset = offset, .bytes = Bytes(header_size + lacing_full)};
  const auto head = file.read_at(offset, page.bytes);
  if (!head) return fail(head.error());
  if (*head < header_size || *head < header_size + page.bytes[segments_at]) return std::nullopt;
  if (!std::ranges::equal(std::span(page.bytes).first(4), std::string_view("OggS"), {}, {},
                          [](char c) { return static_cast<std::uint8_t>(c); })) {
    return fail(std::string("not an Ogg page"));
  }
  std::size_t size = header_size + page.bytes[segments_at];
  for (const std::uint8_t part : page.lacing()) size += part;
  page.bytes.resize(size);
  const auto all = file.read_at(offset, page.bytes);
  if (!all) return fail(all.error());
  if (*all < size) return std::nullopt;
  return page;
}

Result<void, std::string> write_page(ByteFile& file, Page& page) {
  if (!page.changed) return {};
  std::fill_n(page.bytes.begin() + crc_at, 4, std::uint8_t{0});
  const std::uint32_t crc = crc_of(page.bytes);
  for (std::size_t i = 0; i < 4; ++i) page.bytes[crc_at + i] = static_cast<std::uint8_t>(crc >> (8 * i));
  return file.write_at(page.offset, page.bytes);
}

/// A packet of as many bytes and as long, which is silent; nothing if this one is too short to say anything.
std::optional<Bytes> silent_packet(const Bytes& packet, int duration) {
  const bool stereo = (packet[0] & 4) != 0;
  int size_code = 3, frame = celt_frame_max;  // 20, 10, 5 or 2.5 ms
  for (; duration % frame != 0; frame /= 2) --size_code;
  const int frames = duration / frame;
  const auto toc = static_cast<std::uint8_t>((28 + size_code) << 3 | (stereo ? 4 : 0));  // RFC 6716 §3.1, table 2
  Bytes out;
  out.reserve(2 + 2 * static_cast<std::size_t>(frames));
  out.push_back(frames > 1 ? toc | 3 : toc);
  if (frames > 1) out.push_back(static_cast<std::uint8_t>(frames));
  // The first thing that a CELT frame says is whether it is silent (§4.3).
  for (int i = 0; i < frames; ++i) {
    out.push_back(0xff);
    out.push_back(0xfe);
  }
  const auto made = static_cast<opus_int32>(out.size());
  if (out.size() > packet.size()) return std::nullopt;
  out.resize(packet.size());
  if (opus_packet_pad(out.data(), made, static_cast<opus_int32>(out.size())) != OPUS_OK) return std::nullopt;
  return out;
}

/// Walks over the packets of a file, and writes the pages that were changed on the way.
class Walk {
 public:
  Walk(ByteFile& file, std::int64_t from, std::int64_t to) : file_(file), from_(from), to_(to) {}

  Result<void, std::string> run() {
    for (std::uint64_t offset = 0;;) {
      auto page = read_page(file_, offset);
      if (!page) return fail(page.error());
      if (!*page) break;
      offset += (*page)->bytes.size();
      // No packet of ours is so long that it spans three pages.
      if (auto done = write_page(file_, before_); !done) return done;
      before_ = std::move(page_);
      page_ = std::move(**page);
      for (Piece& piece : pieces_) {
        if (std::exchange(piece.in_page_before, true)) return fail(std::string("a packet spans too many pages"));
      }
      if (auto done = take_packets(); !done) return done;
    }
    if (auto done = write_page(file_, before_); !done) return done;
    if (auto done = write_page(file_, page_); !done) return done;
    if (packets_ < header_packets) return fail(std::string("not an Ogg/Opus file"));
    return {};
  }
  std::int64_t duration() const { return std::max<std::int64_t>(time_, 0); }

 private:
  struct Piece {
    bool in_page_before = false;
    std::size_t at = 0, size = 0;
  };

  Result<void, std::string> take_packets() {
    std::size_t at = header_size + page_.lacing().size();
    Piece piece{.at = at};
    for (const std::uint8_t part : page_.lacing()) {
      piece.size += part;
      at += part;
      if (part == lacing_full) continue;
      pieces_.push_back(piece);
      if (auto done = take_packet(); !done) return done;
      pieces_.clear();
      piece = {.at = at};
    }
    if (piece.size != 0) pieces_.push_back(piece);
    return {};
  }

  Result<void, std::string> take_packet() {
    Bytes packet;
    for (const Piece& piece : pieces_) {
      const auto from = std::span(bytes_of(piece)).subspan(piece.at, piece.size);
      packet.insert(packet.end(), from.begin(), from.end());
    }
    if (packets_++ < header_packets) return take_header(packet);
    if (packet.empty()) return {};
    const int frames = opus_packet_get_nb_frames(packet.data(), static_cast<opus_int32>(packet.size()));
    const int duration = frames * opus_packet_get_samples_per_frame(packet.data(), 48000);
    if (duration <= 0 || duration > packet_max) return fail(std::string("not an Opus packet"));
    const bool said_then = time_ < to_ + blur && time_ + duration > from_ - blur && from_ < to_;
    time_ += duration;
    if (!said_then) return {};
    const auto silent = silent_packet(packet, duration);
    if (!silent) return {};
    auto rest = silent->begin();
    for (const Piece& piece : pieces_) {
      (piece.in_page_before ? before_ : page_).changed = true;
      std::copy_n(rest, piece.size, bytes_of(piece).begin() + static_cast<std::ptrdiff_t>(piece.at));
      rest += static_cast<std::ptrdiff_t>(piece.size);
    }
    return {};
  }

  Result<void, std::string> take_header(const Bytes& packet) {
    if (packets_ != 1) return {};
    if (packet.size() < pre_skip_at + 2) return fail(std::string("not an Ogg/Opus file"));
    time_ = -(std::int64_t{packet[pre_skip_at]} | std::int64_t{packet[pre_skip_at + 1]} << 8);
    return {};
  }

  Bytes& bytes_of(const Piece& piece) { return piece.in_page_before ? before_.bytes : page_.bytes; }

  ByteFile& file_;
  const std::int64_t from_, to_;  // samples at 48 kHz of what is heard
  Page before_, page_;
  std::vector<Piece> pieces_;  // of the packet that is not complete yet
  int packets_ = 0;
  std::int64_t time_ = 0;
};

}  // namespace

Result<void, std::string> silence_ogg_opus(ByteFile& file, std::uint64_t from_ms, std::uint64_t to_ms) {
  return Walk(file, static_cast<std::int64_t>(from_ms) * per_ms, static_cast<std::int64_t>(to_ms) * per_ms).run();
}

Result<std::uint64_t, std::string> ogg_opus_duration_ms(ByteFile& file) {
  Walk walk(file, 0, 0);
  if (const auto done = walk.run(); !done) return fail(done.error());
  return static_cast<std::uint64_t>(walk.duration() / per_ms);
}

}  // namespace junctor::audio
