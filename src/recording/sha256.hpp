#pragma once
// SHA-256 of what is too large to be in memory at once, piece by piece.
#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

struct evp_md_ctx_st;

namespace junctor::recording {

class Sha256 {
 public:
  Sha256();
  void add(std::span<const std::uint8_t> bytes);
  /// Lower-case hexadecimal; nothing may be added after it.
  std::string finish();

 private:
  struct Destroy {
    void operator()(evp_md_ctx_st* context) const;
  };
  std::unique_ptr<evp_md_ctx_st, Destroy> context_;
};

}  // namespace junctor::recording
