// Every message of RFC 4475 and RFC 5118 (tests/torture/NAME.dat, byte for byte) against the table of
// docs/sip-torture.md, whose column "Our outcome" says what the parser does with it.
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "sip/headers.hpp"
#include "sip/message.hpp"
#include "sip/text.hpp"

namespace junctor::sip {
namespace {

const std::filesystem::path root = JUNCTOR_SOURCE_DIR;

std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  EXPECT_TRUE(in) << path;
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string torture(const std::string& name) {
  return read_file(root / "tests" / "torture" / (name + ".dat"));
}

std::map<std::string, std::string> messages() {
  std::map<std::string, std::string> out;
  for (const auto& entry : std::filesystem::directory_iterator(root / "tests" / "torture")) {
    if (entry.path().extension() == ".dat") out[entry.path().stem().string()] = read_file(entry.path());
  }
  return out;
}

std::vector<std::string> cells(std::string_view line) {
  std::vector<std::string> out;
  while (!line.empty()) {
    const std::size_t bar = std::min(line.find('|'), line.size());
    out.emplace_back(text::trim(line.substr(0, bar)));
    line.remove_prefix(std::min(bar + 1, line.size()));
  }
  return out;
}

// Name → outcome, of every table row that begins with a name in backquotes.
std::map<std::string, std::string> table() {
  std::map<std::string, std::string> out;
  std::ifstream in(root / "docs" / "sip-torture.md");
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with("| `")) continue;
    const auto row = cells(std::string_view(line).substr(1));
    if (row.size() < 5) {
      ADD_FAILURE() << "not five cells: " << line;
      continue;
    }
    EXPECT_FALSE(row[2].empty()) << line;
    EXPECT_TRUE(out.emplace(row[0].substr(1, row[0].size() - 2), row[3]).second) << line;
  }
  return out;
}

std::string outcome(const std::string& bytes) {
  std::optional<Message> request;
  const auto m = Message::parse(bytes, &request);
  if (m) return "accepted";
  const ParseErrorInfo& why = info(m.error());
  return std::string(why.name) + ", " + (request ? std::to_string(why.status) : "dropped");
}

TEST(Torture, TableAndParserAgree) {
  const auto rows = table();
  const auto files = messages();
  EXPECT_EQ(files.size(), 49u + 12u);
  EXPECT_EQ(rows.size(), files.size());
  for (const auto& [name, bytes] : files) {
    const auto row = rows.find(name);
    ASSERT_NE(row, rows.end()) << name << " is not in the table";
    EXPECT_EQ(outcome(bytes), row->second) << name;
  }
}

TEST(Torture, WhatIsAcceptedComesOutTheSame) {
  for (const auto& [name, bytes] : messages()) {
    const auto m = Message::parse(bytes);
    if (!m) continue;
    const auto again = Message::parse(m->serialize());
    ASSERT_TRUE(again) << name;
    EXPECT_EQ(*again, *m) << name;
    EXPECT_EQ(again->serialize(), m->serialize()) << name;
  }
}

TEST(Torture, AnswersCanBeParsed) {
  for (const auto& [name, bytes] : messages()) {
    std::optional<Message> request;
    const auto m = Message::parse(bytes, &request);
    if (m || !request) continue;
    const ParseErrorInfo& why = info(m.error());
    const std::string answer = Message::response(*request, why.status, why.reason).serialize();
    EXPECT_EQ(answer.find("SIP/2.0 "), 0u) << name;
    EXPECT_NE(answer.find("\r\n\r\n"), std::string::npos) << name;
  }
}

TEST(Torture, ShortTortuousInvite) {
  const auto m = Message::parse(torture("wsinv"));
  ASSERT_TRUE(m);
  EXPECT_TRUE(m->uri()->params.has("unknownparam"));
  EXPECT_EQ(m->to_tag(), "1918181833n");
  EXPECT_EQ(m->from_tag(), "98asjd8");
  EXPECT_EQ(m->from()->display_name(), "J Rosenberg \\\"");
  EXPECT_EQ(m->max_forwards(), 68u);
  EXPECT_EQ(m->cseq(), (CSeq{9, Method::invite, "INVITE"}));
  EXPECT_EQ(m->top_via()->host, "192.0.2.2");
  EXPECT_EQ(m->top_branch(), "390skdjuw");
  EXPECT_EQ(m->header(HeaderId::subject), "");
  EXPECT_EQ(m->header("NewFangledHeader"), "newfangled value\r\n continued newfangled value");
  EXPECT_EQ(m->header("UnknownHeaderWithUnusualValue"), ";;,,;;,;");
  std::vector<std::string> branches;
  for (const auto value : m->values(HeaderId::via)) branches.emplace_back(Via::parse(value).value_or(Via()).branch());
  EXPECT_EQ(branches, (std::vector<std::string>{"390skdjuw", "z9hG4bK9ikj8", "z9hG4bK30239"}));
  EXPECT_EQ(m->contact()->display_name(), "Quoted string \"\"");
  EXPECT_EQ(m->contact()->params.get("newparam"), "newvalue");
  EXPECT_EQ(contact_q(*m->contact()), 330);
  EXPECT_EQ(m->body().size(), 150u);
}

TEST(Torture, WideRangeOfCharacters) {
  using namespace std::string_view_literals;
  const auto m = Message::parse(torture("intmeth"));
  ASSERT_TRUE(m);
  EXPECT_EQ(m->method(), Method::other);
  EXPECT_EQ(m->method_name(), "!interesting-Method0123456789_*+`.%indeed'~");
  EXPECT_EQ(m->uri()->user, "1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*");
  EXPECT_EQ(m->uri()->password, "&it+has=1,weird!*pas$wo~d_too.(doesn't-it)");
  EXPECT_EQ(m->to()->display_name(), "BEL:\x07 NUL:\0 DEL:\x7f"sv);
  EXPECT_EQ(m->from_tag(), "_token~1'+`*%!-.");
}

TEST(Torture, Escapes) {
  const auto m = Message::parse(torture("esc01"));
  ASSERT_TRUE(m);
  EXPECT_EQ(unescape(m->uri()->user), "sips:user@example.com");
  EXPECT_EQ(unescape(m->from()->uri.user), "I have spaces");
  EXPECT_TRUE(equivalent(m->contact()->uri, *Uri::parse("sip:caller@host5.example.net;lr;name=value%25%34%31")));
  const auto other = Message::parse(torture("esc02"));
  ASSERT_TRUE(other);
  EXPECT_EQ(other->method(), Method::other);
  EXPECT_EQ(name_addrs(*other, HeaderId::contact)->size(), 2u);
}

TEST(Torture, AmbiguousPortIsPartOfTheAddress) {
  EXPECT_EQ(Message::parse(torture("port-ambiguous"))->uri()->port, 0);
  EXPECT_EQ(Message::parse(torture("port-unambiguous"))->uri()->port, 5070);
  EXPECT_EQ(Message::parse(torture("via-received-param-no-delim"))->top_via()->received(), "2001:db8::9:255");
}

TEST(Torture, TheFirstOfTwoRequestsIsWhole) {
  const auto m = Message::parse(torture("dblreq"));
  ASSERT_TRUE(m);
  EXPECT_EQ(m->method(), Method::register_);
  EXPECT_EQ(m->serialize().find("INVITE"), std::string::npos);
}

}  // namespace
}  // namespace junctor::sip
