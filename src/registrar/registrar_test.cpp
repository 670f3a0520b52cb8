#include "registrar/registrar.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <vector>

#include "registrar/test_setup.hpp"
#include "store/memory_store.hpp"

namespace junctor::registrar {
namespace {

using sip::HeaderId;
using sip::Message;

class Replies final : public RegisterReplies {
 public:
  void on_register_response(TransactionId transaction, Message response, TimePoint) override {
    got.emplace_back(transaction.value, std::move(response));
  }
  std::vector<std::pair<std::uint64_t, Message>> got;
};

Address address(std::uint8_t last, std::uint16_t port = 5060) {
  return {IpAddress::v4(192, 0, 2, last), port};
}

/// One start of the hub; the disk and the clock are the fixture's.
struct Hub {
  Hub(store::MemoryDisk& disk, TimerWheel& timers, const WallClock& wall, SeededRandom& random, TimePoint now,
      const RegistrarSettings& settings)
      : store(disk, timers, random),
        authenticator({}, users, test_hashes(), test_mac, random, counters),
        registrar(settings, authenticator, store, timers, wall, replies, random, counters) {
    for (const char* name : {"1001", "1002"}) {
      User user;
      user.username = name;
      set_password(user, "junctor", "secret", test_hashes());
      users.put(user);
    }
    loaded = *registrar.load(now);
  }

