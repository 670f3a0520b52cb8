#include "base/time.hpp"

#include <cstddef>

namespace junctor {

std::string rfc3339(WallTime t) {
  const auto day = std::chrono::floor<std::chrono::days>(t);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{t - day};
  std::string out;
  out.reserve(24);
  const auto add = [&out](long long number, std::size_t digits, char behind) {
    out.resize(out.size() + digits + 1, behind);
    for (std::size_t i = 2; i < digits + 2; ++i, number /= 10)
      out[out.size() - i] = static_cast<char>('0' + number % 10);
  };
  add(static_cast<int>(date.year()), 4, '-');
  add(static_cast<unsigned>(date.month()), 2, '-');
  add(static_cast<unsigned>(date.day()), 2, 'T');
  add(clock.hours().count(), 2, ':');
  add(clock.minutes().count(), 2, ':');
  add(clock.seconds().count(), 2, '.');
  add(clock.subseconds().count(), 3, 'Z');
  return out;
}

}  // namespace junctor
