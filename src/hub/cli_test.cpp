#include "hub/cli.hpp"

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <thread>
#include <unistd.h>

#include "hub/cli_commands.hpp"
#include "hub/cli_doctor.hpp"
#include "hub/cli_pcap.hpp"
#include "hub/cli_table.hpp"
#include "net/test_certificates.hpp"
#include "store/database.hpp"

namespace junctor::hub::cli {
namespace {

using ::testing::Contains;
using ::testing::Each;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::StartsWith;

Invocation parse_words(std::vector<const char*> words) {
  words.insert(words.begin(), "junctor");
  return parse(static_cast<int>(words.size()), words.data());
}

template <class Command>
Command as(const Invocation& invocation) {
  const auto* command = std::get_if<Command>(&invocation);
  EXPECT_NE(command, nullptr);
  return command == nullptr ? Command{} : *command;
}

int done(const Invocation& invocation) {
  return as<Done>(invocation).exit_code;
}

TEST(CommandLine, Words) {
  EXPECT_EQ(as<cli::Run>(parse_words({"run", "--config", "x.toml", "--log-format", "json"})).config, "x.toml");
  EXPECT_TRUE(as<cli::Run>(parse_words({"run", "--log-format", "json"})).json_log);
  EXPECT_EQ(as<cli::Run>(parse_words({"run", "--log-level", "debug"})).log_level, LogLevel::debug);
  EXPECT_EQ(as<Check>(parse_words({"check"})).config, std::nullopt);
  EXPECT_EQ(as<Status>(parse_words({"status", "--data", "/d", "--json"})).where.data, "/d");
  EXPECT_EQ(as<Status>(parse_words({"status", "--json"})).output, Output::json);
  EXPECT_EQ(as<CallsList>(parse_words({"calls"})).output, Output::people);
  EXPECT_EQ(as<CallsList>(parse_words({"calls", "--json"})).output, Output::json);
  EXPECT_EQ(as<CallsList>(parse_words({"calls", "list", "--json"})).output, Output::json);
  const auto show = as<CallsShow>(parse_words({"calls", "show", "n1-1-1", "--messages", "--pcap", "f"}));
  EXPECT_EQ(show.id, "n1-1-1");
  EXPECT_TRUE(show.messages);
  EXPECT_EQ(show.pcap, "f");
  EXPECT_EQ(as<CallsHangup>(parse_words({"calls", "hangup", "n1-1-1"})).id, "n1-1-1");
  EXPECT_EQ(as<RecordsList>(parse_words({"records", "--limit", "5"})).limit, 5u);
  EXPECT_EQ(as<RecordsList>(parse_words({"records", "list", "--number", "1001"})).number, "1001");
  EXPECT_EQ(as<RecordsShow>(parse_words({"records", "show", "x"})).id, "x");
  as<Registrations>(parse_words({"registrations"}));
  as<Trunks>(parse_words({"trunks"}));
  EXPECT_EQ(as<RouteExplain>(parse_words({"route", "explain", "--from", "1", "--to", "2", "--trunk", "t"})).trunk, "t");
  as<Reload>(parse_words({"reload"}));
  EXPECT_EQ(as<Drain>(parse_words({"drain"})).timeout_secs, std::nullopt);
  EXPECT_EQ(as<Drain>(parse_words({"drain", "--timeout", "0"})).timeout_secs, 0u);
  const auto add = as<User>(parse_words({"user", "add", "1001", "--display-name", "Alice", "--password-file", "-"}));
  EXPECT_EQ(add.change, UserChange::add);
  EXPECT_EQ(add.display_name, "Alice");
  EXPECT_EQ(as<User>(parse_words({"user", "remove", "1001"})).change, UserChange::remove);
  EXPECT_EQ(as<User>(parse_words({"user", "passwd", "1001"})).change, UserChange::passwd);
  as<Doctor>(parse_words({"doctor"}));
  EXPECT_EQ(as<Version>(parse_words({"version", "--json"})).output, Output::json);
}

TEST(CommandLine, HelpAtEveryLevelIsNoError) {
  for (const std::vector<const char*>& words : std::vector<std::vector<const char*>>{
           {"--help"}, {"run", "--help"}, {"calls", "--help"}, {"calls", "show", "--help"}, {"user", "add", "-h"}}) {
    EXPECT_EQ(done(parse_words(words)), exit_ok);
  }
}

TEST(CommandLine, UsageErrors) {
  for (const std::vector<const char*>& words :
       std::vector<std::vector<const char*>>{{},
                                             {"frobnicate"},
                                             {"calls", "show"},
                                             {"route"},
                                             {"user"},
                                             {"route", "explain", "--from", "1"},
                                             {"run", "--log-format", "xml"},
                                             {"records", "--limit", "0"},
                                             {"drain", "--timeout", "x"}}) {
    EXPECT_EQ(done(parse_words(words)), exit_usage);
  }
}

TEST(Table, AlignsAndShowsNoControlCharacters) {
  EXPECT_EQ(table({"A", "LONG"}, {{"J\xC3\xBCrgen", "x"}, {"a\x1B[2J", ""}}, "none"),
            "A       LONG\n"
            "J\xC3\xBCrgen  x\n"
            "a?[2J\n");
  EXPECT_EQ(table({"A"}, {}, "none"), "none\n");
}

std::uint32_t at(const std::string& bytes, std::size_t offset, int count) {
  std::uint32_t value = 0;
  for (int i = 0; i < count; ++i)
    value = value << 8 | static_cast<unsigned char>(bytes[offset + static_cast<std::size_t>(i)]);
  return value;
}

/// The one's complement sum over `bytes`; 0xFFFF when a checksum inside is right.
std::uint32_t sum(const std::string& bytes) {
  std::uint32_t total = 0;
  for (std::size_t i = 0; i < bytes.size(); i += 2) {
    total += at(bytes + '\0', i, 2);
  }
  while (total >> 16 != 0) total = (total & 0xFFFF) + (total >> 16);
  return total;
}

TEST(Pcap, PacketsHaveRightHeaders) {
  const std::string file =
      pcap({{1'700'000'000'123, *Address::parse("192.0.2.1:5060"), *Address::parse("192.0.2.2:5070"), "BYE"},
            {0, *Address::parse("[2001:db8::1]:5060"), *Address::parse("0.0.0.0:5061"), "ACK x"}});
  EXPECT_EQ(file.substr(0, 4), "\xD4\xC3\xB2\xA1");
  EXPECT_EQ(file[20], 101);  // LINKTYPE_RAW
  constexpr std::size_t first = 24 + 16;
  EXPECT_EQ(file[24 + 8], 31);
  EXPECT_EQ(at(file, first, 1), 0x45u);
  EXPECT_EQ(at(file, first + 2, 2), 31u);
  EXPECT_EQ(sum(file.substr(first, 20)), 0xFFFFu);
  EXPECT_EQ(at(file, first + 20, 2), 5060u);
  EXPECT_EQ(at(file, first + 22, 2), 5070u);
  EXPECT_EQ(file.substr(first + 28, 3), "BYE");
  const std::string pseudo4 = file.substr(first + 12, 8) + std::string("\0\x11\0\x0B", 4);
  EXPECT_EQ(sum(pseudo4 + file.substr(first + 20, 11)), 0xFFFFu);

  constexpr std::size_t second = first + 31 + 16;
  EXPECT_EQ(at(file, second, 1), 0x60u);
  EXPECT_EQ(at(file, second + 4, 2), 13u);
  EXPECT_EQ(at(file, second + 24, 4), 0u);  // the wildcard took the peer's family
  const std::string pseudo6 = file.substr(second + 8, 32) + std::string("\0\0\0\x0D\0\0\0\x11", 8);
  EXPECT_EQ(sum(pseudo6 + file.substr(second + 40, 13)), 0xFFFFu);
  EXPECT_EQ(file.size(), second + 53);
}

// ---- commands, against a folder and a hub that speaks from a script ----

class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "junctor-cli-XXXXXX").string();
    path = mkdtemp(name.data());
  }
  ~Folder() { std::filesystem::remove_all(path); }
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(path / name) << text;
    return (path / name).string();
  }
  Where where() const { return {write("junctor.toml", "[hub]\ndata_dir = \"" + path.string() + "\"\n"), std::nullopt}; }
  std::filesystem::path path;
};

