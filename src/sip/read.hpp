#pragma once
// The parsers of this room's larger views, filling a place that the caller has: what Message::parse() uses for every
// message, and the public parse() functions wrap. False if the text is malformed; `out` must be fresh, and is
// unspecified then.
#include <string_view>

#include "sip/name_addr.hpp"
#include "sip/uri.hpp"
#include "sip/via.hpp"

namespace junctor::sip {

bool read(std::string_view text, Uri& out);
bool read(std::string_view text, NameAddr& out, WantedParam* wanted = nullptr);
bool read(std::string_view text, Via& out, WantedParam* wanted = nullptr);

template <class T>
std::optional<T> read_optional(std::string_view text) {
  std::optional<T> out(std::in_place);
  if (!read(text, *out)) out.reset();
  return out;
}

}  // namespace junctor::sip
