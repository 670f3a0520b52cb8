#pragma once
// Prints what crosses the hub's border, for a person who replays a seed.
#include <string>
#include <string_view>

#include "sim/border.hpp"
#include "sim/world.hpp"

namespace junctor::sim {

class Trace final : public BorderWatch {
 public:
  /// Messages in which `text` occurs: a Call-ID, a method, a phone's number.
  Trace(const World& world, std::string text) : world_(world), text_(std::move(text)) {}

  void on_sent(const Address& to, std::string_view bytes, bool) override { print("->", to, bytes); }
  void on_received(const Address& from, std::string_view bytes) override { print("<-", from, bytes); }

 private:
  void print(std::string_view arrow, const Address& far, std::string_view bytes) const;

  const World& world_;
  std::string text_;
};

}  // namespace junctor::sim