/// Answers each line on the folder's control socket with the next scripted one.
class ScriptedHub {
 public:
  ScriptedHub(const Folder& folder, std::vector<std::string> answers) : answers_(std::move(answers)) {
    listener_ = ::socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strcpy(address.sun_path, (folder.path / control_socket_name).c_str());
    ::bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address);
    ::listen(listener_, 1);
    thread_ = std::thread([this] { serve(); });
  }
  ~ScriptedHub() {
    thread_.join();
    ::close(listener_);
  }
  std::vector<std::string> heard;

 private:
  void serve() {
    const int fd = ::accept(listener_, nullptr, nullptr);
    std::string pending;
    for (const std::string& answer : answers_) {
      while (!pending.contains('\n')) {
        char chunk[4096];
        const ssize_t n = ::recv(fd, chunk, sizeof chunk, 0);
        if (n <= 0) break;
        pending.append(chunk, static_cast<std::size_t>(n));
      }
      heard.push_back(pending.substr(0, pending.find('\n')));
      pending.erase(0, pending.find('\n') + 1);
      const std::string line = answer + "\n";
      ::send(fd, line.data(), line.size(), MSG_NOSIGNAL);
    }
    ::close(fd);
  }
  int listener_ = -1;
  std::vector<std::string> answers_;
  std::thread thread_;
};

