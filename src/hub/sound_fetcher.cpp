#include "hub/sound_fetcher.hpp"

#include <memory>
#include <string>
#include <utility>

#include "net/http_client.hpp"

namespace junctor::hub {
namespace {

/// What a server says of a sound; many say only that it is bytes, or nothing.
bool may_be_sound(std::string_view content_type) {
  return content_type.empty() || content_type.starts_with("audio/") || content_type.starts_with("application/ogg") ||
         content_type.starts_with("application/octet-stream");
}

}  // namespace

media::FetchedSounds::Fetch make_sound_fetcher() {
  const auto client = std::make_shared<net::HttpClient>("");
  return [client](const std::string& url) -> Result<std::string, std::string> {
    net::HttpRequest request;
    request.url = url;
    request.headers.emplace_back("Accept", "audio/wav, audio/mpeg, audio/ogg");
    auto response = client->fetch(request);
    if (!response) return fail(std::move(response.error()));
    if (response->status != 200) return fail("the server answered " + std::to_string(response->status));
    if (!may_be_sound(response->content_type)) return fail("what came is " + response->content_type);
    return std::move(response->body);
  };
}

}  // namespace junctor::hub
