// check, version and schema.
#include <boost/json.hpp>
#include <cstdio>
#include <string>
#include <vector>

#include "config/load.hpp"
#include "config/without_effect.hpp"
#include "control/schema.hpp"
#include "hub/checked_config.hpp"
#include "hub/cli_commands.hpp"
#include "hub/version.hpp"

#ifndef JUNCTOR_COMMIT
#define JUNCTOR_COMMIT "unknown"
#endif

namespace junctor::hub::cli {
namespace {

constexpr const char* build_features[] = {
#ifdef NDEBUG
    "no-asserts",
#endif
#ifdef __OPTIMIZE__
    "optimised",
#else
    "debug",
#endif
#ifdef __SANITIZE_ADDRESS__
    "address-sanitizer",
#endif
#ifdef __SANITIZE_THREAD__
    "thread-sanitizer",
#endif
    "udp",
    "tcp",
};

}  // namespace

int carry_out(const Check& command) {
  const auto config = load_checked(command.config);
  if (!config) {
    for (const std::string& line : config.error()) std::printf("%s\n", line.c_str());
    return exit_config;
  }
  const std::vector<std::string> files = config::find_files(command.config);
  if (files.empty()) std::puts("no configuration file: built-in defaults");
  for (const std::string& file : files) std::printf("%s: ok\n", file.c_str());
  for (const std::string& line : config::without_effect(**config)) std::printf("no effect yet: %s\n", line.c_str());
  return exit_ok;
}

int carry_out(const Version& command) {
  namespace json = boost::json;
  json::array features;
  std::string words;
  for (const char* feature : build_features) {
    features.emplace_back(feature);
    words += std::string(" ") + feature;
  }
  if (command.output == Output::json) {
    const json::object out{{"version", json::string_view(version.data(), version.size())},
                           {"commit", JUNCTOR_COMMIT},
                           {"features", features}};
    std::puts(json::serialize(out).c_str());
  } else {
    std::printf("junctor %.*s, commit %s, built:%s\n", static_cast<int>(version.size()), version.data(), JUNCTOR_COMMIT,
                words.c_str());
  }
  return exit_ok;
}

int carry_out(const Schema&) {
  std::fputs(control::schema_text().c_str(), stdout);
  return exit_ok;
}

}  // namespace junctor::hub::cli
