#pragma once
// The configuration as typed values. A Config is immutable once loaded;
// `Snapshot` is what the hub passes around and swaps whole on reload. A
// default-made Config is what an empty file gives. Meaning, unit and reason of
// every key are in junctor.example.toml; names and bounds are in keys.cpp, and
// nowhere else. Loading is in load.hpp.
#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/address.hpp"
#include "base/time.hpp"

namespace junctor::config {

/// A password, PIN or token. It has no way to be printed; whoever needs the
/// text asks for `value`.
struct Secret {
  std::string value;

  bool empty() const { return value.empty(); }
  bool operator==(const Secret&) const = default;
};

struct Hub {
  std::string data_dir = "./data";
  std::vector<std::string> domains;  ///< empty: any domain is ours
  std::string realm = "junctor";
  seconds drain_secs{30};
  std::uint32_t node = 1;       ///< node prefix of every id
  std::uint32_t max_calls = 0;  ///< 0 = no limit but ports and memory
  bool operator==(const Hub&) const = default;
};

enum class Sync : std::uint8_t { normal, full };

struct Store {
  Sync sync = Sync::normal;
  bool operator==(const Store&) const = default;
};

struct NetworkTable {
  std::vector<IpAddress> public_ip;  ///< at most one per family
  std::vector<Network> local_networks = default_local_networks();
  bool operator==(const NetworkTable&) const = default;

  static std::vector<Network> default_local_networks();
};

struct Sip {
  std::vector<Address> udp = default_listen();  ///< port 0 = chosen by the system and printed at start
  std::vector<Address> tcp = default_listen();
  std::vector<Address> tls;
  std::string certificate_file;  ///< may be taken over anew by a reload, like the key
  std::string private_key_file;
  std::string ws_path = "/sip";              ///< empty: off
  seconds session_expires_secs{1800};        ///< RFC 4028 Session-Expires that we ask for
  seconds session_expires_min_secs{90};      ///< RFC 4028 Min-SE
  seconds register_expires_secs{3600};       ///< granted when the phone names none
  seconds register_expires_min_secs{60};     ///< below: 423
  seconds register_expires_max_secs{86400};  ///< above: shortened
  std::uint32_t contacts_max = 10;           ///< bindings per user
  std::uint32_t message_bytes_max = 65'535;  ///< one SIP message, headers and body
  std::uint32_t connections_max = 10'000;    ///< TCP and TLS together
  seconds connection_idle_secs{600};         ///< TCP and TLS without traffic
  bool operator==(const Sip&) const = default;