std::string completed(const std::string& data) {
  return R"({"type":"command_completed","status":"success","data":)" + data + "}";
}

struct Commands : ::testing::Test {
  Folder folder;
  std::string out;

  template <class Command>
  int carry(const Command& command) {
    ::testing::internal::CaptureStdout();
    ::testing::internal::CaptureStderr();
    const int code = carry_out(command);
    out = ::testing::internal::GetCapturedStdout() + ::testing::internal::GetCapturedStderr();
    return code;
  }
};

TEST_F(Commands, WithoutAHubTheyExitWith4) {
  EXPECT_EQ(carry(Status{folder.where(), Output::people}), exit_not_running);
  EXPECT_THAT(out, StartsWith("no hub is running with the data folder"));
}

TEST_F(Commands, WithAFaultyConfigurationTheyExitWith3) {
  const std::string file = folder.write("bad.toml", "[hub]\nrelm = \"x\"\n");
  EXPECT_EQ(carry(Status{{file, std::nullopt}, Output::people}), exit_config);
  EXPECT_THAT(out, HasSubstr("bad.toml:2:1: unknown key \"relm\" in [hub]; did you mean \"realm\"?"));
  EXPECT_EQ(carry(Check{file}), exit_config);
  EXPECT_THAT(out, HasSubstr("bad.toml:2:1:"));
}

TEST_F(Commands, CheckSeesWhatRoutingSees) {
  const std::string file = folder.write(
      "r.toml", "[[routes]]\nname = \"r\"\naction = \"dial\"\ntarget = \"user:1\"\nmatch = { to = \"(\" }\n");
  EXPECT_EQ(carry(Check{file}), exit_config);
  EXPECT_THAT(out, HasSubstr("r.toml:4:10: "));
  EXPECT_THAT(out, HasSubstr("r.toml:5:16: bad regular expression"));
}

