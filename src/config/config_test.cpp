#include "config/config.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sstream>

#include "config/load.hpp"
#include "config/visitor.hpp"
#include "config/without_effect.hpp"

namespace junctor::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Parsed parse_text(std::string text, const Outside& outside = {}) {
  const Source source{"junctor.toml", std::move(text)};
  return parse({&source, 1}, outside);
}

std::vector<std::string> faults(const Parsed& parsed) {
  std::vector<std::string> out;
  for (const Fault& f : parsed.faults) out.push_back(to_string(f));
  return out;
}

std::vector<std::string> faults(std::string text) {
  return faults(parse_text(std::move(text)));
}

// ---- the example file ----

std::string example() {
  std::ifstream in(JUNCTOR_SOURCE_DIR "/junctor.example.toml");
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

/// "# words" is prose, "#key = value" and "#[[table]]" are settings that are
/// switched off.
std::string uncommented(const std::string& text) {
  std::stringstream in(text);
  std::string out;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with('#') && line.size() > 1 && line[1] != ' ' && line[1] != '#') line.erase(0, 1);
    out += line + "\n";
  }
  return out;
}

TEST(Example, IsTheDefaults) {
  const Parsed parsed = parse_text(example());
  EXPECT_THAT(faults(parsed), IsEmpty());
  EXPECT_EQ(parsed.config, Config{});
}

/// Every item of an array of tables becomes one with default values, but for
/// what has to be given.
void blank(Config& c) {
  for (User& u : c.users) u = User{.username = u.username, .password = u.password};
  for (Trunk& t : c.trunks) t = Trunk{.name = t.name, .host = t.host};
  for (Route& r : c.routes) r = Route{.name = r.name, .action = r.action, .targets = r.targets};
  for (Conference& x : c.conferences) x = Conference{.name = x.name};
  for (Queue& x : c.queues) x = Queue{.name = x.name};
  for (Ivr& x : c.ivr) x = Ivr{.name = x.name};
  for (RwiToken& x : c.rwi.tokens) x = RwiToken{.token = x.token};
  for (RwiContext& x : c.rwi.contexts) x = RwiContext{.name = x.name};
  for (Hotkey& x : c.rwi.smart_routing.hotkeys) x = Hotkey{.sequence = x.sequence};
  for (InDialogRule& x : c.rwi.smart_routing.in_dialog_rules) x = InDialogRule{.name = x.name, .method = x.method};
  for (LocalRule& x : c.rwi.local_rules) {
    for (LocalAction& a : x.actions) a = LocalAction{.action = a.action};
    x = LocalRule{.id = x.id, .actions = x.actions};
  }
}

TEST(Example, UncommentedIsStillTheDefaults) {
  const Parsed parsed = parse_text(uncommented(example()));
  EXPECT_THAT(faults(parsed), IsEmpty());
  Config expected = parsed.config;
  blank(expected);
  EXPECT_EQ(parsed.config, expected) << "an item's optional key shows another value than its default";
  Config lists_gone = parsed.config;
  for (auto clear : {+[](Config& c) { c.users.clear(), c.trunks.clear(), c.routes.clear(), c.conferences.clear(); },
                     +[](Config& c) { c.queues.clear(), c.ivr.clear(), c.rwi.tokens.clear(), c.rwi.contexts.clear(); },
                     +[](Config& c) { c.rwi.local_rules.clear(), c.rwi.smart_routing.hotkeys.clear(); },
                     +[](Config& c) { c.rwi.smart_routing.in_dialog_rules.clear(); }}) {
    clear(lists_gone);
  }
  EXPECT_EQ(lists_gone, Config{});
}

TEST(Example, NamesEveryKey) {
  const Parsed parsed = parse_text(uncommented(example()));
  for (std::string key : known_keys()) {
    for (std::size_t at = key.find("[]"); at != std::string::npos; at = key.find("[]")) key.replace(at, 2, "[0]");
    EXPECT_TRUE(parsed.positions.contains(key)) << key << " is missing in junctor.example.toml";
  }
}

