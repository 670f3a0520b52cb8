#include "net/resolver.hpp"

#include <atomic>
#include <gtest/gtest.h>
#include <map>
#include <optional>
#include <poll.h>
#include <string>
#include <sys/socket.h>
#include <thread>

#include "net/socket_address.hpp"
#include "net/test_dns.hpp"
#include "net/test_loop.hpp"
#include "net/udp_socket.hpp"
#include "net/waker.hpp"

namespace junctor::net {
namespace {

/// Answers what it was told, by the question's bytes; NXDOMAIN for the rest, silence for names in "silent.test".
class Server {
 public:
  explicit Server(std::map<std::string, std::vector<std::string>> zone)
      : zone_(std::move(zone)), fd_(std::move(*bind_udp({IpAddress::v4(127, 0, 0, 1), 0}))) {
    waker_.prepare_sleep();
    thread_ = std::thread([this] { run(); });
  }
  ~Server() {
    waker_.wake();
    thread_.join();
  }
  std::string address() const { return to_string(local_address_of(fd_.get())); }
  std::atomic<int> asked{0};

 private:
  void run() {
    for (;;) {
      std::array<pollfd, 2> entries{{{fd_.get(), POLLIN, 0}, {waker_.fd(), POLLIN, 0}}};
      ::poll(entries.data(), entries.size(), -1);
      if (entries[1].revents != 0) return;
      SocketAddress from;
      socklen_t length = sizeof from;
      std::string query(512, '\0');
      const ssize_t got = ::recvfrom(fd_.get(), query.data(), query.size(), 0, &from.any, &length);
      if (got < 12) continue;
      query.resize(static_cast<std::size_t>(got));
      ++asked;
      const std::string question = query.substr(12);
      if (question.find("silent") != std::string::npos) continue;
      const auto known = zone_.find(question);
      std::string reply =
          known == zone_.end() ? test_dns::answer(question, {}, 3) : test_dns::answer(question, known->second);
      reply.replace(0, 2, query, 0, 2);
      ::sendto(fd_.get(), reply.data(), reply.size(), 0, &from.any, length);
    }
  }

  const std::map<std::string, std::vector<std::string>> zone_;
  Fd fd_;
  Waker waker_;
  std::thread thread_;
};

class ResolverTest : public testing::Test {
 protected:
  void SetUp() override {
    make({.servers = server.address(), .timeout = milliseconds(2'000)});
    t.start();
  }
  void make(const ResolverSettings& settings) {
    auto made = Resolver::create(settings, *t.loop, t.counters);
    ASSERT_TRUE(made) << made.error();
    resolver = std::move(*made);
  }
  DnsAnswer ask(DnsType type, const std::string& name) {
    std::optional<DnsAnswer> answer;
    EXPECT_TRUE(resolver->query(type, name, [&](DnsAnswer&& got, TimePoint) { answer = std::move(got); }));
    EXPECT_TRUE(eventually([&] { return t.on_loop([&] { return answer.has_value(); }); }));
    return t.on_loop([&] { return *answer; });
  }

  Server server{{
      {test_dns::question("_sip._udp.example.test", 33),
       {test_dns::record("_sip._udp.example.test", 33, 120,
                         test_dns::srv(10, 5, 5080, test_dns::name("a.example.test")))}},
      {test_dns::question("a.example.test", 1),
       {test_dns::record("a.example.test", 1, 30, std::string("\x7F\x00\x00\x05", 4))}},
      {test_dns::question("a.example.test", 28), {}},
  }};
  LoopThread t;
  std::unique_ptr<Resolver> resolver;
};

TEST_F(ResolverTest, SrvThenAddress) {
  const DnsAnswer srv = ask(DnsType::srv, "_sip._udp.example.test");
  ASSERT_EQ(srv.status, DnsStatus::ok);
  EXPECT_EQ(srv.ttl, seconds(120));
  ASSERT_EQ(srv.srv.size(), 1u);
  EXPECT_EQ(srv.srv[0].port, 5080);
  const DnsAnswer a = ask(DnsType::a, srv.srv[0].target);
  ASSERT_EQ(a.status, DnsStatus::ok);
  EXPECT_EQ(a.addresses, std::vector{IpAddress::v4(127, 0, 0, 5)});
}

TEST_F(ResolverTest, NothingOfThatTypeAndNoSuchName) {
  EXPECT_EQ(ask(DnsType::aaaa, "a.example.test").status, DnsStatus::no_data);
  EXPECT_EQ(ask(DnsType::a, "nobody.example.test").status, DnsStatus::no_name);
  EXPECT_EQ(ask(DnsType::a, "bad..name").status, DnsStatus::no_name);
}

TEST_F(ResolverTest, TheHostsFileComesFirst) {
  const DnsAnswer answer = ask(DnsType::a, "localhost");
  ASSERT_EQ(answer.status, DnsStatus::ok);
  EXPECT_EQ(answer.addresses[0], IpAddress::v4(127, 0, 0, 1));
  EXPECT_EQ(answer.ttl, Resolver::host_file_ttl);
  EXPECT_EQ(server.asked, 0);
}

TEST_F(ResolverTest, ASilentServerIsAFailure) {
  make({.servers = server.address(), .timeout = milliseconds(20), .tries = 2});
  EXPECT_EQ(ask(DnsType::srv, "silent.test").status, DnsStatus::failed);
  EXPECT_GE(server.asked, 2);
}

TEST_F(ResolverTest, TheNumberOfOpenQuestionsIsBounded) {
  make({.servers = server.address(), .max_queries = 2});
  const auto ignore = [](DnsAnswer&&, TimePoint) {};
  EXPECT_TRUE(resolver->query(DnsType::srv, "silent.test", ignore));
  EXPECT_TRUE(resolver->query(DnsType::srv, "silent.test", ignore));
  EXPECT_FALSE(resolver->query(DnsType::srv, "silent.test", ignore));
  EXPECT_EQ(t.counters.get("dns_refused").value(), 1u);
  t.on_loop([&] { resolver.reset(); });  // with questions open
}

TEST_F(ResolverTest, BadServerListIsOneClearLine) {
  const auto made = Resolver::create({.servers = "not an address"}, *t.loop, t.counters);
  ASSERT_FALSE(made);
  EXPECT_TRUE(made.error().starts_with("dns servers not an address: ")) << made.error();
}

}  // namespace
}  // namespace junctor::net