TEST_F(Commands, ListsReadEveryPage) {
  ScriptedHub hub(folder, {completed(R"({"items":[{"user":"1001","expires_secs":5}],"next_cursor":"1"})"),
                           completed(R"({"items":[{"user":"1002"}],"next_cursor":null})")});
  EXPECT_EQ(carry(Registrations{folder.where(), Output::people}), exit_ok);
  EXPECT_THAT(out, HasSubstr("1001"));
  EXPECT_THAT(out, HasSubstr("1002"));
}

TEST_F(Commands, RefusalsAreShown) {
  ScriptedHub hub(folder,
                  {R"({"type":"command_failed","status":"error","code":"not_found","error":"no such call: x"})"});
  EXPECT_EQ(carry(CallsHangup{folder.where(), "x"}), exit_failure);
  EXPECT_EQ(out, "no such call: x\n");
}

TEST_F(Commands, MessagesAndCapture) {
  const std::string pcap_file = (folder.path / "c.pcap").string();
  ScriptedHub hub(
      folder,
      {completed(
          R"({"id":"n1-1-1","state":"ended","legs":[],"messages":[{"at":"2026-08-25T10:00:00.123Z","sent":true,"transport":"udp","local":"10.0.0.1:5060","remote":"10.0.0.2:5060","text":"BYE sip:x SIP/2.0\r\nTo: y"}]})")});
  EXPECT_EQ(carry(CallsShow{folder.where(), Output::people, "n1-1-1", true, pcap_file}), exit_ok);
  EXPECT_THAT(out, HasSubstr("10.0.0.1:5060 -> 10.0.0.2:5060\n  BYE sip:x SIP/2.0\n  To: y\n"));
  std::ifstream in(pcap_file, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(in), {}};
  EXPECT_EQ(bytes, pcap({{1'787'652'000'123, *Address::parse("10.0.0.1:5060"), *Address::parse("10.0.0.2:5060"),
                          "BYE sip:x SIP/2.0\r\nTo: y"}}));
}

TEST_F(Commands, ReloadShowsFaultsAndWhatWaits) {
  {
    ScriptedHub hub(folder, {completed(R"({"faults":[],"needs_restart":["sip.udp"]})")});
    EXPECT_EQ(carry(Reload{folder.where()}), exit_ok);
    EXPECT_THAT(out, HasSubstr("waiting for the next start: sip.udp"));
  }
  std::filesystem::remove(folder.path / control_socket_name);
  ScriptedHub hub(folder, {completed(R"({"faults":["f:1:2: x"],"needs_restart":[]})")});
  EXPECT_EQ(carry(Reload{folder.where()}), exit_config);
  EXPECT_THAT(out, HasSubstr("f:1:2: x\nnothing was changed"));
}

TEST_F(Commands, UsersWithoutAHubGoIntoTheDatabase) {
  const Where where = folder.where();
  const std::string password = folder.write("pw", "secret\n");
  const auto user = [&](UserChange change, const std::string& name) {
    return carry(User{where, change, name, "Alice", password});
  };
  EXPECT_EQ(user(UserChange::passwd, "1001"), exit_failure);
  EXPECT_EQ(user(UserChange::add, "10 01"), exit_failure);
  EXPECT_EQ(user(UserChange::add, "1001"), exit_ok);
  EXPECT_EQ(user(UserChange::add, "1001"), exit_failure);
  const auto users = [&] {
    return store::Database::open((folder.path / "junctor.db").string(), store::Sync::normal)->load_users().value();
  };
  ASSERT_EQ(users().size(), 1u);
  EXPECT_EQ(users()[0].display_name, "Alice");
  EXPECT_EQ(users()[0].ha1_md5, "71dc09a054053f88468badf03322807d") << "H(1001:junctor:secret)";
  folder.write("pw", "other\n");
  EXPECT_EQ(user(UserChange::passwd, "1001"), exit_ok);
  EXPECT_EQ(user(UserChange::remove, "1001"), exit_ok);
  EXPECT_TRUE(users().empty());
  EXPECT_EQ(user(UserChange::remove, "1001"), exit_failure);
}