// ---- reading ----

TEST(Config, EmptyFileIsTheDefaults) {
  EXPECT_EQ(parse_text("").config, Config{});
  EXPECT_THAT(faults(""), IsEmpty());
  EXPECT_EQ(parse({}, {}).config, Config{});
}

TEST(Config, ReadsEveryKindOfValue) {
  const Parsed parsed = parse_text(R"(
[hub]
data_dir = "/var/lib/junctor"
drain_secs = 5
[store]
sync = "full"
[network]
public_ip = ["192.0.2.1", "2001:db8::1"]
[sip]
udp = ["127.0.0.1:0"]
tcp = []
[[users]]
username = "1001"
password = "secret"
voicemail = false
forward = { busy = "voicemail:1001" }
[[trunks]]
name = "carrier"
host = "sip.carrier.example"
transport = "tcp"
numbers = ["+4930123456"]
sources = ["192.0.2.0/24"]
[[routes]]
name = "main"
priority = -5
match = { trunk = "carrier", to = "^\\+4930123456$", direction = "inbound" }
action = "ring"
targets = ["user:1001", { target = "browsers", delay_secs = 5, ring_secs = 10 }]
[[ivr]]
name = "main"
options = { 1 = "user:1001", 2 = "queue:support" }
[rwi]
orphan_hold_secs = 7
[[rwi.local_rules]]
id = "r"
[[rwi.local_rules.actions]]
action = "sequence"
actions = [{ action = "hangup" }, { action = "conditional", then = [{ action = "unhold" }] }]
)");
  EXPECT_THAT(faults(parsed), IsEmpty());
  const Config& c = parsed.config;
  EXPECT_EQ(c.hub.data_dir, "/var/lib/junctor");
  EXPECT_EQ(c.hub.drain_secs, seconds(5));
  EXPECT_EQ(c.store.sync, Sync::full);
  EXPECT_EQ(c.network.public_ip.size(), 2u);
  EXPECT_THAT(c.sip.udp, ElementsAre(Address{IpAddress::v4(127, 0, 0, 1), 0}));
  EXPECT_THAT(c.sip.tcp, IsEmpty());
  EXPECT_EQ(c.users.at(0).password.value, "secret");
  EXPECT_FALSE(c.users.at(0).voicemail);
  EXPECT_EQ(c.users.at(0).forward.busy, "voicemail:1001");
  EXPECT_EQ(c.trunks.at(0).transport, TrunkTransport::tcp);
  EXPECT_EQ(c.routes.at(0).priority, -5);
  EXPECT_EQ(c.routes.at(0).match.direction, MatchDirection::inbound);
  EXPECT_EQ(c.routes.at(0).targets.at(1), (RouteTarget{"browsers", seconds(5), seconds(10)}));
  EXPECT_EQ(c.ivr.at(0).options.at("2"), "queue:support");
  EXPECT_EQ(c.rwi.orphan_hold_secs, seconds(7));
  EXPECT_EQ(c.rwi.local_rules.at(0).actions.at(0).actions.at(1).then.at(0).action, "unhold");
}

TEST(Config, ReportsEveryFaultWithItsPlace) {
  EXPECT_THAT(faults("[hub]\n"
                     "data_dri = \"x\"\n"
                     "drain_secs = \"30\"\n"
                     "[rtp]\n"
                     "port_min = 70000\n"
                     "  workers = 1.5\n"
                     "[sipp]\n"),
              ElementsAre("junctor.toml:2:1: unknown key \"data_dri\" in [hub]; did you mean "
                          "\"data_dir\"?",
                          "junctor.toml:3:14: expected a whole number, found a string",
                          "junctor.toml:5:12: 70000 is out of range: 1024 to 65535",
                          "junctor.toml:6:13: expected a whole number, found a number with a "
                          "fraction",
                          "junctor.toml:7:2: unknown key \"sipp\"; did you mean \"sip\"?"));
}

