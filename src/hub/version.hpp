#pragma once
// Who we say we are, in SIP and to the operator.
#include <string_view>

namespace junctor::hub {

inline constexpr std::string_view version = JUNCTOR_VERSION;
inline constexpr std::string_view product = "Junctor/" JUNCTOR_VERSION;

}  // namespace junctor::hub
