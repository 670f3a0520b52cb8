#pragma once
// How the one description of all keys (keys.cpp) is walked: reading files,
// listing known keys and comparing snapshots are visitors over the same walk.
// Private to this room.
#include <cstdint>
#include <limits>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "config/config.hpp"

namespace junctor::config {

/// An enum's storage (every enum of config.hpp is a byte counting from 0) and
/// the words for its values.
struct Choice {
  std::uint8_t* value;
  std::span<const std::string_view> words;
};

/// Where the value goes; the alternative is the type that the file must hold.
using Value = std::variant<bool*, std::int32_t*, std::uint32_t*, std::uint16_t*, seconds*, milliseconds*, std::string*,
                           Secret*, Choice, std::vector<std::string>*, std::vector<Address>*, std::vector<IpAddress>*,
                           std::vector<Network>*, std::map<std::string, std::string>*, std::vector<RouteTarget>*>;

/// One key: its name and what is demanded of it.
struct Key {
  std::string_view name;
  std::int64_t min = 0;  ///< bounds of numbers and durations (in the key's unit)
  std::int64_t max = std::numeric_limits<std::uint32_t>::max();
  bool required = false;  ///< must stand in every item of its array of tables,
                          ///< and not be empty
  bool restart = false;   ///< a running hub cannot take over a change

  constexpr Key(std::string_view name_) : name(name_) {}  // NOLINT: `"udp"` is a key without further demands
  constexpr Key(const char* name_) : name(name_) {}       // NOLINT
  constexpr Key between(std::int64_t least, std::int64_t most) const {
    Key k = *this;
    k.min = least;
    k.max = most;
    return k;
  }
  constexpr Key needed() const {
    Key k = *this;
    k.required = true;
    return k;
  }
  constexpr Key at_start() const {
    Key k = *this;
    k.restart = true;
    return k;
  }
};

class Visitor {
 public:
  virtual ~Visitor() = default;

  virtual void key(const Key& key, Value value) = 0;

  template <class E>
  void choice(const Key& k, E& value, std::span<const std::string_view> words) {
    static_assert(sizeof(E) == 1);
    key(k, Choice{reinterpret_cast<std::uint8_t*>(&value), words});
  }

  template <class Describe>
  void table(std::string_view name, Describe describe) {
    begin_table(name);
    describe();
    end_table();
  }

  /// An array of tables.
  template <class Item, class Describe>
  void list(std::string_view name, std::vector<Item>& items, Describe describe) {
    const Visit visit = begin_list(name, items.size());
    if (items.size() < visit.first + visit.count) items.resize(visit.first + visit.count);
    for (std::size_t i = visit.first; i < visit.first + visit.count; ++i) {
      begin_item(i);
      describe(*this, items[i]);
      end_item();
    }
    end_list();
  }

 protected:
  struct Visit {
    std::size_t first = 0;
    std::size_t count = 0;
  };
  virtual void begin_table(std::string_view name) = 0;
  virtual void end_table() = 0;
  /// Which items to walk: the present ones, or further ones to be made.
  virtual Visit begin_list(std::string_view name, std::size_t present) = 0;
  virtual void begin_item(std::size_t index) = 0;
  virtual void end_item() = 0;
  virtual void end_list() = 0;
};

/// Walks every key. Defined in keys.cpp, which is the list of them.
void describe(Visitor& visitor, Config& config);
/// The keys of a route's target that is written as a table.
void describe(Visitor& visitor, RouteTarget& target);

/// Checks that concern several keys (duplicates, ranges against each other);
/// adds faults to `parsed`.
struct Parsed;
void check_together(Parsed& parsed);

/// Reads sources into a Config; reader.cpp holds the only use of the TOML
/// library.
struct Source;
struct Outside;
Parsed read_sources(std::span<const Source> sources, const Outside& outside);

/// The word of `known` that `word` was most likely meant to be; empty when none
/// is near.
std::string_view nearest(std::string_view word, std::span<const std::string> known);

}  // namespace junctor::config