TEST(Config, SyntaxFaultHasItsPlace) {
  const auto found = faults("[hub]\ndata_dir = \n");
  ASSERT_EQ(found.size(), 1u);
  EXPECT_THAT(found[0], HasSubstr("junctor.toml:2:"));
}

TEST(Config, LettersOutsideAsciiAreAFaultOutsideStrings) {
  EXPECT_THAT(faults("r\u00fcckruf = 1\n"), ElementsAre(HasSubstr("junctor.toml:1:2:")));
  EXPECT_THAT(faults("hub = \u00fc\n"), ElementsAre(HasSubstr("junctor.toml:1:7:")));
  EXPECT_THAT(faults("[?]\n"), ElementsAre(HasSubstr("junctor.toml:1:2:")));
  EXPECT_THAT(faults("# \u00fc\n[[users]]\nusername=\"a\"\npassword=\"b\"\ndisplay_name = \"J\u00fcrgen\"\n"),
              IsEmpty());
}

TEST(Config, RefusesWrongShapes) {
  EXPECT_THAT(faults("hub = 1\n"), ElementsAre("junctor.toml:1:7: expected a table, found a whole number"));
  EXPECT_THAT(faults("users = [1]\n"), ElementsAre("junctor.toml:1:9: expected tables, as in [[users]], "
                                                   "found an array"));
  EXPECT_THAT(faults("[users]\nusername = \"1\"\n"),
              ElementsAre(HasSubstr("expected tables, as in [[users]], found a table")));
  EXPECT_THAT(faults("[store]\nsync = \"never\"\n"),
              ElementsAre("junctor.toml:2:8: \"never\" is none of \"normal\", \"full\""));
  EXPECT_THAT(
      faults("[sip]\nudp = [\"0.0.0.0\", 1]\n"),
      ElementsAre(HasSubstr("2:8: \"0.0.0.0\" is not an address with a port"), HasSubstr("2:19: expected a string")));
  EXPECT_THAT(faults("[network]\nlocal_networks = [\"10.0.0.0/33\"]\n"), ElementsAre(HasSubstr("is not a network")));
}

TEST(Config, RequiredKeys) {
  EXPECT_THAT(faults("[[trunks]]\nhost = \"\"\n"), ElementsAre("junctor.toml:1:1: [[trunks]] needs \"name\"",
                                                               "junctor.toml:2:8: \"host\" must not be empty"));
}

