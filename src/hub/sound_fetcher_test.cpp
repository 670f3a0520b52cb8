#include "hub/sound_fetcher.hpp"

#include <gtest/gtest.h>

#include "net/test_service.hpp"

namespace junctor::hub {
namespace {

TEST(SoundFetcher, HasWhatTheServerHasOrSaysWhyNot) {
  std::vector<std::string> asked;
  net::TestService service({.on_request = [&](const net::TestService::Request& request) {
    asked.push_back(request.method + ' ' + request.target);
    if (request.target == "/gone") return net::TestService::Answer{404, "no"};
    if (request.target == "/moved") return net::TestService::Answer{302, ""};
    if (request.target == "/long") return net::TestService::Answer{200, std::string((std::size_t{16} << 20) + 1, 'x')};
    return net::TestService::Answer{200, "RIFF"};
  }});
  const auto fetch = make_sound_fetcher();
  const std::string server = "http://" + service.authority();
  EXPECT_EQ(fetch(server + "/a.wav?x=1").value(), "RIFF");
  EXPECT_EQ(fetch(server + "/gone").error(), "the server answered 404");
  EXPECT_EQ(fetch(server + "/moved").error(), "the server answered 302");
  EXPECT_FALSE(fetch(server + "/long"));
  EXPECT_FALSE(fetch("http://127.0.0.1:1/nobody"));
  EXPECT_EQ(asked, (std::vector<std::string>{"GET /a.wav?x=1", "GET /gone", "GET /moved", "GET /long"}));
}

}  // namespace
}  // namespace junctor::hub
