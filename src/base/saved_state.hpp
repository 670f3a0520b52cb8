#pragma once
// Plain values as bytes and back, so that calls can outlive a restart: numbers in network order, texts and lists with
// their length before them, monotonic times as what they are before or after `now`. A class lists what it keeps once,
// for both ways:
//
//   template <class Self, class Archive>
//   static void fields(Self& self, Archive& archive) { archive(self.state_, self.since_); }
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/address.hpp"
#include "base/time.hpp"

namespace junctor {

/// How a point in time is kept: not set and never are no times, and are the same on every clock.
enum class SavedTime : std::uint8_t { unset, relative, never };

class Saver {
 public:
  explicit Saver(TimePoint now = {}) : now_(now) {}

  template <class... T>
  void operator()(const T&... values) {
    (put(values), ...);
  }
  TimePoint now() const { return now_; }
  std::string take() { return std::move(out_); }

 private:
  void number(std::uint64_t value, std::size_t bytes) {
    while (bytes-- > 0) out_ += static_cast<char>(static_cast<unsigned char>(value >> 8 * bytes & 0xff));
  }
  template <class T>
  void put(const T& value) {
    if constexpr (std::is_enum_v<T>) {
      put(static_cast<std::underlying_type_t<T>>(value));
    } else if constexpr (std::is_same_v<T, double>) {
      put(std::bit_cast<std::uint64_t>(value));
    } else if constexpr (std::is_same_v<T, float>) {
      put(std::bit_cast<std::uint32_t>(value));
    } else if constexpr (std::is_integral_v<T>) {
      number(static_cast<std::uint64_t>(value), sizeof(T));
    } else {
      T::fields(value, *this);
    }
  }
  void put(std::string_view text) {
    number(text.size(), 4);
    out_ += text;
  }
  void put(const std::string& text) { put(std::string_view(text)); }
  void put(Duration span) { put(span.count()); }
  void put(TimePoint time) {
    put(time == TimePoint{} ? SavedTime::unset : time == TimePoint::max() ? SavedTime::never : SavedTime::relative);
    if (time != TimePoint{} && time != TimePoint::max()) put(time - now_);
  }
  void put(WallTime time) { put(std::int64_t{time.time_since_epoch().count()}); }
  void put(const IpAddress& ip) { (*this)(ip.bytes, ip.family); }
  void put(const Address& address) { (*this)(address.ip, address.port); }
  template <class T, std::size_t N>
  void put(const std::array<T, N>& values) {
    for (const T& value : values) put(value);
  }
  template <class T>
  void put(const std::vector<T>& values) {
    number(values.size(), 4);
    for (const T& value : values) put(value);
  }
  template <class T>
  void put(const std::optional<T>& value) {
    put(value.has_value());
    if (value) put(*value);
  }

  TimePoint now_;
  std::string out_;
};

/// Reads what Saver wrote; past the end everything is zero or empty, and complete() says no.
class Loader {
 public:
  explicit Loader(std::string_view saved, TimePoint now = {}) : rest_(saved), now_(now) {}

  template <class... T>
  void operator()(T&... values) {
    (get(values), ...);
  }
  TimePoint now() const { return now_; }
  bool ok() const { return ok_; }
  bool complete() const { return ok_ && rest_.empty(); }

 private:
  std::string_view bytes(std::size_t count) {
    if (count > rest_.size()) {
      ok_ = false;
      rest_ = {};
      return {};
    }
    const std::string_view taken = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return taken;
  }
  std::uint64_t number(std::size_t size) {
    std::uint64_t value = 0;
    for (const char c : bytes(size)) value = value << 8 | static_cast<unsigned char>(c);
    return value;
  }
  template <class T>
  void get(T& value) {
    if constexpr (std::is_enum_v<T>) {
      std::underlying_type_t<T> number{};
      get(number);
      value = static_cast<T>(number);
    } else if constexpr (std::is_same_v<T, double>) {
      value = std::bit_cast<double>(number(8));
    } else if constexpr (std::is_same_v<T, float>) {
      value = std::bit_cast<float>(static_cast<std::uint32_t>(number(4)));
    } else if constexpr (std::is_same_v<T, bool>) {
      value = number(1) != 0;
    } else if constexpr (std::is_integral_v<T>) {
      value = static_cast<T>(number(sizeof(T)));
    } else {
      T::fields(value, *this);
    }
  }
  void get(std::string& text) { text = bytes(number(4)); }
  void get(Duration& span) {
    Duration::rep count = 0;
    get(count);
    span = Duration(count);
  }
  void get(TimePoint& time) {
    SavedTime kind{};
    get(kind);
    time = kind == SavedTime::never ? TimePoint::max() : TimePoint{};
    if (kind != SavedTime::relative) return;
    Duration from_now{};
    get(from_now);
    time = now_ + from_now;
  }
  void get(WallTime& time) {
    std::int64_t since_epoch = 0;
    get(since_epoch);
    time = WallTime(milliseconds(since_epoch));
  }
  void get(IpAddress& ip) { (*this)(ip.bytes, ip.family); }
  void get(Address& address) { (*this)(address.ip, address.port); }
  template <class T, std::size_t N>
  void get(std::array<T, N>& values) {
    for (T& value : values) get(value);
  }
  template <class T>
  void get(std::vector<T>& values) {
    values.clear();
    for (std::uint64_t left = number(4); left > 0 && ok_; --left) get(values.emplace_back());
  }
  template <class T>
  void get(std::optional<T>& value) {
    bool present = false;
    get(present);
    value.reset();
    if (!present) return;
    value = T{};
    get(*value);
  }

  std::string_view rest_;
  TimePoint now_;
  bool ok_ = true;
};

/// FNV-1a. Against a damaged disk, not against people.
constexpr std::uint64_t saved_checksum(std::string_view bytes) {
  std::uint64_t hash = 0xcbf29ce484222325u;
  for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  return hash;
}

/// A self-contained byte string: a layout number, the fields, a checksum.
template <class T>
std::string save_value(std::uint8_t layout, const T& value, TimePoint now) {
  Saver out(now);
  out(layout, value);
  std::string bytes = out.take();
  Saver check;
  check(saved_checksum(bytes));
  return bytes + check.take();
}

/// False, with `value` in no useful state, when `saved` is cut, damaged, or of another layout.
template <class T>
bool load_value(std::uint8_t layout, std::string_view saved, T& value, TimePoint now) {
  constexpr std::size_t checksum_size = sizeof(std::uint64_t);
  if (saved.size() < checksum_size) return false;
  const std::string_view bytes = saved.substr(0, saved.size() - checksum_size);
  std::uint64_t checksum = 0;
  Loader(saved.substr(bytes.size()))(checksum);
  if (checksum != saved_checksum(bytes)) return false;
  Loader in(bytes, now);
  std::uint8_t found = 0;
  in(found);
  if (found != layout) return false;
  in(value);
  return in.complete();
}

}  // namespace junctor
