#include "config/load.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "config/visitor.hpp"

namespace junctor::config {
namespace {

/// Larger files are a mistake of the operator's (a log, a database).
constexpr std::uintmax_t file_bytes_max = 8 * 1024 * 1024;

constexpr const char* search_order[] = {"./junctor.toml", "/etc/junctor/junctor.toml"};

Result<std::string, std::string> read_whole(const std::string& path) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) return fail(std::string("it is a folder"));
  std::ifstream in(path, std::ios::binary);
  if (!in) return fail(std::string(std::strerror(errno)));
  std::string text;
  char chunk[16 * 1024];
  while (in.read(chunk, sizeof chunk), in.gcount() > 0) {
    text.append(chunk, static_cast<std::size_t>(in.gcount()));
    if (text.size() > file_bytes_max) return fail(std::string("it is larger than 8 MiB"));
  }
  return text;
}

std::optional<std::string> environment_variable(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  if (value == nullptr) return std::nullopt;
  return std::string(value);
}

}  // namespace

std::string to_string(const Fault& fault) {
  if (fault.at.line == 0) return fault.at.file + ": " + fault.message;
  return fault.at.file + ":" + std::to_string(fault.at.line) + ":" + std::to_string(fault.at.column) + ": " +
         fault.message;
}

Position Parsed::position_of(std::string_view path) const {
  std::string key(path);
  while (!key.empty()) {
    const auto at = positions.find(key);
    if (at != positions.end()) return at->second;
    const std::size_t cut = key.find_last_of(".[");
    key.resize(cut == std::string::npos ? 0 : cut);
  }
  return {"configuration", 0, 0};
}

void Parsed::add_fault(std::string_view path, std::string message) {
  Position at = position_of(path);
  if (at.line == 0) message = std::string(path) + ": " + message;
  faults.push_back({std::move(at), std::move(message)});
  std::ranges::sort(faults);
}

Parsed parse(std::span<const Source> sources, const Outside& outside) {
  Parsed parsed = read_sources(sources, outside);
  check_together(parsed);
  std::ranges::sort(parsed.faults);
  return parsed;
}

std::vector<std::string> find_files(const std::optional<std::string>& chosen) {
  namespace fs = std::filesystem;
  std::error_code error;
  std::string main_file;
  if (chosen) {
    main_file = *chosen;
  } else {
    for (const char* candidate : search_order) {
      if (main_file.empty() && fs::exists(candidate, error)) main_file = candidate;
    }
  }
  if (main_file.empty()) return {};

  std::vector<std::string> parts;
  const fs::path folder = fs::path(main_file).parent_path() / "conf.d";
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    if (at->path().extension() == ".toml") parts.push_back(at->path().string());
  }
  std::ranges::sort(parts);
  parts.insert(parts.begin(), main_file);
  return parts;
}

Parsed load(const std::optional<std::string>& chosen) {
  std::vector<Source> sources;
  std::vector<Fault> unread;
  for (const std::string& path : find_files(chosen)) {
    auto text = read_whole(path);
    if (text) {
      sources.push_back({path, std::move(*text)});
    } else {
      unread.push_back({{path, 0, 0}, "cannot be read: " + text.error()});
    }
  }
  Parsed parsed = parse(sources, {environment_variable, read_whole});
  parsed.faults.insert(parsed.faults.begin(), unread.begin(), unread.end());
  return parsed;
}

}  // namespace junctor::config