  static std::vector<Address> default_listen();  ///< 0.0.0.0:5060 and [::]:5060
};

/// Whether audio is encrypted; meanings are those of call::SrtpPolicy.
enum class Srtp : std::uint8_t { off, optional, required };
/// The same for one peer; `standard` is rtp.srtp.
enum class PeerSrtp : std::uint8_t { standard, off, optional, required };

struct Rtp {
  std::vector<IpAddress> address = {IpAddress{}, IpAddress{{}, Family::v6}};
  std::uint16_t port_min = 16'384;  ///< even
  std::uint16_t port_max = 32'767;  ///< odd: RTCP of the last pair
  std::uint32_t workers = 0;        ///< 0 = one per core
  std::uint16_t webrtc_port = 10'000;
  seconds timeout_secs{60};  ///< no RTP from a leg that should send: the call ends; 0 = never
  Srtp srtp = Srtp::optional;
  bool srtp_over_plain_sip = false;  ///< keys may be sent over UDP and TCP
  bool operator==(const Rtp&) const = default;
};

struct Http {
  std::vector<Address> listen = {Address{IpAddress::v4(127, 0, 0, 1), 8080}};
  std::string certificate_file;
  std::string private_key_file;
  std::string client_ca_file;  ///< not empty: whoever connects needs a certificate of it
  std::uint32_t connections_max = 10'000;
  bool operator==(const Http&) const = default;
};

enum class NoiseSuppression : std::uint8_t { off, low, moderate, high };

/// What is done with what a user or trunk says; its keys stand in the table of that.
struct VoiceProcessing {
  NoiseSuppression noise_suppression = NoiseSuppression::off;
  bool automatic_gain = false;
  bool events = false;  ///< key `voice_events`
  bool operator==(const VoiceProcessing&) const = default;
};

/// When events of [[users]] and [[trunks]] with `voice_events` come.
struct Voice {
  milliseconds silence_ms{3'000};    ///< nobody has spoken so long
  milliseconds dead_air_ms{10'000};  ///< there was no sound at all so long
  bool operator==(const Voice&) const = default;
};

/// H(username:realm:password) in lower-case hexadecimal (RFC 7616 §3.4.2),
/// empty when not given.
struct Ha1 {
  std::string md5;
  std::string sha256;
  std::string sha512_256;
  std::string realm;  ///< the realm that the hashes were made with; empty: taken
                      ///< to be hub.realm
  bool operator==(const Ha1&) const = default;

  bool empty() const { return md5.empty() && sha256.empty() && sha512_256.empty(); }
};

/// Destination strings (routing/destination.hpp), empty when not set.
struct Forward {
  std::string busy;
  std::string no_answer;
  std::string always;
  std::string unregistered;
  bool operator==(const Forward&) const = default;
};

struct User {
  std::string username;
  Secret password;  ///< either this or ha1
  Ha1 ha1;
  std::string display_name;
  bool voicemail = true;
  Forward forward;
  seconds ring_secs{25};
  PeerSrtp srtp = PeerSrtp::standard;
  VoiceProcessing voice;
  bool operator==(const User&) const = default;
};

enum class TrunkTransport : std::uint8_t { udp, tcp, tls };

struct Trunk {
  std::string name;
  std::string host;  ///< name (RFC 3263: SRV, then A/AAAA), address, or either
                     ///< with :port
  TrunkTransport transport = TrunkTransport::udp;
  bool register_ = false;  ///< key `register`
  seconds register_expires_secs{600};
  std::string username;
  Secret password;
  std::vector<std::string> numbers;
  std::vector<std::string> codecs = {"PCMA", "PCMU", "G722", "opus"};
  std::uint32_t max_calls = 0;       ///< 0 = unlimited
  std::vector<Network> sources;      ///< besides the addresses of `host`
  bool tls_verify = true;            ///< its certificate must be good, and for `host`
  std::string tls_ca_file;           ///< empty: what the system trusts
  std::string tls_certificate_file;  ///< shown to it; empty: sip.certificate_file
  std::string tls_private_key_file;
  PeerSrtp srtp = PeerSrtp::standard;
  VoiceProcessing voice;
  bool operator==(const Trunk&) const = default;
};

enum class MatchDirection : std::uint8_t { any, inbound, outbound, internal };

struct RouteMatch {
  std::string trunk;
  std::string to;    ///< regular expression (RE2), found anywhere unless anchored
  std::string from;  ///< likewise
  MatchDirection direction = MatchDirection::any;
  std::string method;
  bool operator==(const RouteMatch&) const = default;
};

enum class RouteAction : std::uint8_t { ring, dial, queue, ivr, voicemail, conference, rwi, reject, app };

struct RouteTarget {
  std::string target;
  seconds delay_secs{0};
  seconds ring_secs{0};  ///< 0 = until the route's no_answer_secs
  bool operator==(const RouteTarget&) const = default;
};

struct Route {
  std::string name;
  std::int32_t priority = 0;  ///< highest first, then order in the file
  RouteMatch match;
  RouteAction action = RouteAction::ring;
  std::string target;
  std::vector<RouteTarget> targets;
  std::uint32_t code = 480;
  seconds no_answer_secs{25};
  std::string on_no_answer;
  bool operator==(const Route&) const = default;
};

struct Features {
  std::string echo = "9196";
  std::string tone = "9197";
  std::string voicemail = "*97";
  std::string voicemail_any = "*98";
  std::string group_pickup = "*8";
  std::string directed_pickup = "**";  ///< a prefix: **EXT
  std::string park = "700";
  std::string park_first = "701";
  std::string park_last = "799";
  std::string hold_music = "builtin";  ///< or a file; empty: silence
  bool operator==(const Features&) const = default;
};

enum class SpeechDriver : std::uint8_t { none, flite, command, http };

struct Speech {
  SpeechDriver driver = SpeechDriver::flite;
  std::string voice;  ///< empty: the driver's usual one
  /// Program and arguments, in which {text} and {voice} are replaced. Without {text} it is on the standard input.
  std::vector<std::string> command;
  seconds timeout_secs{10};  ///< of the command, or of the service
  std::string url;           ///< of the service, in which {text} and {voice} are replaced
  std::string body;          ///< sent to it, likewise; empty, and no {text} in `url`: the text itself
  Secret authorization;      ///< the header of that name
  std::string ca_file;       ///< empty: what the system trusts
  bool operator==(const Speech&) const = default;
};

struct Security {
  std::uint32_t auth_failures_max = 20;  ///< per address and minute
  seconds block_secs{300};
  std::vector<std::string> scanner_agents = {"friendly-scanner", "sipvicious", "sipcli", "sip-scan", "VaxSIPUserAgent"};
  seconds nonce_secs{300};
  std::vector<std::string> md5_only_agents = {"baresip v0", "baresip v1", "baresip v2"};
  bool operator==(const Security&) const = default;
};

struct Records {
  std::uint32_t keep_days = 0;                ///< 0 = for ever
  seconds messages_secs{600};                 ///< how long after its end the messages of a call are kept
  std::uint32_t messages_bytes = 16'777'216;  ///< of the ring of last SIP messages, all calls together
  bool operator==(const Records&) const = default;
};

// ---- what acts on these tables comes with its feature; files that carry them
// are read and checked alike ----

struct RwiToken {
  std::string name;
  Secret token;
  std::vector<std::string> scopes;
  std::vector<std::string> contexts;
  std::vector<std::string> trunks;
  bool operator==(const RwiToken&) const = default;
};

enum class NoAnswerAction : std::uint8_t { hangup, transfer, play_tone, queue, ivr, voicemail, execute_rules };

struct RwiContext {
  std::string name;
  seconds no_answer_timeout_secs{30};
  NoAnswerAction no_answer_action = NoAnswerAction::hangup;
  std::string no_answer_transfer_target;
  bool operator==(const RwiContext&) const = default;
};

enum class DtmfHandling : std::uint8_t { passthrough, local_rules, smart_forward, rwi_controlled };
enum class HotkeyAction : std::uint8_t { forward_leg, forward_rwi, execute_rule, auto_reply, drop };
enum class HotkeyLeg : std::uint8_t { any, agent, customer };

struct Hotkey {
  std::string sequence;
  HotkeyAction action = HotkeyAction::forward_rwi;
  std::string rule_id;
  milliseconds inter_digit_ms{2000};
  HotkeyLeg leg = HotkeyLeg::any;
  bool consume = true;
  bool operator==(const Hotkey&) const = default;
};

enum class InDialogActionType : std::uint8_t { forward_leg, forward_rwi, auto_reply, execute_rule, drop };

struct InDialogAction {
  InDialogActionType type = InDialogActionType::forward_leg;
  bool wait_response = false;
  milliseconds timeout_ms{5000};
  std::uint32_t code = 200;
  std::string rule_id;
  bool operator==(const InDialogAction&) const = default;
};

struct InDialogRule {
  std::string name;
  std::int32_t priority = 0;
  bool enabled = true;
  std::string method;
  std::string content_type = "*/*";
  InDialogAction action;
  bool operator==(const InDialogRule&) const = default;
};

enum class RwiFallback : std::uint8_t { passthrough, execute_rules, auto_hangup };

struct SmartRouting {
  bool enabled = false;
  DtmfHandling dtmf_handling = DtmfHandling::passthrough;
  bool dtmf_log_to_cdr = false;
  std::vector<Hotkey> hotkeys;
  bool in_dialog_enabled = false;
  bool in_dialog_notify_rwi = false;
  std::vector<InDialogRule> in_dialog_rules;
  RwiFallback when_rwi_disconnected = RwiFallback::passthrough;
  std::vector<std::string> fallback_rules;
  bool operator==(const SmartRouting&) const = default;
};

struct RuleCondition {
  std::string field;
  std::string op = "eq";
  std::vector<std::string> value;  ///< one, or several for `in`
  bool operator==(const RuleCondition&) const = default;
};

/// One step of a local rule; which members matter depends on `action`.
struct LocalAction {
  std::string action;
  std::string destination;
  std::string caller_id;
  seconds timeout_secs{30};
  bool bridge = true;
  std::string call_id;
  std::string target;
  std::string reason;
  std::uint32_t code = 0;
  std::string audio_file;
  bool loop = false;
  bool wait = true;
  std::string leg;
  std::string digits;
  std::string conf_id;
  bool create = true;
  std::string queue;
  std::string number;
  seconds max_secs{3600};
  bool beep = true;
  std::string music;
  std::string content_type;
  std::string body;
  std::string event;
  bool continue_on_error = false;
  RuleCondition condition;
  std::vector<LocalAction> actions;
  std::vector<LocalAction> then;
  std::vector<LocalAction> else_;  ///< key `else`
  bool operator==(const LocalAction&) const = default;
};

struct LocalRule {
  std::string id;
  bool enabled = true;
  std::vector<LocalAction> actions;
  bool operator==(const LocalRule&) const = default;
};

/// Transfers that a program asks for.
struct RwiTransfer {
  bool refer_enabled = true;  ///< blind ones by REFER, where the far end takes it
  bool attended_enabled = true;
  bool three_pcc_fallback_enabled = true;  ///< the hub calls the target itself where REFER is refused
  seconds refer_timeout_secs{30};          ///< until the far end has told how its REFER ended
  seconds three_pcc_timeout_secs{60};      ///< how long the target rings when the hub calls it
  std::uint32_t max_concurrent_transfers = 1000;
  bool operator==(const RwiTransfer&) const = default;
};

struct Rwi {
  bool enabled = true;
  std::uint32_t max_connections = 2000;
  std::uint32_t max_calls_per_connection = 200;
  seconds orphan_hold_secs{30};
  std::uint32_t originate_rate_limit = 10;
  std::vector<RwiToken> tokens;
  std::vector<RwiContext> contexts;
  RwiTransfer transfer;
  SmartRouting smart_routing;
  std::vector<LocalRule> local_rules;
  std::vector<std::string> passthrough_inbound;   ///< [rwi.sip_header_passthrough] inbound
  std::vector<std::string> passthrough_outbound;  ///< likewise outbound
  bool operator==(const Rwi&) const = default;
};

struct Conference {
  std::string name;
  std::vector<std::string> numbers;
  Secret pin;
  Secret moderator_pin;
  std::uint32_t max_members = 0;
  bool record = false;
  bool tones = true;
  bool operator==(const Conference&) const = default;
};

enum class QueueStrategy : std::uint8_t {
  ring_all,
  longest_idle,
  round_robin,
  fewest_calls,
  least_talk,
  random,
  priority,
  skills
};

struct Queue {
  std::string name;
  std::vector<std::string> agents;
  QueueStrategy strategy = QueueStrategy::longest_idle;
  seconds ring_secs{20};
  seconds wrap_up_secs{10};
  seconds max_wait_secs{0};
  std::uint32_t max_length = 0;
  std::string music;
  std::string overflow;
  bool operator==(const Queue&) const = default;
};

struct Ivr {
  std::string name;
  std::string prompt;
  std::string text;
  std::map<std::string, std::string> options;  ///< digits → destination
  seconds timeout_secs{5};
  std::uint32_t retries = 3;
  std::string on_timeout;
  std::string on_invalid;
  bool operator==(const Ivr&) const = default;
};

enum class RecordingLayout : std::uint8_t { mono, stereo, per_leg };
enum class RecordingFormat : std::uint8_t { wav, opus };

struct Recording {
  std::string dir;     ///< empty: data_dir/recordings
  bool calls = false;  ///< every call between two parties, from its answer on
  RecordingLayout layout = RecordingLayout::stereo;
  RecordingFormat format = RecordingFormat::wav;
  seconds max_secs{0};   ///< 0: no bound
  seconds beep_secs{0};  ///< between two beeps; 0: none
  std::uint32_t keep_days = 0;
  bool operator==(const Recording&) const = default;
};

enum class TranscriptionEngine : std::uint8_t { none, deepgram, vosk };

struct Transcription {
  TranscriptionEngine engine = TranscriptionEngine::none;
  std::string url;       ///< ws:// or wss://
  Secret token;          ///< empty: none is needed
  std::string language;  ///< empty: the engine's own choice
  bool calls = false;    ///< every call between two parties, from its answer on
  bool interim = true;   ///< partial results, too
  std::string ca_file;   ///< empty: what the system trusts
  bool operator==(const Transcription&) const = default;
};

struct Voicemail {
  seconds max_secs{180};
  seconds min_secs{2};
  std::uint32_t max_messages = 100;
  std::uint32_t keep_days = 0;
  bool operator==(const Voicemail&) const = default;
};

struct Metrics {
  std::vector<Network> allow = default_allow();
  bool operator==(const Metrics&) const = default;

  static std::vector<Network> default_allow();  ///< loopback of both families
};

struct Browser {
  seconds session_secs{60};
  bool operator==(const Browser&) const = default;
};

struct Config {
  Hub hub;
  Store store;
  NetworkTable network;
  Sip sip;
  Rtp rtp;
  Voice voice;
  Http http;
  Security security;
  Records records;
  Features features;
  Speech speech;
  std::vector<User> users;
  std::vector<Trunk> trunks;
  std::vector<Route> routes;
  Rwi rwi;
  std::vector<Conference> conferences;
  std::vector<Queue> queues;
  std::vector<Ivr> ivr;
  Recording recording;
  Transcription transcription;
  Voicemail voicemail;
  Metrics metrics;
  Browser browser;
  bool operator==(const Config&) const = default;
};

using Snapshot = std::shared_ptr<const Config>;

/// What holds for a user or trunk that has this.
Srtp srtp_of(const Config& config, PeerSrtp peer);

/// The keys ("sip.udp", "rtp.port_min", …) that differ and that a running hub
/// cannot take over; empty when a reload can apply everything.
std::vector<std::string> needs_restart(const Config& before, const Config& after);

/// Every key that a file may contain, as "hub.data_dir", "users[].username", in
/// the order of keys.cpp.
std::vector<std::string> known_keys();

}  // namespace junctor::config
