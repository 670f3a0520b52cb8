#pragma once
// What a leg's audio was like, as it is shown and recorded: one JSON object with a member for each direction.
#include <string>

#include "call/call.hpp"

namespace junctor::apps {

/// {"in": {…}, "out": {…}}, each with codec, packets, loss (0 … 1), jitter_ms, delay_ms (one way), concealed_ms (in
/// only), level_dbm0 and mos; null: not known. "out" is what the far end reports of it. Empty when nothing was ever
/// sent or received.
std::string quality_of(const call::LegFacts& leg);

}  // namespace junctor::apps
