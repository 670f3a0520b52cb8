// Key presses as a program is told of them: how they came and how long they were, and what waits for them.
#include "program_client.hpp"

namespace junctor::sim {
namespace {

using ::testing::ElementsAre;

struct Way {
  const char* name;
  const char* method;
  std::vector<std::string> codecs;
};

class ProgramDtmf : public ::testing::TestWithParam<Way> {
 protected:
  void press(Phone& phone, char digit) {
    const std::string_view method = GetParam().method;
    if (method == "rfc4733") return phone.line().audio().press(digit);
    if (method == "inband") return phone.line().audio().sound(digit);
    phone.line().send(Method::info, "application/dtmf-relay", std::string("Signal=") + digit + "\r\nDuration=100\r\n");
  }
};

TEST_P(ProgramDtmf, SaysHowItCameAndHowLongItWas) {
  Sim sim{Seed{771}, {.config = ProgramClient::config}};
  Phone& alice = sim.phone("1001");
  alice.habits().codecs = GetParam().codecs;
  ProgramClient program(sim);
  ASSERT_TRUE(program.call(alice, "a"));
  ASSERT_EQ(program.run("dtmf.collect", {{"call_id", "a"}, {"max_digits", 4}, {"inter_digit_timeout_ms", 500}}),
            "done");
  sim.run_for(500ms);
  program.news("a");
  for (const char digit : std::string_view("17#D")) {
    press(alice, digit);
    sim.run_for(300ms);
    const json::value told = program.last_event("dtmf").at("data");
    EXPECT_EQ(told.at("digit").as_string(), std::string_view(&digit, 1));
    EXPECT_EQ(told.at("method").as_string(), GetParam().method);
    EXPECT_NEAR(told.at("duration_ms").to_number<double>(), 100, 10);
  }
  // The last key is told before what it completed.
  EXPECT_THAT(program.news("a"), ElementsAre("dtmf", "dtmf", "dtmf", "dtmf", "dtmf.collected"));
  EXPECT_EQ(program.last_event("dtmf.collected").at("data").at("digits").as_string(), "17#D");
  EXPECT_THAT(sim.close(), IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(Ways, ProgramDtmf,
                         ::testing::Values(Way{"events", "rfc4733", {"pcma", "telephone-event"}},
                                           Way{"info", "info", {"pcma"}}, Way{"tones", "inband", {"pcma"}}),
                         [](const auto& one) { return std::string(one.param.name); });

}  // namespace
}  // namespace junctor::sim