TEST(Config, ChecksKeysAgainstEachOther) {
  EXPECT_THAT(faults("[rtp]\nport_min = 20001\nport_max = 10000\n"),
              ElementsAre(HasSubstr("2:12: must be even"), HasSubstr("3:12: is less than rtp.port_min"),
                          HasSubstr("3:12: must be odd")));
  EXPECT_THAT(faults("[[users]]\nusername = \"a\"\npassword = "
                     "\"x\"\n[[users]]\nusername = \"a\"\npassword = \"x\"\n"),
              ElementsAre("junctor.toml:5:12: \"a\" stands in users twice"));
  EXPECT_THAT(faults("[[users]]\nusername = \"a b\"\n"),
              ElementsAre(HasSubstr("needs \"password\" or \"ha1\""), HasSubstr("must not contain spaces")));
  EXPECT_THAT(faults("[sip]\ntls = [\"0.0.0.0:5061\"]\n"), ElementsAre(HasSubstr("needs sip.certificate_file")));
  EXPECT_THAT(faults("[[trunks]]\nname = \"a\"\nhost = \"h\"\ntransport = \"tls\"\n"),
              ElementsAre(HasSubstr("4:13: needs sip.tls")));
  EXPECT_THAT(faults("[[trunks]]\nname = \"a\"\nhost = \"h\"\ntls_verify = false\n"),
              ElementsAre(HasSubstr("the tls_ keys need transport")));
  EXPECT_THAT(faults("[sip]\ntls = [\"0.0.0.0:5061\"]\ncertificate_file = \"c\"\nprivate_key_file = \"k\"\n"
                     "[[trunks]]\nname = \"a\"\nhost = \"h\"\ntransport = \"tls\"\ntls_ca_file = \"x\"\n"
                     "[[trunks]]\nname = \"b\"\nhost = \"h:5071\"\ntransport = \"tls\"\n"),
              ElementsAre(HasSubstr("10:1: has other tls_ keys than trunk \"a\"")));
  EXPECT_THAT(faults("[network]\npublic_ip = [\"192.0.2.1\", \"192.0.2.2\"]\n"),
              ElementsAre("junctor.toml:2:27: at most one address per family"));
  EXPECT_THAT(faults("[speech]\nvoice = \"bob\"\n"), ElementsAre(HasSubstr("flite has the voices")));
  const std::string service = "[speech]\ndriver = \"http\"\n";
  EXPECT_THAT(faults(service), ElementsAre(HasSubstr("needs a URL here")));
  EXPECT_THAT(faults(service + "url = \"ftp://a/\"\n"), ElementsAre(HasSubstr("does not begin with")));
  EXPECT_THAT(faults(service + "url = \"ws://a/\"\n"), ElementsAre(HasSubstr("must begin with http:// or https://")));
  EXPECT_THAT(faults(service + "url = \"http://a/\"\nbody = \"x\"\n"), ElementsAre(HasSubstr("has no {text}")));
  EXPECT_THAT(faults(service + "url = \"http://a/{voice}\"\n"), ElementsAre(HasSubstr("wants a {voice}")));
  EXPECT_THAT(faults(service + "url = \"http://a/?t={text}\"\nauthorization = \"Bearer x\"\n"), IsEmpty());
  EXPECT_THAT(faults("[speech]\nurl = \"http://a/\"\n"), ElementsAre(HasSubstr("needs driver = \"http\"")));
  EXPECT_THAT(faults("[speech]\ncommand = [\"say\"]\n"), ElementsAre(HasSubstr("needs driver = \"command\"")));
  EXPECT_THAT(faults("[speech]\ndriver = \"command\"\n"), ElementsAre(HasSubstr("needs a program here")));
  EXPECT_THAT(faults("[speech]\ndriver = \"command\"\ncommand = [\"say\", \"{voice}\"]\n"),
              ElementsAre(HasSubstr("wants a {voice}")));
  EXPECT_THAT(faults("[features]\necho = \"9197\"\n"), ElementsAre(HasSubstr("is another feature's number")));
  EXPECT_THAT(faults("[[trunks]]\nname = \"a\"\nhost = \"h\"\nnumbers = "
                     "[\"+49\", \"49\"]\n"),
              ElementsAre("junctor.toml:4:19: \"49\" stands in trunks twice"));
  EXPECT_THAT(faults("[[rwi.tokens]]\ntoken = \"t\"\nscopes = [\"call.contrl\"]\n"),
              ElementsAre(HasSubstr("did you mean \"call.control\"")));
}

TEST(Config, ChecksThatAnEngineHasAnAddress) {
  EXPECT_THAT(faults("[transcription]\ncalls = true\n"), ElementsAre(HasSubstr("needs transcription.engine")));
  EXPECT_THAT(faults("[transcription]\nengine = \"vosk\"\n"), ElementsAre(HasSubstr("needs a URL here")));
  EXPECT_THAT(faults("[transcription]\nengine = \"deepgram\"\nurl = \"https://a/\"\n"),
              ElementsAre(HasSubstr("must begin with ws:// or wss://")));
  EXPECT_THAT(faults("[transcription]\nengine = \"deepgram\"\nurl = \"wss://a/\"\ncalls = true\n"), IsEmpty());
}

