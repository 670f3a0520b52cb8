#include "transaction/key.hpp"

#include <bit>
#include <cstring>

#include "sip/via.hpp"

namespace junctor::transaction {
namespace {

struct State {
  std::uint64_t v0, v1, v2, v3;

  void round() {
    v0 += v1, v1 = std::rotl(v1, 13) ^ v0, v0 = std::rotl(v0, 32);
    v2 += v3, v3 = std::rotl(v3, 16) ^ v2;
    v0 += v3, v3 = std::rotl(v3, 21) ^ v0;
    v2 += v1, v1 = std::rotl(v1, 17) ^ v2, v2 = std::rotl(v2, 32);
  }
  void absorb(std::uint64_t word) {
    v3 ^= word;
    round(), round();
    v0 ^= word;
  }
  std::uint64_t squeeze() {
    round(), round(), round(), round();
    return v0 ^ v1 ^ v2 ^ v3;
  }
};

std::uint64_t little_endian(const char* bytes, std::size_t count) {
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < count; ++i)
    word |= static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[i])) << (8 * i);
  return word;
}

bool has_cookie(std::string_view branch) {
  return branch.size() > sip::branch_cookie.size() && branch.starts_with(sip::branch_cookie);
}

}  // namespace

Key sip_hash(const Key& secret, std::string_view bytes) {
  State s{0x736f6d6570736575u ^ secret.low, 0x646f72616e646f6du ^ secret.high ^ 0xee, 0x6c7967656e657261u ^ secret.low,
          0x7465646279746573u ^ secret.high};
  std::size_t at = 0;
  for (; at + 8 <= bytes.size(); at += 8) s.absorb(little_endian(bytes.data() + at, 8));
  s.absorb(little_endian(bytes.data() + at, bytes.size() - at) | static_cast<std::uint64_t>(bytes.size()) << 56);
  s.v2 ^= 0xee;
  const std::uint64_t first = s.squeeze();
  s.v1 ^= 0xdd;
  return {s.squeeze(), first};
}

void Keys::part(std::string_view text) const {
  scratch_ += text;
  scratch_ += '\0';  // cannot stand in any part
}

void Keys::part_lower(std::string_view text) const {
  for (const char c : text) scratch_ += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  scratch_ += '\0';
}

Key Keys::server(const sip::Message& request, std::string_view method) const {
  scratch_.clear();
  if (has_cookie(request.top_branch())) {
    const auto via = request.top_via();
    part(request.top_branch());
    part_lower(via ? via->host : std::string_view());
    part(std::to_string(via ? via->port_or_default() : 0));
  } else {
    part(request.request_uri());
    part(request.from_tag());
    part(request.call_id());
    part(std::to_string(request.cseq().number));
    part(request.first_value(sip::HeaderId::via).value_or(std::string_view()));
  }
  part(method);
  return sip_hash(secret_, scratch_);
}

Key Keys::server(const sip::Message& request) const {
  return server(request, request.method() == sip::Method::ack ? "INVITE" : request.method_name());
}

Key Keys::cancelled(const sip::Message& cancel) const {
  return server(cancel, "INVITE");
}

Key Keys::client(std::string_view branch, std::string_view method) const {
  scratch_.clear();
  part(branch);
  part(method);
  return sip_hash(secret_, scratch_);
}

Key Keys::merged(const sip::Message& request) const {
  scratch_.clear();
  part(request.from_tag());
  part(request.call_id());
  part(std::to_string(request.cseq().number));
  part(request.method_name());
  return sip_hash(secret_, scratch_);
}

std::string Keys::stateless_tag(const Key& server_key) const {
  constexpr std::string_view alphabet = "abcdefghijklmnopqrstuvwxyz234567";
  Key derived = sip_hash(secret_, std::string_view(reinterpret_cast<const char*>(&server_key), sizeof server_key));
  std::string tag = "s";
  for (int i = 0; i < 12; ++i, derived.low >>= 5) tag += alphabet[derived.low & 31];
  return tag;
}

}  // namespace junctor::transaction
