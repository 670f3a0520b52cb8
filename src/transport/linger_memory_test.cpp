// What a transaction costs while it only lingers: thousands of them are the ordinary state of a busy hub.
#include <cstdlib>
#include <malloc.h>
#include <new>

#include "transport/test_world.hpp"

namespace {
std::size_t live_bytes = 0;
}

void* operator new(std::size_t size) {
  void* const at = std::malloc(size);
  if (at == nullptr) std::abort();
  live_bytes += malloc_usable_size(at);
  return at;
}
void operator delete(void* at) noexcept {
  if (at != nullptr) live_bytes -= malloc_usable_size(at);
  std::free(at);
}
void operator delete(void* at, std::size_t) noexcept {
  operator delete(at);
}

namespace junctor::transport {
namespace {

constexpr std::size_t count = 4096;

struct LingerMemory : testing::Test {
  World world;
  Party hub{world, "192.0.2.1:5060"};
  Party peer{world, "192.0.2.2:5060"};

  /// Bytes per transaction of `stack`, once `round` was done `count` times and nothing is under way.
  std::size_t each(const std::function<void(std::size_t)>& round) {
    const std::size_t before = live_bytes;
    for (std::size_t i = 0; i < count; ++i) {
      round(i);
      world.run(milliseconds(1));
    }
    world.run(milliseconds(100));
    forget();
    return (live_bytes - before) / count;
  }
  /// What the test itself has recorded.
  void forget() {
    for (Party* const party : {&hub, &peer}) {
      std::vector<sip::Message>().swap(party->requests);
      std::vector<sip::Message>().swap(party->acks);
      std::vector<TransactionId>().swap(party->servers);
      std::vector<Source>().swap(party->sources);
      std::vector<Party::Response>().swap(party->responses);
    }
    std::vector<Packet>().swap(world.sent);
  }
};

TEST_F(LingerMemory, ANonInviteServerKeepsItsResponseAndLittleElse) {
  RawPeer phone(world, "192.0.2.9:5060");
  std::size_t response = 0;
  hub.when_request = [&](std::size_t which) {
    hub.answer(200, which);
    response = world.sent.back().bytes.size();
    hub.requests.clear(), hub.servers.clear(), hub.sources.clear(), world.sent.clear();
  };
  const std::size_t bytes = each([&](std::size_t i) {
    sip::Message register_ = peer.request(sip::Method::register_, "sip:example.com");
    register_.add(sip::HeaderId::via, "SIP/2.0/UDP 192.0.2.9;rport;branch=z9hG4bK" + std::to_string(i));
    phone.send("192.0.2.1:5060", register_.serialize());
    phone.got.clear();
  });
  EXPECT_EQ(hub.endpoint->live().non_invite_server, count);
  EXPECT_LT(bytes, response + 400);
}

TEST_F(LingerMemory, AnAckedInviteKeepsItsKeysOnBothSides) {
  peer.when_request = [&](std::size_t which) {
    peer.answer(200, which);
    peer.endpoint->acked(peer.servers.back(), world.now);
  };
  const std::size_t bytes = each([&](std::size_t) { hub.send(sip::Method::invite, "sip:192.0.2.2"); });
  EXPECT_EQ(hub.endpoint->live().invite_client, count);
  EXPECT_EQ(peer.endpoint->live().invite_server, count);
  EXPECT_LT(bytes, 900u) << "a client and a server transaction";
}

}  // namespace
}  // namespace junctor::transport