TEST(Config, EncryptionThatCanNeverBeAgreedOnIsAFault) {
  const std::string trunk = "[[trunks]]\nname = \"a\"\nhost = \"h\"\n",
                    tls =
                        "[sip]\ntls = [\"0.0.0.0:5061\"]\n"
                        "certificate_file = \"c\"\nprivate_key_file = \"k\"\n";
  const std::string user = "[[users]]\nusername = \"1\"\npassword = \"p\"\nsrtp = \"required\"\n";
  EXPECT_THAT(faults(user), ElementsAre("junctor.toml:4:8: \"required\" needs sip.tls, or rtp.srtp_over_plain_sip"));
  EXPECT_THAT(faults(tls + user), IsEmpty());
  EXPECT_THAT(faults("[rtp]\nsrtp_over_plain_sip = true\n" + user), IsEmpty());
  EXPECT_THAT(faults(tls + trunk + "srtp = \"required\"\n"), ElementsAre(HasSubstr("needs transport = \"tls\"")));
  EXPECT_THAT(faults(tls + trunk + "[rtp]\nsrtp = \"required\"\n"), ElementsAre(HasSubstr("needs transport")));
  EXPECT_THAT(faults(tls + trunk + "srtp = \"optional\"\n[rtp]\nsrtp = \"required\"\n"), IsEmpty());
  EXPECT_THAT(faults("[rtp]\nsrtp = \"must\"\n"), ElementsAre(HasSubstr("\"required\"")));
}

TEST(Config, HashesOfAnotherRealmAreAFault) {
  const std::string ha1 = "ha1 = { md5 = \"" + std::string(32, 'a') + "\", realm = \"junctor\" }\n";
  EXPECT_THAT(faults("[[users]]\nusername = \"a\"\n" + ha1), IsEmpty());
  EXPECT_THAT(faults("[hub]\nrealm = \"other\"\n[[users]]\nusername = \"a\"\n" + ha1),
              ElementsAre(HasSubstr("made for realm \"junctor\", but hub.realm is \"other\"")));
  EXPECT_THAT(faults("[[users]]\nusername = \"a\"\nha1 = { md5 = \"A\" }\n"),
              ElementsAre(HasSubstr("must be 32 lower-case hexadecimal digits")));
}

TEST(Config, SecretsFromFilesAndEnvironment) {
  const Outside outside{
      [](const std::string& name) { return name == "PW" ? std::optional<std::string>("from env") : std::nullopt; },
      [](const std::string& path) -> Result<std::string, std::string> {
        if (path == "/pw") return "from file\n";
        return fail(std::string("No such file or directory"));
      }};
  const Parsed good = parse_text(
      "[[users]]\nusername = \"a\"\npassword = \"${PW}\"\n[[users]]\nusername "
      "= \"b\"\npassword_file = \"/pw\"\n",
      outside);
  EXPECT_THAT(faults(good), IsEmpty());
  EXPECT_EQ(good.config.users[0].password.value, "from env");
  EXPECT_EQ(good.config.users[1].password.value, "from file");
  const Parsed bad = parse_text(
      "[[rwi.tokens]]\ntoken = \"${NO}\"\n[[rwi.tokens]]\ntoken_file = "
      "\"/no\"\n[[rwi.tokens]]\ntoken = "
      "\"x\"\ntoken_file = \"/pw\"\n[[rwi.tokens]]\nname = \"x\"",
      outside);
  EXPECT_THAT(faults(bad), ElementsAre("junctor.toml:2:9: the environment has no variable NO",
                                       "junctor.toml:4:14: cannot read \"/no\": No such file or directory",
                                       "junctor.toml:7:14: give either \"token\" or \"token_file\", not "
                                       "both",
                                       "junctor.toml:8:1: [[rwi.tokens]] needs \"token\""));
}

TEST(Config, LaterFilesOverrideKeysAndAppendItems) {
  const Source sources[] = {{"a.toml",
                             "[hub]\nrealm = \"one\"\ndrain_secs = 1\n[[users]]\nusername "
                             "= \"a\"\npassword = \"x\"\n"},
                            {"b.toml",
                             "[hub]\nrealm = \"two\"\n[[users]]\nusername = "
                             "\"a\"\npassword = \"x\"\n"}};
  const Parsed parsed = parse(sources, {});
  EXPECT_EQ(parsed.config.hub.realm, "two");
  EXPECT_EQ(parsed.config.hub.drain_secs, seconds(1));
  EXPECT_EQ(parsed.config.users.size(), 2u);
  EXPECT_THAT(faults(parsed), ElementsAre("b.toml:4:12: \"a\" stands in users twice"));
}

