// Parsing does not allocate per header. Every allocation of the test program is counted.
#include <cstdlib>
#include <gtest/gtest.h>
#include <new>
#include <string>

#include "sip/headers.hpp"
#include "sip/message.hpp"
#include "sip/test_messages.hpp"

namespace {
std::size_t allocations = 0;
}

void* operator new(std::size_t size) {
  ++allocations;
  if (void* p = std::malloc(size)) return p;
  std::abort();
}
void operator delete(void* p) noexcept {
  std::free(p);
}
void operator delete(void* p, std::size_t) noexcept {
  std::free(p);
}

namespace junctor::sip {
namespace {

using test::invite;

TEST(Message, ParsesWithoutAnAllocationPerHeader) {
  const std::size_t before = allocations;
  const auto m = Message::parse(invite);  // the copy of the text is the first
  const std::size_t for_parse = allocations - before;
  ASSERT_TRUE(m);
  EXPECT_LE(for_parse, 3u);

  const std::size_t before_reading = allocations;
  const bool read = m->top_via() && m->from() && m->to() && m->contact() && m->uri() && m->max_forwards() &&
                    has_token(*m, HeaderId::allow, "SUBSCRIBE") && typed<SessionExpires>(*m, HeaderId::session_expires);
  EXPECT_EQ(allocations - before_reading, 0u);
  EXPECT_TRUE(read);
  const std::size_t before_writing = allocations;
  const std::string text = m->serialize();
  EXPECT_EQ(allocations - before_writing, 1u);
  EXPECT_EQ(text, invite);
}

}  // namespace
}  // namespace junctor::sip
