#include "transport/framer.hpp"

#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace junctor::transport {
namespace {

struct Outcome {
  std::vector<std::string> messages;
  std::string error;
  bool operator==(const Outcome&) const = default;
};

Outcome frame(const std::vector<std::string_view>& pieces, FramerBounds bounds = {}) {
  SipFramer framer(bounds);
  Outcome out;
  for (const std::string_view piece : pieces) {
    const char* const error = framer.on_bytes(piece, [&](std::string&& m) { out.messages.push_back(std::move(m)); });
    if (error != nullptr) out.error = error;
  }
  return out;
}

const std::string bye = "BYE sip:a@b SIP/2.0\r\nCall-ID: 1\r\nContent-Length: 0\r\n\r\n";
const std::string info = "INFO sip:a@b SIP/2.0\r\nl : 5\r\nCall-ID: 2\r\n\r\nhello";
const std::string ping = "\r\n\r\n";

TEST(SipFramer, SplitAtEveryByteNothingChanges) {
  const std::string stream = "\r\n" + bye + info + ping + "\r\n" + info + "\r\n\r" + bye;
  const Outcome whole = frame({stream});
  EXPECT_EQ(whole.messages, (std::vector<std::string>{bye, info, ping, info, bye}));
  EXPECT_EQ(whole.error, "");
  const std::string_view view(stream);
  for (std::size_t first = 0; first <= view.size(); ++first) {
    for (std::size_t second = first; second <= view.size(); second += 7)
      ASSERT_EQ(frame({view.substr(0, first), view.substr(first, second - first), view.substr(second)}), whole);
  }
  std::vector<std::string_view> bytes;
  for (std::size_t i = 0; i < view.size(); ++i) bytes.push_back(view.substr(i, 1));
  EXPECT_EQ(frame(bytes), whole);
}

TEST(SipFramer, ErrorsEndTheStreamForGood) {
  EXPECT_EQ(frame({"\x16\x03\x01"}).error, "not SIP");
  EXPECT_EQ(frame({"BYE sip:a SIP/2.0\r\nCall-ID: 1\r\n\r\n"}).error, "no Content-Length");
  EXPECT_EQ(frame({"BYE sip:a SIP/2.0\r\nContent-Length: x\r\n\r\n"}).error, "bad Content-Length");
  EXPECT_EQ(frame({"BYE sip:a SIP/2.0\r\nContent-Length: -1\r\n\r\n"}).error, "bad Content-Length");
  EXPECT_EQ(frame({"BYE sip:a SIP/2.0\r\nContent-Length: 1\r\nl: 2\r\n\r\n"}).error, "bad Content-Length");
  EXPECT_EQ(frame({"BYE sip:a SIP/2.0\r\nContent-Length: 99999999999999999999\r\n\r\n"}).error, "bad Content-Length");
  const Outcome after = frame({"\x16", bye});
  EXPECT_EQ(after.error, "not SIP");
  EXPECT_TRUE(after.messages.empty());
}

TEST(SipFramer, BoundsHold) {
  const FramerBounds bounds{.header_bytes = bye.size(), .body_bytes = 5};
  EXPECT_EQ(frame({bye, info}, bounds).messages.size(), 2u);
  EXPECT_EQ(frame({"X" + bye}, bounds).error, "header too large");
  EXPECT_EQ(frame({std::string(1000000, 'x')}, bounds).error, "header too large");
  EXPECT_EQ(frame({"I sip:a SIP/2.0\r\nl: 6\r\n\r\n"}, bounds).error, "body too large");
}

TEST(SipFramer, SaysWhetherAMessageHasBegun) {
  SipFramer framer;
  const auto nobody = [](std::string&&) {};
  EXPECT_FALSE(framer.partial());
  framer.on_bytes("\r\n", nobody);
  EXPECT_FALSE(framer.partial());
  framer.on_bytes("I", nobody);
  EXPECT_TRUE(framer.partial());
  framer.on_bytes(info.substr(1, info.size() - 2), nobody);
  EXPECT_TRUE(framer.partial());
  framer.on_bytes("o", nobody);
  EXPECT_FALSE(framer.partial());
}

TEST(SipFramer, AFoldedLineIsNoContentLength) {
  EXPECT_EQ(frame({"BYE sip:a SIP/2.0\r\nSubject: x\r\n Content-Length: 9\r\nl: 0\r\n\r\n"}).messages.size(), 1u);
}

}  // namespace
}  // namespace junctor::transport
