#pragma once
// The address of a program that the hub is to dial: "voice_bridge" as others have it. "voip_bridge:ws://host/path?…" or
// "bridge:wss://…"; some of the query is for us, the rest stays in the URL.
//
//   samplerate    Hz of the samples: 8000 unless given
//   codec         pcm, which is all there is
//   timeout_ms    to be open, and between two frames
//   _hdr_NAME     a header of the opening request
//   return_NAME   where the call goes when the socket ends
#include <map>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/time.hpp"
#include "base/web_socket.hpp"
#include "stream/stream.hpp"

namespace junctor::stream {

struct BridgeTarget {
  WebSocketRequest request;
  Format format{Codec::l16, 8000, 1, 20};
  Duration timeout{};                          ///< zero: none given
  std::map<std::string, std::string> returns;  ///< without "return_": "app", "target" …

  static bool is_one(std::string_view target);
  /// The error is one line.
  static Result<BridgeTarget, std::string> parse(std::string_view target);
};

}  // namespace junctor::stream
