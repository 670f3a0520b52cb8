// Nothing on a packet's path allocates.
#include <cstdlib>
#include <gtest/gtest.h>
#include <new>

#include "media/worker_fixture.hpp"

namespace {

std::size_t allocations = 0;

void* allocate(std::size_t size) {
  ++allocations;
  if (void* p = std::malloc(size == 0 ? 1 : size)) return p;
  std::abort();
}

}  // namespace

// Every form that the library uses, so that no pair is half replaced.
void* operator new(std::size_t size) {
  return allocate(size);
}
void* operator new[](std::size_t size) {
  return allocate(size);
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return allocate(size);
}
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept {
  return allocate(size);
}
void operator delete(void* p) noexcept {
  std::free(p);
}
void operator delete[](void* p) noexcept {
  std::free(p);
}
void operator delete(void* p, std::size_t) noexcept {
  std::free(p);
}
void operator delete[](void* p, std::size_t) noexcept {
  std::free(p);
}

namespace junctor::media {
namespace {

struct AllocationTest : testing::Test, WorkerFixture {
  static constexpr int packets = 10000;
};

TEST_F(AllocationTest, ten_thousand_relayed_packets_with_reports_and_timers_need_none) {
  record = false;
  Speaker alice{.address = address(1, 4000)}, bob{.address = address(2, 4000), .ssrc = 2};
  const PortId a = open(0, alice.address), b = open(1, bob.address);
  for (const PortId port : {a, b}) {
    SetRemote timed = remote(port, port == a ? alice.address : bob.address, formats({pcma(), events_as(101, 101)}));
    timed.timeout = seconds(30);
    command(timed);
  }
  command(Join{.a = a, .b = b});
  speak(a, alice, 600);
  speak(b, bob, 600);
  const std::size_t before = allocations, sent_before = sent_count;
  for (int i = 0; i < packets / 2; ++i) {
    alice.payload_type = i % 100 < 8 ? 101 : 8;
    speak(a, alice);
    speak(b, bob);
    Speaker stranger{.address = address(66, 6), .sequence = static_cast<std::uint16_t>(i)};
    speak(a, stranger);
  }
  EXPECT_EQ(allocations, before);
  EXPECT_GE(sent_count - sent_before, static_cast<std::size_t>(packets));
}

TEST_F(AllocationTest, a_tone_and_an_echo_need_none) {
  record = false;
  Speaker alice{.address = address(1, 4000)};
  const PortId a = open(0, alice.address), b = open(1, address(2, 4000));
  command(Echo{.id = a});
  command(Tone{.id = b});
  speak(a, alice, 600);
  const std::size_t before = allocations;
  speak(a, alice, packets);
  EXPECT_EQ(allocations, before);
}

}  // namespace
}  // namespace junctor::media