  Counters counters;
  Users users;
  store::MemoryStore store;
  Authenticator authenticator;
  Replies replies;
  Registrar registrar;
  std::size_t loaded = 0;
};

class RegistrarTest : public testing::Test {
 protected:
  RegistrarTest() {
    wall.set(now, WallTime(seconds(1'800'000'000)));
    start();
  }

  void start() {
    hub.reset();
    hub = std::make_unique<Hub>(disk, timers, wall, random, now, settings);
  }
  /// In steps, so that what one timer causes is seen by the next.
  void run(Duration by) {
    for (const TimePoint end = now + by; now < end;)
      timers.advance(now = std::min(end, now + Duration(milliseconds(10))));
  }

  Registrar::Outcome send(const Message& request, const Reach& source) {
    return hub->registrar.on_request(TransactionId{++transactions}, request, source, now);
  }
  /// The final response, the store's delay included; challenges are answered.
  Message sign_in(TestPhone& phone, const std::vector<std::string>& headers, const Reach& source) {
    for (int tries = 0; tries < 3; ++tries) {
      Message request = phone.request(headers);
      if (!phone.challenges.empty()) phone.sign(request);
      Message response = settle(send(request, source));
      if (response.status() != 401) return response;
      phone.take_challenge(response);
    }
    return {};
  }
  Message sign_in(TestPhone& phone, const std::vector<std::string>& headers) { return sign_in(phone, headers, udp); }
  Message settle(Registrar::Outcome outcome) {
    if (outcome.response) return std::move(*outcome.response);
    const std::size_t before = hub->replies.got.size();
    run(milliseconds(10));
    if (hub->replies.got.size() != before + 1) return {};
    return hub->replies.got.back().second;
  }
  /// Authenticated, sent, not waited for.
  Registrar::Outcome send_signed(TestPhone& phone, const std::vector<std::string>& headers) {
    if (phone.challenges.empty()) phone.take_challenge(*send(phone.request(), udp).response);
    Message request = phone.request(headers);
    phone.sign(request);
    return send(request, udp);
  }
  std::vector<std::string> uris(std::string_view user = "1001") {
    std::vector<std::string> out;
    for (const Contact& contact : hub->registrar.lookup(user, now)) out.push_back(contact.uri);
    return out;
  }
  static std::vector<std::string> contacts(const Message& response) {
    std::vector<std::string> out;
    for (const auto value : response.values(HeaderId::contact)) out.emplace_back(value);
    return out;
  }

  using Uris = std::vector<std::string>;

  TimePoint now{seconds(100)};
  TimerWheel timers{now};
  WallClock wall;
  SeededRandom random{11};
  store::MemoryDisk disk;
  RegistrarSettings settings;
  std::unique_ptr<Hub> hub;
  std::uint64_t transactions = 0;
  TestPhone alice;
  Reach udp{Protocol::udp, 2, {}, address(1), address(10, 40001)};
};

TEST_F(RegistrarTest, TheOkWaitsForTheStore) {
  alice.take_challenge(*send(alice.request(), udp).response);
  Message request = alice.request({"Contact: <sip:1001@10.0.0.5:5060>;expires=600;q=0.5", "User-Agent: phone/1"});
  alice.sign(request);
  EXPECT_FALSE(send(request, udp).response);
  EXPECT_TRUE(uris().empty());
  EXPECT_TRUE(hub->replies.got.empty());
  run(milliseconds(10));
  ASSERT_EQ(hub->replies.got.size(), 1u);
  EXPECT_EQ(hub->replies.got[0].first, transactions);
  const Message& ok = hub->replies.got[0].second;
  EXPECT_EQ(ok.status(), 200);
  EXPECT_FALSE(ok.to_tag().empty());
  EXPECT_EQ(contacts(ok), (Uris{"<sip:1001@10.0.0.5:5060>;expires=600;q=0.5"}));
  EXPECT_EQ(disk.bindings.size(), 1u);

  const auto found = hub->registrar.lookup("1001", now);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].uri, "sip:1001@10.0.0.5:5060");
  EXPECT_EQ(found[0].reach.protocol, Protocol::udp);
  EXPECT_EQ(found[0].reach.listener, 2u);
  EXPECT_EQ(found[0].reach.remote, address(10, 40001));
  EXPECT_EQ(found[0].reach.local, address(1));
  EXPECT_EQ(found[0].user_agent, "phone/1");
  EXPECT_EQ(found[0].q_milli, 500);
  EXPECT_TRUE(found[0].flow_alive);
  EXPECT_TRUE(hub->registrar.is_registered("1001"));
  EXPECT_FALSE(hub->registrar.is_registered("1002"));
}

TEST_F(RegistrarTest, SeveralContactsByQThenLatest) {
  TestPhone other = alice;
  other.call_id = "reg-other";
  EXPECT_EQ(sign_in(alice, {"Contact: <sip:1001@10.0.0.1>;q=0.3, <sip:1001@10.0.0.2>;q=0.9"}).status(), 200);
  EXPECT_EQ(sign_in(other, {"Contact: <sip:1001@10.0.0.3>;q=0.9"}).status(), 200);
  EXPECT_EQ(uris(), (Uris{"sip:1001@10.0.0.3", "sip:1001@10.0.0.2", "sip:1001@10.0.0.1"}));
  EXPECT_EQ(hub->registrar.bindings(), 3u);
  EXPECT_EQ(hub->registrar.registered_users(), 1u);
  // A question changes nothing and is answered at once.
  TestPhone asks = alice;
  Message request = asks.request();
  asks.sign(request);
  const auto outcome = send(request, udp);
  ASSERT_TRUE(outcome.response);
  EXPECT_EQ(contacts(*outcome.response).size(), 3u);
}

TEST_F(RegistrarTest, Expires) {
  EXPECT_EQ(sign_in(alice, {"Contact: <sip:1001@10.0.0.1>;expires=60, <sip:1001@10.0.0.2>", "Expires: 120"}).status(),
            200);
  run(milliseconds(59'900));
  EXPECT_EQ(uris().size(), 2u);
  run(milliseconds(200));
  EXPECT_EQ(uris(), (Uris{"sip:1001@10.0.0.2"}));
  run(seconds(61));
  EXPECT_TRUE(uris().empty());
  EXPECT_EQ(hub->registrar.bindings(), 0u);
  EXPECT_TRUE(disk.bindings.empty());
  EXPECT_EQ(timers.pending(), 0u);
}

TEST_F(RegistrarTest, RefreshesKeepOneBindingAndOneTimer) {
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(sign_in(alice, {"Contact: <sip:1001@10.0.0.1>", "Expires: 100"}).status(), 200);
    run(seconds(50));
  }
  EXPECT_EQ(hub->registrar.bindings(), 1u);
  EXPECT_EQ(disk.bindings.size(), 1u);
  EXPECT_EQ(timers.pending(), 1u);
  EXPECT_EQ(uris(), (Uris{"sip:1001@10.0.0.1"}));
}

TEST_F(RegistrarTest, ExpiryBounds) {
  const Message brief = sign_in(alice, {"Contact: <sip:1001@10.0.0.1>;expires=59"});
  EXPECT_EQ(brief.status(), 423);
  EXPECT_EQ(brief.header(HeaderId::min_expires), "60");
  EXPECT_EQ(contacts(sign_in(alice, {"Contact: <sip:1001@10.0.0.1>;expires=999999"})),
            (Uris{"<sip:1001@10.0.0.1>;expires=7200"}));
  EXPECT_EQ(contacts(sign_in(alice, {"Contact: <sip:1001@10.0.0.1>"})), (Uris{"<sip:1001@10.0.0.1>;expires=3600"}));
}

TEST_F(RegistrarTest, RemovesOneOrAll) {
  sign_in(alice, {"Contact: <sip:1001@10.0.0.1>, <sip:1001@10.0.0.2>, <sip:1001@10.0.0.3>"});
  EXPECT_EQ(sign_in(alice, {"Contact: <sip:1001@10.0.0.2>;expires=0"}).status(), 200);
  EXPECT_EQ(uris().size(), 2u);
  EXPECT_EQ(sign_in(alice, {"Contact: *"}).status(), 400);
  EXPECT_EQ(sign_in(alice, {"Contact: *", "Expires: 60"}).status(), 400);
  EXPECT_EQ(uris().size(), 2u);
  const Message ok = sign_in(alice, {"Contact: *", "Expires: 0"});
  EXPECT_EQ(ok.status(), 200);
  EXPECT_TRUE(contacts(ok).empty());
  EXPECT_TRUE(uris().empty());
  EXPECT_TRUE(disk.bindings.empty());
  EXPECT_EQ(timers.pending(), 0u);
  EXPECT_EQ(sign_in(alice, {"Contact: *", "Expires: 0"}).status(), 200);  // nothing there: fine
}

TEST_F(RegistrarTest, WithinACallIdOnlyAHigherCSeqIsNews) {
  sign_in(alice, {"Contact: <sip:1001@10.0.0.1>"});
  alice.cseq -= 1;
  EXPECT_EQ(sign_in(alice, {"Contact: <sip:1001@10.0.0.1>;expires=0"}).status(), 500);
  alice.cseq -= 1;
  EXPECT_EQ(sign_in(alice, {"Contact: *", "Expires: 0"}).status(), 500);
  EXPECT_EQ(uris().size(), 1u);
  alice.call_id = "after-a-restart-of-the-phone";
  alice.cseq = 0;
  EXPECT_EQ(sign_in(alice, {"Contact: <sip:1001@10.0.0.1>"}).status(), 200);
  EXPECT_EQ(uris().size(), 1u);
}

TEST_F(RegistrarTest, EquivalentUrisAreOneContact) {
  sign_in(alice, {"Contact: <sip:1001@PHONE.example:5060;transport=tcp>"});
  sign_in(alice, {"Contact: <sip:1001@phone.EXAMPLE:5060;Transport=TCP>"});
  EXPECT_EQ(hub->registrar.bindings(), 1u);
  EXPECT_EQ(disk.bindings.size(), 1u);
}

TEST_F(RegistrarTest, AnInstanceReplacesItsFormerContact) {
  const std::string instance = ";+sip.instance=\"<urn:uuid:0000-1>\"";
  sign_in(alice, {"Contact: <sip:1001@10.0.0.1:1111>" + instance});
  alice.call_id = "rebooted";
  const Message ok = sign_in(alice, {"Contact: <sip:1001@10.0.0.1:2222>" + instance});
  EXPECT_EQ(uris(), (Uris{"sip:1001@10.0.0.1:2222"}));
  EXPECT_EQ(contacts(ok), (Uris{"<sip:1001@10.0.0.1:2222>;expires=3600;+sip.instance=\"<urn:uuid:0000-1>\""}));
  EXPECT_EQ(disk.bindings.size(), 1u);
  // Two flows of one phone stand side by side (RFC 5626).
  sign_in(alice, {"Contact: <sip:1001@10.0.0.1:3333>;reg-id=1" + instance});
  sign_in(alice, {"Contact: <sip:1001@10.0.0.1:4444>;reg-id=2" + instance});
  sign_in(alice, {"Contact: <sip:1001@10.0.0.1:5555>;reg-id=1" + instance});
  EXPECT_EQ(uris(), (Uris{"sip:1001@10.0.0.1:5555", "sip:1001@10.0.0.1:4444", "sip:1001@10.0.0.1:2222"}));
  EXPECT_EQ(hub->registrar.lookup("1001", now)[1].reg_id, 2u);
}

TEST_F(RegistrarTest, PathIsKeptAndToldToThoseWhoKnowIt) {
  const Message ok = sign_in(alice, {"Contact: <sip:1001@10.0.0.1>", "Supported: path", "Require: path",
                                     "Path: <sip:a.example;lr>, <sip:b.example;lr>", "Path: <sip:c.example;lr>"});
  EXPECT_EQ(ok.status(), 200);
  Uris told;
  for (const auto value : ok.values(HeaderId::path)) told.emplace_back(value);
  const Uris path = {"<sip:a.example;lr>", "<sip:b.example;lr>", "<sip:c.example;lr>"};
  EXPECT_EQ(told, path);
  EXPECT_EQ(hub->registrar.lookup("1001", now)[0].path, path);
  start();
  EXPECT_EQ(hub->registrar.lookup("1001", now)[0].path, path);
  const Message silent = sign_in(alice, {"Contact: <sip:1001@10.0.0.1>", "Path: <sip:a.example;lr>"});
  EXPECT_FALSE(silent.has(HeaderId::path));
  EXPECT_EQ(hub->registrar.lookup("1001", now)[0].path, (Uris{"<sip:a.example;lr>"}));
}

TEST_F(RegistrarTest, SurvivesARestartAndExpiresOnTime) {
  sign_in(alice, {"Contact: <sip:1001@10.0.0.1>;expires=600;q=0.7, <sip:1001@10.0.0.2>;expires=100"});
  run(seconds(90));
  hub->store.crash();
  start();
  EXPECT_EQ(hub->loaded, 2u);
  EXPECT_EQ(uris(), (Uris{"sip:1001@10.0.0.2", "sip:1001@10.0.0.1"}));
  EXPECT_EQ(hub->registrar.lookup("1001", now)[1].reach.remote, address(10, 40001));
  run(seconds(11));
  EXPECT_EQ(uris(), (Uris{"sip:1001@10.0.0.1"}));
  hub->store.crash();
  run(seconds(400));
  start();
  EXPECT_EQ(hub->loaded, 1u);
  EXPECT_LE(hub->registrar.lookup("1001", now)[0].expires_secs, 100u);
  run(seconds(100));
  EXPECT_TRUE(uris().empty());
  // The old CSeq is remembered too.
  hub->store.crash();
  start();
  EXPECT_EQ(hub->loaded, 0u);
}

TEST_F(RegistrarTest, AFailingDiskChangesNothingAndSays503) {
  sign_in(alice, {"Contact: <sip:1001@10.0.0.1>"});
  hub->store.faults.fail = 1;
  const Message response = sign_in(alice, {"Contact: <sip:1001@10.0.0.2>, <sip:1001@10.0.0.1>;expires=0"});
  EXPECT_EQ(response.status(), 503);
  EXPECT_EQ(response.header(HeaderId::retry_after), "5");
  EXPECT_EQ(uris(), (Uris{"sip:1001@10.0.0.1"}));
  hub->store.faults.fail = 0;
  EXPECT_EQ(sign_in(alice, {"Contact: <sip:1001@10.0.0.2>"}).status(), 200);
  EXPECT_EQ(uris().size(), 2u);
}

TEST_F(RegistrarTest, AFullBacklogIs503AtOnce) {
  settings.waiting_max = 2;
  start();
  alice.take_challenge(*send(alice.request(), udp).response);
  hub->store.faults.stuck = true;
  EXPECT_FALSE(send_signed(alice, {"Contact: <sip:1001@10.0.0.1>"}).response);
  EXPECT_FALSE(send_signed(alice, {"Contact: <sip:1001@10.0.0.2>"}).response);
  const auto third = send_signed(alice, {"Contact: <sip:1001@10.0.0.3>"});
  ASSERT_TRUE(third.response);
  EXPECT_EQ(third.response->status(), 503);
  hub->store.faults.stuck = false;
  run(seconds(2));
  run(seconds(2));
  EXPECT_EQ(uris().size(), 2u);
}

TEST_F(RegistrarTest, RequestsOfOneUserTakeTurns) {
  alice.take_challenge(*send(alice.request(), udp).response);
  EXPECT_FALSE(send_signed(alice, {"Contact: <sip:1001@10.0.0.1>"}).response);
  EXPECT_FALSE(send_signed(alice, {"Contact: <sip:1001@10.0.0.2>"}).response);
  EXPECT_FALSE(send_signed(alice, {"Contact: *", "Expires: 0"}).response);
  EXPECT_FALSE(send_signed(alice, {}).response);  // a question waits, too
  EXPECT_FALSE(send_signed(alice, {"Contact: <sip:1001@10.0.0.3>"}).response);
  run(milliseconds(100));
  ASSERT_EQ(hub->replies.got.size(), 5u);
  std::vector<std::size_t> counts;
  for (const auto& [transaction, response] : hub->replies.got) {
    EXPECT_EQ(response.status(), 200);
    counts.push_back(contacts(response).size());
  }
  EXPECT_EQ(counts, (std::vector<std::size_t>{1, 2, 0, 0, 1}));
  EXPECT_EQ(uris(), (Uris{"sip:1001@10.0.0.3"}));
  EXPECT_EQ(disk.bindings.size(), 1u);
}

TEST_F(RegistrarTest, ARefreshUnderWaySavesABindingThatIsDue) {
  sign_in(alice, {"Contact: <sip:1001@10.0.0.1>;expires=60"});
  run(milliseconds(59'980));
  hub->store.faults.stuck = true;
  EXPECT_FALSE(send_signed(alice, {"Contact: <sip:1001@10.0.0.1>;expires=60"}).response);
  run(seconds(1));
  hub->store.faults.stuck = false;
  run(seconds(2));
  EXPECT_EQ(uris().size(), 1u);
  EXPECT_EQ(disk.bindings.size(), 1u);
  run(seconds(70));
  EXPECT_TRUE(uris().empty());
  EXPECT_TRUE(disk.bindings.empty());
  EXPECT_EQ(timers.pending(), 0u);
}

TEST_F(RegistrarTest, OnlyOnesOwnBindings) {
  sign_in(alice, {});
  TestPhone thief = alice;
  Message request = thief.request({"Contact: <sip:1001@10.0.0.66>"});
  request.set(HeaderId::to, "<sip:1002@junctor.example>");
  thief.sign(request);
  auto outcome = send(request, udp);
  ASSERT_TRUE(outcome.response);
  EXPECT_EQ(outcome.response->status(), 403);
  EXPECT_TRUE(outcome.failure);
  thief.password = "guess";
  request = thief.request();
  thief.sign(request);
  outcome = send(request, udp);
  EXPECT_EQ(outcome.response->status(), 401);
  EXPECT_FALSE(outcome.response->to_tag().empty());
  EXPECT_TRUE(outcome.failure);
  outcome = send(alice.request(), udp);
  EXPECT_EQ(outcome.response->status(), 401);
  EXPECT_FALSE(outcome.failure);  // a first request without credentials is no failure
}

TEST_F(RegistrarTest, Refusals) {
  EXPECT_EQ(send(alice.request({"Require: outbound, path"}), udp).response->status(), 420);
  EXPECT_EQ(send(alice.request({"Require: outbound, path"}), udp).response->header(HeaderId::unsupported), "outbound");
  EXPECT_EQ(sign_in(alice, {"Contact: <tel:+49301234>"}).status(), 400);
  EXPECT_EQ(sign_in(alice, {"Contact: <sip:1001@10.0.0.1>;q=7"}).status(), 400);
  EXPECT_EQ(sign_in(alice, {"Contact: <sip:1001@10.0.0.1>", "Path: nonsense <"}).status(), 400);
  EXPECT_EQ(sign_in(alice, {"Contact: <sip:1001@10.0.0.1>, <sip:1001@10.0.0.1>"}).status(), 400);
  EXPECT_EQ(hub->registrar.bindings(), 0u);
  EXPECT_EQ(timers.pending(), 0u);
  settings.domains = {"junctor.example"};
  start();
  EXPECT_EQ(sign_in(alice, {"Contact: <sip:1001@10.0.0.1>"}).status(), 200);
  alice.uri = "sip:elsewhere.example";
  EXPECT_EQ(send(alice.request(), udp).response->status(), 404);
}

TEST_F(RegistrarTest, ContactsPerUserAreBounded) {
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(sign_in(alice, {"Contact: <sip:1001@10.0.0." + std::to_string(i) + ">"}).status(), 200);
  }
  EXPECT_EQ(sign_in(alice, {"Contact: <sip:1001@10.0.0.99>"}).status(), 403);
  EXPECT_EQ(sign_in(alice, {"Contact: <sip:1001@10.0.0.9>;expires=0, <sip:1001@10.0.0.99>"}).status(), 200);
  EXPECT_EQ(hub->registrar.bindings(), 10u);
}

TEST_F(RegistrarTest, AClosedConnectionMarksItsBindings) {
  const Reach tcp{Protocol::tcp, 3, ConnectionId{7}, address(1), address(10, 50000)};
  sign_in(alice, {"Contact: <sip:1001@10.0.0.1;transport=tcp>"}, tcp);
  sign_in(alice, {"Contact: <sip:1001@10.0.0.2>"});
  hub->registrar.on_connection_closed(ConnectionId{8});
  EXPECT_TRUE(hub->registrar.lookup("1001", now)[1].flow_alive);
  hub->registrar.on_connection_closed(ConnectionId{7});
  auto found = hub->registrar.lookup("1001", now);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_TRUE(found[0].flow_alive);
  EXPECT_FALSE(found[1].flow_alive);
  Reach again = tcp;
  again.connection = ConnectionId{9};
  sign_in(alice, {"Contact: <sip:1001@10.0.0.1;transport=tcp>"}, again);
  EXPECT_TRUE(hub->registrar.lookup("1001", now)[0].flow_alive);
  start();
  EXPECT_FALSE(hub->registrar.lookup("1001", now)[1].flow_alive);  // connections do not survive
}

TEST_F(RegistrarTest, ARemovedUserIsForgottenAlsoWhileItRegisters) {
  sign_in(alice, {"Contact: <sip:1001@10.0.0.1>"});
  EXPECT_FALSE(send_signed(alice, {"Contact: <sip:1001@10.0.0.2>"}).response);
  EXPECT_FALSE(send_signed(alice, {"Contact: <sip:1001@10.0.0.3>"}).response);
  hub->registrar.forget("1001", now);
  EXPECT_TRUE(uris().empty());
  run(milliseconds(50));
  EXPECT_TRUE(uris().empty());
  EXPECT_TRUE(disk.bindings.empty());
  ASSERT_GE(hub->replies.got.size(), 3u);
  EXPECT_EQ(hub->replies.got[1].second.status(), 403);
  EXPECT_EQ(hub->replies.got[2].second.status(), 403);
  EXPECT_EQ(timers.pending(), 0u);
}

TEST_F(RegistrarTest, ListsByUser) {
  TestPhone bob = alice;
  bob.user = "1002";
  bob.call_id = "bob";
  sign_in(bob, {"Contact: <sip:1002@10.0.0.9>"});
  sign_in(alice, {"Contact: <sip:1001@10.0.0.1>, <sip:1001@10.0.0.2>"});
  const auto all = hub->registrar.list(10, now);
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[0].user, "1001");
  EXPECT_EQ(all[2].user, "1002");
  EXPECT_EQ(hub->registrar.list(1, now).size(), 1u);
}

// Random requests, disk failures, crashes and time: memory and disk tell the same at every quiet moment.
TEST_F(RegistrarTest, MemoryAndDiskAgree) {
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    random = SeededRandom(seed);
    disk = {};
    start();
    std::vector<TestPhone> phones(4);
    for (std::size_t i = 0; i < phones.size(); ++i) {
      phones[i].user = i % 2 == 0 ? "1001" : "1002";
      phones[i].call_id = "call-" + std::to_string(i);
    }
    for (int step = 0; step < 60; ++step) {
      TestPhone& phone = phones[random.below(phones.size())];
      hub->store.faults.fail = random.below(4) == 0 ? 0.5 : 0;
      const std::string contact = "Contact: <sip:" + phone.user + "@10.0.0." + std::to_string(random.below(4)) + ">";
      switch (random.below(6)) {
        case 0:
          static_cast<void>(send_signed(phone, {contact + ";expires=0"}));
          break;
        case 1:
          static_cast<void>(send_signed(phone, {"Contact: *", "Expires: 0"}));
          break;
        case 2:
          run(seconds(random.below(100)));
          break;
        default:
          static_cast<void>(send_signed(phone, {contact, "Expires: " + std::to_string(60 + random.below(100))}));
      }
      if (random.below(3) == 0) run(milliseconds(random.below(20)));
      if (random.below(20) == 0) {
        hub->store.crash();
        start();
        for (TestPhone& p : phones) p.challenges.clear();
      }
    }
    hub->store.faults.fail = 0;
    run(milliseconds(100));
    std::size_t alive = 0;
    for (const auto& [key, row] : disk.bindings) {
      if (row.expires_ms <= wall.at(now).time_since_epoch().count()) continue;  // its removal was refused: harmless
      ++alive;
      const auto list = uris(key.first);
      EXPECT_NE(std::ranges::find(list, key.second), list.end()) << "seed " << seed << " " << key.second;
    }
    EXPECT_EQ(alive, hub->registrar.bindings()) << "seed " << seed;
    EXPECT_EQ(timers.pending(), hub->registrar.registered_users()) << "seed " << seed;
  }
}

}  // namespace
}  // namespace junctor::registrar
