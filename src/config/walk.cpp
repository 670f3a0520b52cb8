// What else is done with the list of keys: naming them, comparing two
// snapshots, and finding the nearest name.
#include <algorithm>
#include <numeric>

#include "config/visitor.hpp"

namespace junctor::config {
namespace {

/// Keeps the path of the present key, which is all that both walkers below
/// share.
class PathVisitor : public Visitor {
 protected:
  void begin_table(std::string_view name) override { push(name); }
  void end_table() override { pop(); }
  void begin_item(std::size_t) override {}
  void end_item() override {}
  void end_list() override {
    --lists_;
    pop();
  }
  void push(std::string_view name) { path_.push_back(std::string(name)); }
  void pop() { path_.pop_back(); }

  std::string path_of(std::string_view name) const {
    std::string out;
    for (const std::string& part : path_) out += part + ".";
    return out + std::string(name);
  }

  int lists_ = 0;

 private:
  std::vector<std::string> path_;
};

class Lister final : public PathVisitor {
 public:
  void key(const Key& k, Value value) override {
    names.push_back(path_of(k.name));
    if (std::holds_alternative<Secret*>(value)) names.push_back(path_of(k.name) + "_file");
  }

  std::vector<std::string> names;

 private:
  /// A local rule's actions hold actions again: the inner ones are named, not
  /// walked.
  static constexpr int list_depth_max = 2;

  Visit begin_list(std::string_view name, std::size_t present) override {
    const bool walk = lists_ < list_depth_max;
    if (!walk) names.push_back(path_of(name));
    push(std::string(name) + "[]");
    ++lists_;
    return {present, walk ? 1u : 0u};
  }
};

/// Collects copies of the values of the keys that need a restart. None of them
/// stands in an array of tables.
class StartKeys final : public PathVisitor {
 public:
  using Kept =
      std::variant<std::int64_t, std::string, std::vector<std::string>, std::vector<Address>, std::vector<IpAddress>>;

  void key(const Key& k, Value value) override {
    if (k.restart) kept.emplace_back(path_of(k.name), std::visit([](auto v) { return keep(v); }, value));
  }

  std::vector<std::pair<std::string, Kept>> kept;

 private:
  Visit begin_list(std::string_view name, std::size_t) override {
    push(name);
    ++lists_;
    return {};
  }
  template <class T>
  static Kept keep(T* value) {
    if constexpr (std::is_integral_v<T>) {
      return std::int64_t{*value};
    } else if constexpr (std::is_same_v<T, seconds> || std::is_same_v<T, milliseconds>) {
      return std::int64_t{value->count()};
    } else if constexpr (std::is_constructible_v<Kept, T>) {
      return *value;
    } else {
      static_assert(!std::is_same_v<T, void>);
      return std::int64_t{0};
    }
  }
  static Kept keep(Choice value) { return std::int64_t{*value.value}; }
};

/// Edits (insert, delete, replace, swap of neighbours) between two words.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> d(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) d[i][0] = i;
  std::iota(d[0].begin(), d[0].end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replace = d[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, replace});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
      }
    }
  }
  return d[a.size()][b.size()];
}

}  // namespace

std::vector<std::string> known_keys() {
  Lister lister;
  Config scratch;
  describe(lister, scratch);
  return std::move(lister.names);
}

std::vector<std::string> needs_restart(const Config& before, const Config& after) {
  StartKeys old_keys;
  StartKeys new_keys;
  Config a = before;  // the walk is one for reading and writing; it does not write here
  Config b = after;
  describe(old_keys, a);
  describe(new_keys, b);
  std::vector<std::string> out;
  for (std::size_t i = 0; i < old_keys.kept.size(); ++i) {
    if (old_keys.kept[i].second != new_keys.kept[i].second) out.push_back(old_keys.kept[i].first);
  }
  return out;
}

std::string_view nearest(std::string_view word, std::span<const std::string> known) {
  constexpr std::size_t word_bytes_max = 64;  // nobody mistypes a name that long; bounds the work below
  if (word.size() > word_bytes_max) return {};
  std::string_view best;
  std::size_t least = std::max<std::size_t>(2, word.size() / 3) + 1;
  for (const std::string& candidate : known) {
    const std::size_t d = distance(word, candidate);
    if (d < least && d < std::max(word.size(), candidate.size())) {
      least = d;
      best = candidate;
    }
  }
  return best;
}

}  // namespace junctor::config