TEST(Config, OtherRoomsReportByKeyPath) {
  Parsed parsed = parse_text(
      "[[routes]]\nname = \"r\"\naction = \"ring\"\nmatch = { to = "
      "\"(\" }\ntargets = [\"x\"]\n");
  parsed.add_fault("routes[0].targets[0]", "no");
  parsed.add_fault("routes[0].match.to", "bad");
  parsed.add_fault("routes[0].on_no_answer", "beside");
  EXPECT_THAT(faults(parsed),
              ElementsAre("junctor.toml:1:1: beside", "junctor.toml:4:16: bad", "junctor.toml:5:12: no"));
}

TEST(Config, NeedsRestartNamesTheKeys) {
  Config a;
  Config b;
  EXPECT_THAT(needs_restart(a, b), IsEmpty());
  b.sip.udp.clear();
  b.rtp.port_max = 20001;
  b.hub.drain_secs = seconds(1);
  b.routes.push_back({});
  EXPECT_THAT(needs_restart(a, b), ElementsAre("sip.udp", "rtp.port_max"));
}

TEST(Config, SaysWhatNothingActsOnYet) {
  EXPECT_THAT(without_effect(parse_text("").config), IsEmpty());
  const Parsed parsed = parse_text(R"(
[[routes]]
name = "help"
action = "queue"
target = "help"
[[queues]]
name = "help"
[[rwi.contexts]]
name = "bot"
no_answer_action = "voicemail"
[rwi.smart_routing]
enabled = true
[rwi.smart_routing.dtmf]
log_to_cdr = true
[[rwi.smart_routing.dtmf.hotkeys]]
sequence = "*1"
action = "drop"
)");
  ASSERT_THAT(faults(parsed), IsEmpty());
  EXPECT_THAT(
      without_effect(parsed.config),
      ElementsAre("action \"queue\" of route \"help\": calls are refused with 501",
                  "no_answer_action \"voicemail\" of context \"bot\": the call goes to its no_answer_transfer_target",
                  "rwi.smart_routing.dtmf.hotkeys: keys pass as they come",
                  "rwi.smart_routing.dtmf.log_to_cdr: records have no keys",
                  "queues: calls for a queue are refused with 501"));
}

TEST(Config, NearestName) {
  const std::vector<std::string> known = {"udp", "tcp", "session_expires_secs"};
  EXPECT_EQ(nearest("upd", known), "udp");
  EXPECT_EQ(nearest("session_expire_sec", known), "session_expires_secs");
  EXPECT_EQ(nearest("frobnicate", known), "");
  EXPECT_EQ(nearest(std::string(100'000, 'x'), known), "");
}

// ---- files ----

class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "junctor-config-XXXXXX").string();
    path = mkdtemp(name.data());
  }
  ~Folder() { std::filesystem::remove_all(path); }
  void write(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories((path / name).parent_path());
    std::ofstream(path / name) << text;
  }
  std::filesystem::path path;
};

TEST(Load, ReadsConfDBesideTheFile) {
  const Folder folder;
  folder.write("main.toml", "[hub]\nrealm = \"one\"\n");
  folder.write("conf.d/20.toml", "[hub]\nrealm = \"three\"\n");
  folder.write("conf.d/10.toml", "[hub]\nrealm = \"two\"\n");
  folder.write("conf.d/30.toml~", "nonsense");
  const Parsed parsed = load((folder.path / "main.toml").string());
  EXPECT_THAT(faults(parsed), IsEmpty());
  EXPECT_EQ(parsed.config.hub.realm, "three");
}

TEST(Load, MissingFileIsAFault) {
  const Folder folder;
  const std::string path = (folder.path / "none.toml").string();
  EXPECT_THAT(faults(load(path)), ElementsAre(path + ": cannot be read: No such file or directory"));
}

}  // namespace
}  // namespace junctor::config
