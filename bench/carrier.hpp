#pragma once
// A carrier as far as a benchmark needs one: what it is called with rings, and it calls. What it does is not measured.
#include <cstdint>
#include <string>

namespace junctor::bench {

class Carrier {
 public:
  /// On 127.0.0.1.
  Carrier();
  ~Carrier();
  Carrier(const Carrier&) = delete;
  Carrier& operator=(const Carrier&) = delete;

  std::uint16_t port() const { return port_; }
  /// [[trunks]] with the name "carrier".
  std::string config() const;

  /// Waits for an INVITE and answers it; when it came, by the kernel's wall clock, in ns.
  std::int64_t answer(int status);

  /// Calls the number at the hub; which call it is, for cancel().
  int call(std::uint16_t hub, const std::string& number);
  void cancel(std::uint16_t hub, const std::string& number, int call);

 private:
  void send(std::uint16_t port, const std::string& bytes);
  std::string request(const std::string& method, std::uint16_t hub, const std::string& number, int call) const;

  int fd_;
  std::uint16_t port_ = 0;
  int calls_ = 0;
};

}  // namespace junctor::bench
