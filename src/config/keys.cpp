// The list of all keys: name, type (by the member), bound, and whether a reload
// can apply it. Defaults are the members' initialisers in config.hpp; meaning,
// unit and reason are in junctor.example.toml, which a test holds to this list.
#include "config/visitor.hpp"

namespace junctor::config {
namespace {

constexpr std::int64_t day_secs = 86'400;
constexpr std::int64_t year_secs = 366 * day_secs;
constexpr std::int64_t days_max = 36'500;
constexpr std::int64_t port_max = 65'535;

constexpr std::string_view recording_layout_words[] = {"mono", "stereo", "per_leg"};
constexpr std::string_view recording_format_words[] = {"wav", "opus"};
constexpr std::string_view sync_words[] = {"normal", "full"};
constexpr std::string_view transport_words[] = {"udp", "tcp", "tls"};
constexpr std::string_view srtp_words[] = {"off", "optional", "required"};
constexpr std::string_view peer_srtp_words[] = {"", "off", "optional", "required"};
constexpr std::string_view noise_words[] = {"off", "low", "moderate", "high"};
constexpr std::string_view speech_words[] = {"none", "flite", "command", "http"};
constexpr std::string_view transcription_words[] = {"none", "deepgram", "vosk"};
constexpr std::string_view direction_words[] = {"", "inbound", "outbound", "internal"};
constexpr std::string_view action_words[] = {"ring",       "dial", "queue",  "ivr", "voicemail",
                                             "conference", "rwi",  "reject", "app"};
constexpr std::string_view no_answer_words[] = {"hangup", "transfer",  "play_tone",    "queue",
                                                "ivr",    "voicemail", "execute_rules"};
constexpr std::string_view handling_words[] = {"passthrough", "local_rules", "smart_forward", "rwi_controlled"};
constexpr std::string_view hotkey_words[] = {"forward_leg", "forward_rwi", "execute_rule", "auto_reply", "drop"};
constexpr std::string_view leg_words[] = {"any", "agent", "customer"};
constexpr std::string_view in_dialog_words[] = {"forward_leg", "forward_rwi", "auto_reply", "execute_rule", "drop"};
constexpr std::string_view fallback_words[] = {"passthrough", "execute_rules", "auto_hangup"};
constexpr std::string_view strategy_words[] = {"ring_all",   "longest_idle", "round_robin", "fewest_calls",
                                               "least_talk", "random",       "priority",    "skills"};

void hub(Visitor& v, Hub& c) {
  v.key(Key("data_dir").at_start(), &c.data_dir);
  v.key(Key("domains").at_start(), &c.domains);
  v.key(Key("realm").at_start(), &c.realm);
  v.key(Key("drain_secs").between(0, day_secs), &c.drain_secs);
  v.key(Key("node").between(1, 9999).at_start(), &c.node);
  v.key("max_calls", &c.max_calls);
}

void sip(Visitor& v, Sip& c) {
  v.key(Key("udp").at_start(), &c.udp);
  v.key(Key("tcp").at_start(), &c.tcp);
  v.key(Key("tls").at_start(), &c.tls);
  v.key("certificate_file", &c.certificate_file);
  v.key("private_key_file", &c.private_key_file);
  v.key(Key("ws_path").at_start(), &c.ws_path);
  v.key(Key("session_expires_secs").between(90, day_secs), &c.session_expires_secs);
  v.key(Key("session_expires_min_secs").between(90, day_secs), &c.session_expires_min_secs);
  v.key(Key("register_expires_secs").between(1, year_secs).at_start(), &c.register_expires_secs);
  v.key(Key("register_expires_min_secs").between(1, year_secs).at_start(), &c.register_expires_min_secs);
  v.key(Key("register_expires_max_secs").between(1, year_secs).at_start(), &c.register_expires_max_secs);
  v.key(Key("contacts_max").between(1, 100).at_start(), &c.contacts_max);
  v.key(Key("message_bytes_max").between(4096, 1'048'576).at_start(), &c.message_bytes_max);
  v.key(Key("connections_max").between(1, 1'000'000).at_start(), &c.connections_max);
  v.key(Key("connection_idle_secs").between(10, day_secs).at_start(), &c.connection_idle_secs);
}

void rtp(Visitor& v, Rtp& c) {
  v.key(Key("address").at_start(), &c.address);
  v.key(Key("port_min").between(1024, port_max).at_start(), &c.port_min);
  v.key(Key("port_max").between(1024, port_max).at_start(), &c.port_max);
  v.key(Key("workers").between(0, 256).at_start(), &c.workers);
  v.key(Key("webrtc_port").between(0, port_max).at_start(), &c.webrtc_port);
  v.key(Key("timeout_secs").between(0, day_secs), &c.timeout_secs);
  v.choice("srtp", c.srtp, srtp_words);
  v.key("srtp_over_plain_sip", &c.srtp_over_plain_sip);
}

void voice_processing(Visitor& v, VoiceProcessing& c) {
  v.choice("noise_suppression", c.noise_suppression, noise_words);
  v.key("automatic_gain", &c.automatic_gain);
  v.key("voice_events", &c.events);
}

void user(Visitor& v, User& c) {
  v.key(Key("username").needed(), &c.username);
  v.key("password", &c.password);
  v.table("ha1", [&] {
    v.key("md5", &c.ha1.md5);
    v.key("sha256", &c.ha1.sha256);
    v.key("sha512_256", &c.ha1.sha512_256);
    v.key("realm", &c.ha1.realm);
  });
  v.key("display_name", &c.display_name);
  v.key("voicemail", &c.voicemail);
  v.table("forward", [&] {
    v.key("busy", &c.forward.busy);
    v.key("no_answer", &c.forward.no_answer);
    v.key("always", &c.forward.always);
    v.key("unregistered", &c.forward.unregistered);
  });
  v.key(Key("ring_secs").between(1, 600), &c.ring_secs);
  v.choice("srtp", c.srtp, peer_srtp_words);
  voice_processing(v, c.voice);
}

void trunk(Visitor& v, Trunk& c) {
  v.key(Key("name").needed(), &c.name);
  v.key(Key("host").needed(), &c.host);
  v.choice("transport", c.transport, transport_words);
  v.key("register", &c.register_);
  v.key(Key("register_expires_secs").between(60, day_secs), &c.register_expires_secs);
  v.key("username", &c.username);
  v.key("password", &c.password);
  v.key("numbers", &c.numbers);
  v.key("codecs", &c.codecs);
  v.key("max_calls", &c.max_calls);
  v.key("sources", &c.sources);
  v.key("tls_verify", &c.tls_verify);
  v.key("tls_ca_file", &c.tls_ca_file);
  v.key("tls_certificate_file", &c.tls_certificate_file);
  v.key("tls_private_key_file", &c.tls_private_key_file);
  v.choice("srtp", c.srtp, peer_srtp_words);
  voice_processing(v, c.voice);
}

void route(Visitor& v, Route& c) {
  v.key(Key("name").needed(), &c.name);
  v.key(Key("priority").between(-1'000'000, 1'000'000), &c.priority);
  v.table("match", [&] {
    v.key("trunk", &c.match.trunk);
    v.key("to", &c.match.to);
    v.key("from", &c.match.from);
    v.choice("direction", c.match.direction, direction_words);
    v.key("method", &c.match.method);
  });
  v.choice(Key("action").needed(), c.action, action_words);
  v.key("target", &c.target);
  v.key("targets", &c.targets);
  v.key(Key("code").between(300, 699), &c.code);
  v.key(Key("no_answer_secs").between(1, 3600), &c.no_answer_secs);
  v.key("on_no_answer", &c.on_no_answer);
}

void features(Visitor& v, Features& c) {
  v.key("echo", &c.echo);
  v.key("tone", &c.tone);
  v.key("voicemail", &c.voicemail);
  v.key("voicemail_any", &c.voicemail_any);
  v.key("group_pickup", &c.group_pickup);
  v.key("directed_pickup", &c.directed_pickup);
  v.key("park", &c.park);
  v.key("park_first", &c.park_first);
  v.key("park_last", &c.park_last);
  v.key("hold_music", &c.hold_music);
}

void speech(Visitor& v, Speech& c) {
  v.choice("driver", c.driver, speech_words);
  v.key("voice", &c.voice);
  v.key("command", &c.command);
  v.key(Key("timeout_secs").between(1, 60), &c.timeout_secs);
  v.key("url", &c.url);
  v.key("body", &c.body);
  v.key("authorization", &c.authorization);
  v.key("ca_file", &c.ca_file);
}

void security(Visitor& v, Security& c) {
  v.key(Key("auth_failures_max").between(1, 1'000'000).at_start(), &c.auth_failures_max);
  v.key(Key("block_secs").between(0, year_secs).at_start(), &c.block_secs);
  v.key(Key("scanner_agents").at_start(), &c.scanner_agents);
  v.key(Key("nonce_secs").between(10, day_secs).at_start(), &c.nonce_secs);
  v.key(Key("md5_only_agents").at_start(), &c.md5_only_agents);
}

void hotkey(Visitor& v, Hotkey& c) {
  v.key(Key("sequence").needed(), &c.sequence);
  v.choice(Key("action").needed(), c.action, hotkey_words);
  v.key("rule_id", &c.rule_id);
  v.key(Key("inter_digit_ms").between(100, 60'000), &c.inter_digit_ms);
  v.choice("leg", c.leg, leg_words);
  v.key("consume", &c.consume);
}

void in_dialog_rule(Visitor& v, InDialogRule& c) {
  v.key(Key("name").needed(), &c.name);
  v.key(Key("priority").between(-1'000'000, 1'000'000), &c.priority);
  v.key("enabled", &c.enabled);
  v.key(Key("method").needed(), &c.method);
  v.key("content_type", &c.content_type);
  v.table("action", [&] {
    v.choice("type", c.action.type, in_dialog_words);
    v.key("wait_response", &c.action.wait_response);
    v.key(Key("timeout_ms").between(1, 600'000), &c.action.timeout_ms);
    v.key(Key("code").between(200, 699), &c.action.code);
    v.key("rule_id", &c.action.rule_id);
  });
}

void smart_routing(Visitor& v, SmartRouting& c) {
  v.key("enabled", &c.enabled);
  v.table("dtmf", [&] {
    v.choice("handling", c.dtmf_handling, handling_words);
    v.key("log_to_cdr", &c.dtmf_log_to_cdr);
    v.list("hotkeys", c.hotkeys, hotkey);
  });
  v.table("in_dialog", [&] {
    v.key("enabled", &c.in_dialog_enabled);
    v.key("notify_rwi", &c.in_dialog_notify_rwi);
    v.list("rules", c.in_dialog_rules, in_dialog_rule);
  });
  v.table("fallback", [&] {
    v.choice("when_rwi_disconnected", c.when_rwi_disconnected, fallback_words);
    v.key("rules", &c.fallback_rules);
  });
}

void local_action(Visitor& v, LocalAction& c) {
  v.key(Key("action").needed(), &c.action);
  v.key("destination", &c.destination);
  v.key("caller_id", &c.caller_id);
  v.key(Key("timeout_secs").between(1, 3600), &c.timeout_secs);
  v.key("bridge", &c.bridge);
  v.key("call_id", &c.call_id);
  v.key("target", &c.target);
  v.key("reason", &c.reason);
  v.key(Key("code").between(0, 699), &c.code);
  v.key("audio_file", &c.audio_file);
  v.key("loop", &c.loop);
  v.key("wait", &c.wait);
  v.key("leg", &c.leg);
  v.key("digits", &c.digits);
  v.key("conf_id", &c.conf_id);
  v.key("create", &c.create);
  v.key("queue", &c.queue);
  v.key("number", &c.number);
  v.key(Key("max_secs").between(1, day_secs), &c.max_secs);
  v.key("beep", &c.beep);
  v.key("music", &c.music);
  v.key("content_type", &c.content_type);
  v.key("body", &c.body);
  v.key("event", &c.event);
  v.key("continue_on_error", &c.continue_on_error);
  v.table("condition", [&] {
    v.key("field", &c.condition.field);
    v.key("op", &c.condition.op);
    v.key("value", &c.condition.value);
  });
  v.list("actions", c.actions, local_action);
  v.list("then", c.then, local_action);
  v.list("else", c.else_, local_action);
}

void rwi(Visitor& v, Rwi& c) {
  v.key("enabled", &c.enabled);
  v.key(Key("max_connections").between(0, 1'000'000), &c.max_connections);
  v.key(Key("max_calls_per_connection").between(0, 1'000'000), &c.max_calls_per_connection);
  v.key(Key("orphan_hold_secs").between(0, day_secs), &c.orphan_hold_secs);
  v.key(Key("originate_rate_limit").between(0, 1'000'000), &c.originate_rate_limit);
  v.list("tokens", c.tokens, [](Visitor& w, RwiToken& t) {
    w.key("name", &t.name);
    w.key(Key("token").needed(), &t.token);
    w.key("scopes", &t.scopes);
    w.key("contexts", &t.contexts);
    w.key("trunks", &t.trunks);
  });
  v.list("contexts", c.contexts, [](Visitor& w, RwiContext& t) {
    w.key(Key("name").needed(), &t.name);
    w.key(Key("no_answer_timeout_secs").between(0, 3600), &t.no_answer_timeout_secs);
    w.choice("no_answer_action", t.no_answer_action, no_answer_words);
    w.key("no_answer_transfer_target", &t.no_answer_transfer_target);
  });
  v.table("transfer", [&] {
    v.key("refer_enabled", &c.transfer.refer_enabled);
    v.key("attended_enabled", &c.transfer.attended_enabled);
    v.key("three_pcc_fallback_enabled", &c.transfer.three_pcc_fallback_enabled);
    v.key(Key("refer_timeout_secs").between(1, 3600), &c.transfer.refer_timeout_secs);
    v.key(Key("three_pcc_timeout_secs").between(1, 3600), &c.transfer.three_pcc_timeout_secs);
    v.key(Key("max_concurrent_transfers").between(0, 1'000'000), &c.transfer.max_concurrent_transfers);
  });
  v.table("smart_routing", [&] { smart_routing(v, c.smart_routing); });
  v.list("local_rules", c.local_rules, [](Visitor& w, LocalRule& r) {
    w.key(Key("id").needed(), &r.id);
    w.key("enabled", &r.enabled);
    w.list("actions", r.actions, local_action);
  });
  v.table("sip_header_passthrough", [&] {
    v.key("inbound", &c.passthrough_inbound);
    v.key("outbound", &c.passthrough_outbound);
  });
}

void conference(Visitor& v, Conference& c) {
  v.key(Key("name").needed(), &c.name);
  v.key("numbers", &c.numbers);
  v.key("pin", &c.pin);
  v.key("moderator_pin", &c.moderator_pin);
  v.key("max_members", &c.max_members);
  v.key("record", &c.record);
  v.key("tones", &c.tones);
}

void queue(Visitor& v, Queue& c) {
  v.key(Key("name").needed(), &c.name);
  v.key("agents", &c.agents);
  v.choice("strategy", c.strategy, strategy_words);
  v.key(Key("ring_secs").between(1, 600), &c.ring_secs);
  v.key(Key("wrap_up_secs").between(0, day_secs), &c.wrap_up_secs);
  v.key(Key("max_wait_secs").between(0, day_secs), &c.max_wait_secs);
  v.key("max_length", &c.max_length);
  v.key("music", &c.music);
  v.key("overflow", &c.overflow);
}

void ivr(Visitor& v, Ivr& c) {
  v.key(Key("name").needed(), &c.name);
  v.key("prompt", &c.prompt);
  v.key("text", &c.text);
  v.key("options", &c.options);
  v.key(Key("timeout_secs").between(1, 600), &c.timeout_secs);
  v.key(Key("retries").between(0, 100), &c.retries);
  v.key("on_timeout", &c.on_timeout);
  v.key("on_invalid", &c.on_invalid);
}

}  // namespace

void describe(Visitor& v, RouteTarget& c) {
  v.key(Key("target").needed(), &c.target);
  v.key(Key("delay_secs").between(0, 600), &c.delay_secs);
  v.key(Key("ring_secs").between(0, 3600), &c.ring_secs);
}

void describe(Visitor& v, Config& c) {
  v.table("hub", [&] { hub(v, c.hub); });
  v.table("store", [&] { v.choice(Key("sync").at_start(), c.store.sync, sync_words); });
  v.table("network", [&] {
    v.key(Key("public_ip").at_start(), &c.network.public_ip);
    v.key(Key("local_networks").at_start(), &c.network.local_networks);
  });
  v.table("sip", [&] { sip(v, c.sip); });
  v.table("rtp", [&] { rtp(v, c.rtp); });
  v.table("voice", [&] {
    v.key(Key("silence_ms").between(500, 3'600'000), &c.voice.silence_ms);
    v.key(Key("dead_air_ms").between(1'000, 3'600'000), &c.voice.dead_air_ms);
  });
  v.table("http", [&] {
    v.key(Key("listen").at_start(), &c.http.listen);
    v.key(Key("certificate_file").at_start(), &c.http.certificate_file);
    v.key(Key("private_key_file").at_start(), &c.http.private_key_file);
    v.key(Key("client_ca_file").at_start(), &c.http.client_ca_file);
    v.key(Key("connections_max").between(1, 100'000).at_start(), &c.http.connections_max);
  });
  v.table("security", [&] { security(v, c.security); });
  v.table("records", [&] {
    v.key(Key("keep_days").between(0, days_max), &c.records.keep_days);
    v.key(Key("messages_secs").between(0, day_secs).at_start(), &c.records.messages_secs);
    v.key(Key("messages_bytes").between(65'536, 1'073'741'824).at_start(), &c.records.messages_bytes);
  });
  v.table("features", [&] { features(v, c.features); });
  v.table("speech", [&] { speech(v, c.speech); });
  v.list("users", c.users, user);
  v.list("trunks", c.trunks, trunk);
  v.list("routes", c.routes, route);
  v.table("rwi", [&] { rwi(v, c.rwi); });
  v.list("conferences", c.conferences, conference);
  v.list("queues", c.queues, queue);
  v.list("ivr", c.ivr, ivr);
  v.table("recording", [&] {
    v.key(Key("dir"), &c.recording.dir);
    v.key("calls", &c.recording.calls);
    v.choice(Key("layout"), c.recording.layout, recording_layout_words);
    v.choice(Key("format"), c.recording.format, recording_format_words);
    v.key(Key("max_secs").between(0, 86'400), &c.recording.max_secs);
    v.key(Key("beep_secs").between(0, 3600), &c.recording.beep_secs);
    v.key(Key("keep_days").between(0, days_max), &c.recording.keep_days);
  });
  v.table("transcription", [&] {
    v.choice("engine", c.transcription.engine, transcription_words);
    v.key("url", &c.transcription.url);
    v.key("token", &c.transcription.token);
    v.key("language", &c.transcription.language);
    v.key("calls", &c.transcription.calls);
    v.key("interim", &c.transcription.interim);
    v.key("ca_file", &c.transcription.ca_file);
  });
  v.table("voicemail", [&] {
    v.key(Key("max_secs").between(1, 3600), &c.voicemail.max_secs);
    v.key(Key("min_secs").between(0, 60), &c.voicemail.min_secs);
    v.key(Key("max_messages").between(1, 100'000), &c.voicemail.max_messages);
    v.key(Key("keep_days").between(0, days_max), &c.voicemail.keep_days);
  });
  v.table("metrics", [&] { v.key("allow", &c.metrics.allow); });
  v.table("browser", [&] { v.key(Key("session_secs").between(1, day_secs), &c.browser.session_secs); });
}

}  // namespace junctor::config
