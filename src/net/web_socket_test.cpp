// WebSockets toward a service over loopback, plain and over TLS, whatever the service does.
#include <atomic>
#include <deque>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <mutex>

#include "net/clock.hpp"
#include "net/test_certificates.hpp"
#include "net/test_loop.hpp"
#include "net/test_service.hpp"
#include "net/web_socket_thread.hpp"

namespace junctor::net {
namespace {

using ::testing::HasSubstr;

/// What one WebSocket told, from its thread to the test's.
class Ear final : public WebSocketSink {
 public:
  void on_open(WebSocketId id, TimePoint) override {
    if (opened) opened(id);
    is_open = true;
  }
  void on_text(WebSocketId, std::string_view message, TimePoint) override {
    const std::lock_guard lock(mutex_);
    texts_.emplace_back(message);
  }
  void on_binary(WebSocketId, std::string_view message, TimePoint) override {
    const std::lock_guard lock(mutex_);
    binaries_.emplace_back(message);
  }
  void on_closed(WebSocketId, const WebSocketEnd& how, TimePoint) override {
    const std::lock_guard lock(mutex_);
    ends_.push_back(how);
  }
  std::vector<std::string> texts() const {
    const std::lock_guard lock(mutex_);
    return texts_;
  }
  std::vector<std::string> binaries() const {
    const std::lock_guard lock(mutex_);
    return binaries_;
  }
  std::vector<WebSocketEnd> ends() const {
    const std::lock_guard lock(mutex_);
    return ends_;
  }

  std::function<void(WebSocketId)> opened;
  std::atomic<bool> is_open{false};

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> texts_, binaries_;
  std::vector<WebSocketEnd> ends_;
};

struct WebSocketTest : testing::Test {
  void SetUp() override { start({}); }
  void TearDown() override { thread->stop(); }

  void start(const WebSocketTimes& times) {
    if (thread) thread->stop();
    auto made = WebSocketThread::create("test", counters, times);
    ASSERT_TRUE(made) << made.error();
    thread = std::move(*made);
    thread->start(
        [this](TimePoint) -> std::optional<TimePoint> {
          const std::lock_guard lock(mutex);
          for (const auto& one : std::exchange(work, {})) one();
          return std::nullopt;
        },
        [] {});
  }
  void on_thread(std::function<void()> what) {
    {
      const std::lock_guard lock(mutex);
      work.push_back(std::move(what));
    }
    thread->rouse();
  }
  void open(const WebSocketRequest& request, Ear& ear) {
    on_thread([this, request, &ear] { thread->open(request, ear); });
  }
  bool ends(const Ear& ear) {
    return eventually([&] { return ear.ends().size() == 1; });
  }

