#pragma once
// Base64 (RFC 4648 §4), for bytes inside JSON.
#include <optional>
#include <string>
#include <string_view>

namespace junctor::control {

std::string base64(std::string_view bytes);
/// Nothing for text that is not whole base64 with its padding.
std::optional<std::string> from_base64(std::string_view text);

}  // namespace junctor::control
