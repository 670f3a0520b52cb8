// junctor-soak: N seeded random calls through the hub in simulated worlds, and the books balanced after each round.
#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>

#include "sim/faults.hpp"
#include "sim/soak.hpp"

namespace {

using junctor::sim::SoakReport;

constexpr int exit_failed = 1, exit_usage = 2;

struct Options {
  std::uint64_t calls = 1000;
  std::uint64_t seed = 1;
  std::string fault;
  std::string trace;
};

int usage() {
  std::fprintf(stderr,
               "usage: junctor-soak [--calls N] [--seed S] [--fault NAME] [--trace TEXT]\n"
               "Runs N random calls through the hub in a simulated world and checks that nothing is left over.\n"
               "A failure prints the seed of its round; --calls %d --seed THAT replays it.\n\nplanted faults:\n",
               junctor::sim::calls_per_round);
  for (const auto& fault : junctor::sim::all_faults()) {
    std::fprintf(stderr, "  %-20.*s %.*s\n", static_cast<int>(fault.name.size()), fault.name.data(),
                 static_cast<int>(fault.what.size()), fault.what.data());
  }
  return exit_usage;
}

bool read_number(const char* text, std::uint64_t& out) {
  const char* end = text + std::strlen(text);
  const auto [at, error] = std::from_chars(text, end, out);
  return error == std::errc{} && at == end;
}

bool read_options(int argc, char** argv, Options& options) {
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view name = argv[i];
    if (name == "--calls") {
      if (!read_number(argv[i + 1], options.calls)) return false;
    } else if (name == "--seed") {
      if (!read_number(argv[i + 1], options.seed)) return false;
    } else if (name == "--trace") {
      options.trace = argv[i + 1];
    } else if (name == "--fault") {
      options.fault = argv[i + 1];
      const auto known = junctor::sim::all_faults();
      if (std::ranges::find(known, options.fault, &junctor::sim::FaultInfo::name) == known.end()) return false;
    } else {
      return false;
    }
  }
  return argc % 2 == 1;
}

void add(SoakReport& sum, const SoakReport& round) {
  sum.calls += round.calls;
  sum.messages += round.messages;
  sum.packets += round.packets;
  sum.records += round.records;
  sum.simulated_seconds += round.simulated_seconds;
  for (const auto& [status, count] : round.finals) sum.finals[status] += count;
}

void print(const SoakReport& sum, double seconds) {
  std::printf("%llu calls in %.1f s (%.0f calls/s), %.1f simulated hours\n", static_cast<unsigned long long>(sum.calls),
              seconds, static_cast<double>(sum.calls) / seconds, sum.simulated_seconds / 3600);
  std::printf("%llu SIP messages, %llu datagrams, %llu records\n", static_cast<unsigned long long>(sum.messages),
              static_cast<unsigned long long>(sum.packets), static_cast<unsigned long long>(sum.records));
  std::printf("final answers:");
  for (const auto& [status, count] : sum.finals) {
    std::printf(" %d:%llu", status, static_cast<unsigned long long>(count));
  }
  std::printf("\n");
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  if (!read_options(argc, argv, options)) return usage();
  const auto start = std::chrono::steady_clock::now();
  const auto elapsed = [&] { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(); };
  SoakReport sum;
  for (std::uint64_t seed = options.seed; sum.calls < options.calls; ++seed) {
    const auto calls =
        static_cast<int>(std::min<std::uint64_t>(junctor::sim::calls_per_round, options.calls - sum.calls));
    const SoakReport round = junctor::sim::soak_round({seed}, calls, options.fault, options.trace);
    add(sum, round);
    if (round.problems.empty()) continue;
    print(sum, elapsed());
    std::printf("FAILED in the round with seed %llu, after %llu calls:\n", static_cast<unsigned long long>(seed),
                static_cast<unsigned long long>(sum.calls));
    for (const std::string& problem : round.problems) std::printf("  %s\n", problem.c_str());
    std::printf("replay: junctor-soak --calls %d --seed %llu%s%s\n", calls, static_cast<unsigned long long>(seed),
                options.fault.empty() ? "" : " --fault ", options.fault.c_str());
    return exit_failed;
  }
  print(sum, elapsed());
  std::printf("left over: nothing; every INVITE has one final answer, every call one record\n");
  return 0;
}