  std::deque<Ear> ears;  // told things until the thread is stopped
  Counters counters;
  std::mutex mutex;
  std::vector<std::function<void()>> work;
  std::unique_ptr<WebSocketThread> thread;
};

TEST_F(WebSocketTest, MessagesGoBothWays) {
  TestService::Request asked;
  TestService service({.on_request =
                           [&](const TestService::Request& request) {
                             asked = request;
                             return TestService::Answer{101, {}};
                           },
                       .on_open = nullptr,
                       .on_message =
                           [](TestService::Peer& peer, const std::string& message, bool binary) {
                             peer.send((binary ? "binary " : "text ") + std::to_string(message.size()));
                             peer.send_binary("bytes");
                           }});
  Ear& ear = ears.emplace_back();
  ear.opened = [&](WebSocketId one) {
    thread->send_text(one, "hello");
    thread->send_binary(one, std::string(200'000, '\0'));
    EXPECT_GE(thread->unsent(one), 200'000u);
  };
  open({.url = "ws://" + service.authority() + "/v1/listen?a=b",
        .headers = {{"Authorization", "Token x"}},
        .ca_file = {}},
       ear);
  ASSERT_TRUE(eventually([&] { return ear.texts().size() == 2; }));
  EXPECT_EQ(ear.texts(), (std::vector<std::string>{"text 5", "binary 200000"}));
  EXPECT_EQ(asked.target, "/v1/listen?a=b");
  EXPECT_EQ(asked.headers["Authorization"], "Token x");
  EXPECT_TRUE(asked.wants_web_socket);
  EXPECT_EQ(counters.get("web_sockets_opened").value(), 1u);
  EXPECT_TRUE(eventually([&] { return ear.binaries().size() == 2; }));
  EXPECT_EQ(ear.binaries()[0], "bytes");
  EXPECT_TRUE(ear.ends().empty());
}

TEST_F(WebSocketTest, TlsIsVerified) {
  const TestFolder folder;
  const TestCa ours(folder, "ours"), other(folder, "other");
  auto contexts = TlsContexts::load({.identity = ours.issue("service", {.alt_names = "IP:127.0.0.1"}), .peers = {}});
  ASSERT_TRUE(contexts);
  TestService service({.on_request = nullptr, .on_open = [](TestService::Peer& peer) { peer.send("welcome"); }},
                      *contexts);
  Ear& good = ears.emplace_back();
  Ear& bad = ears.emplace_back();
  open({.url = "wss://" + service.authority() + "/", .headers = {}, .ca_file = ours.file()}, good);
  ASSERT_TRUE(eventually([&] { return good.texts().size() == 1; }));
  open({.url = "wss://" + service.authority() + "/", .headers = {}, .ca_file = other.file()}, bad);
  ASSERT_TRUE(ends(bad));
  EXPECT_THAT(bad.ends()[0].reason, HasSubstr("certificate"));
  EXPECT_EQ(bad.ends()[0].http_status, 0);
}

TEST_F(WebSocketTest, ARefusalHasItsStatus) {
  TestService service({.on_request = [](const auto&) { return TestService::Answer{401, "who are you?"}; }});
  Ear& ear = ears.emplace_back();
  open({.url = "ws://" + service.authority() + "/", .headers = {}, .ca_file = {}}, ear);
  ASSERT_TRUE(ends(ear));
  EXPECT_EQ(ear.ends()[0].http_status, 401);
  EXPECT_EQ(counters.get("web_sockets_refused").value(), 1u);
  EXPECT_FALSE(ear.is_open);
}

TEST_F(WebSocketTest, EveryEndIsToldOnce) {
  TestService::Script script;
  script.on_message = [](TestService::Peer& peer, const std::string& message, bool) {
    if (message == "cut") return peer.cut();
    if (message == "large") return peer.send(std::string(WebSocketThread::message_bytes_max + 1, 'x'));
    peer.close("no more");
  };
  TestService service(std::move(script));
  for (const auto& [word, why] :
       {std::pair("close", "1011 no more"), std::pair("cut", ""), std::pair("large", "exceeded")}) {
    Ear& ear = ears.emplace_back();
    ear.opened = [this, text = std::string(word)](WebSocketId one) { thread->send_text(one, text); };
    open({.url = "ws://" + service.authority() + "/", .headers = {}, .ca_file = {}}, ear);
    ASSERT_TRUE(ends(ear)) << word;
    EXPECT_THAT(ear.ends()[0].reason, HasSubstr(why)) << word;
    EXPECT_EQ(ear.ends()[0].http_status, 0);
  }
  EXPECT_EQ(counters.get("web_sockets_closed").value(), 3u);
  Ear& nobody = ears.emplace_back();
  Ear& nonsense = ears.emplace_back();
  open({.url = "ws://127.0.0.1:1/", .headers = {}, .ca_file = {}}, nobody);
  EXPECT_TRUE(ends(nobody));
  open({.url = "http//", .headers = {}, .ca_file = {}}, nonsense);
  EXPECT_TRUE(ends(nonsense));
}

TEST_F(WebSocketTest, WhatWasGivenBeforeCloseLeaves) {
  std::atomic<std::size_t> got{0};
  TestService::Script script;
  script.on_message = [&](TestService::Peer&, const std::string& message, bool) { got += message.size(); };
  TestService service(std::move(script));
  Ear& ear = ears.emplace_back();
  ear.opened = [&](WebSocketId one) {
    for (int i = 0; i < 10; ++i) thread->send_binary(one, std::string(100'000, 'x'));
    thread->close(one);
  };
  open({.url = "ws://" + service.authority() + "/", .headers = {}, .ca_file = {}}, ear);
  EXPECT_TRUE(eventually([&] { return got == 1'000'000; }));
  EXPECT_TRUE(ear.ends().empty());
}

TEST_F(WebSocketTest, WhoNeverReadsIsSeen) {
  start({.connect = seconds(10), .silence = milliseconds(400), .last_words = milliseconds(100)});
  TestService::Script script;
  script.reads = false;
  TestService service(std::move(script));
  Ear& ear = ears.emplace_back();
  std::atomic<std::size_t> unsent{0};
  ear.opened = [&](WebSocketId one) {
    for (int i = 0; i < 200; ++i) thread->send_binary(one, std::string(100'000, 'x'));  // more than the kernel takes
    unsent = thread->unsent(one);
  };
  open({.url = "ws://" + service.authority() + "/", .headers = {}, .ca_file = {}}, ear);
  ASSERT_TRUE(ends(ear));
  EXPECT_GE(unsent, 20'000'000u);
}

}  // namespace
}  // namespace junctor::net