TEST_F(Commands, VersionNamesItself) {
  EXPECT_EQ(carry(Version{Output::json}), exit_ok);
  EXPECT_THAT(out, HasSubstr("\"version\":"));
}

// ---- doctor ----

config::Config loopback_config() {
  config::Config c;
  c.sip.udp = {*Address::parse("127.0.0.1:0")};
  c.sip.tcp = {};
  c.http.listen = {};
  c.rtp.address = {IpAddress::v4(127, 0, 0, 1)};
  return c;
}

TEST(DoctorTest, SeesTakenPorts) {
  const int fd = ::socket(AF_INET, SOCK_DGRAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  ASSERT_EQ(::bind(fd, reinterpret_cast<const sockaddr*>(&address), length), 0);
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length);
  config::Config c = loopback_config();
  c.sip.udp.push_back({IpAddress::v4(127, 0, 0, 1), ntohs(address.sin_port)});
  Findings findings;
  examine_listeners(c, Hub::stopped, findings);
  ASSERT_EQ(findings.size(), 2u);
  EXPECT_EQ(findings[0].health, Health::ok);
  EXPECT_EQ(findings[1].health, Health::fault);
  findings.clear();
  examine_listeners(c, Hub::running, findings);
  EXPECT_THAT(findings, Each(Field(&Finding::health, Health::ok)));
  c.sip.udp = {*Address::parse("192.0.2.1:5060")};
  findings.clear();
  examine_listeners(c, Hub::stopped, findings);
  EXPECT_THAT(findings.at(0).text, HasSubstr("no address of this machine"));
  ::close(fd);
}

TEST(DoctorTest, ACertificateIsLookedAtFromAllSides) {
  const net::TestFolder folder;
  const net::TestCa ca(folder, "ca");
  const auto health = [&](const net::TestCertificate& what, std::vector<std::string> domains = {}) {
    const net::TlsIdentity made = ca.issue("hub", what);
    config::Config c = loopback_config();
    c.hub.domains = std::move(domains);
    c.sip.certificate_file = made.certificate_file;
    c.sip.private_key_file = made.private_key_file;
    Findings findings;
    examine_certificates(c, findings);
    return findings.front();
  };
  EXPECT_THAT(health({}).text, StartsWith("good for "));
  EXPECT_EQ(health({.alt_names = "DNS:example.org"}, {"example.org"}).health, Health::ok);
  EXPECT_THAT(health({.alt_names = "DNS:example.com"}, {"example.org"}).text, HasSubstr("does not name example.org"));
  EXPECT_THAT(health({.days_from = -9, .days_until = -2}).text, StartsWith("ended "));
  EXPECT_THAT(health({.days_until = 5}).text, StartsWith("ends in "));
  EXPECT_EQ(health({.days_from = 2}).text, "is not valid yet");
}

TEST(DoctorTest, EveryWarningSaysWhatToDo) {
  const Folder folder;
  config::Config c = loopback_config();
  c.network.public_ip = {IpAddress::v4(10, 1, 2, 3)};
  c.hub.data_dir = folder.write("file", "") + "/data";
  c.sip.certificate_file = folder.write("c.pem", "nonsense");
  c.sip.private_key_file = c.sip.certificate_file;
  c.rtp.workers = 256;
  Findings findings;
  examine_addresses(c, findings);
  examine_clock(findings);
  examine_limits(c, findings);
  examine_certificates(c, findings);
  examine_folders(c, findings);
  for (const Finding& f : findings) EXPECT_EQ(f.health == Health::ok, f.advice.empty()) << f.subject << ": " << f.text;
  EXPECT_THAT(findings, Contains(Field(&Finding::text, "holds no PEM certificate")));
  EXPECT_THAT(findings, Contains(Field(&Finding::text, HasSubstr("is no folder"))));
  EXPECT_THAT(findings, Contains(Field(&Finding::text, "is a private address")));
}

}  // namespace
}  // namespace junctor::hub::cli
