// Checks that look at several keys together, or at more than a key's type and
// bound. Destinations and regular expressions belong to routing, which reports
// its faults by key path.
#include <algorithm>
#include <functional>
#include <initializer_list>
#include <set>

#include "base/url.hpp"
#include "config/load.hpp"
#include "config/visitor.hpp"

namespace junctor::config {
namespace {

std::string item(std::string_view list, std::size_t index) {
  return std::string(list) + "[" + std::to_string(index) + "]";
}

template <class Items, class Name>
void no_duplicates(Parsed& parsed, std::string_view list, std::string_view key, const Items& items, Name name) {
  std::set<std::string> seen;
  for (std::size_t i = 0; i < items.size(); ++i) {
    const std::string& n = std::invoke(name, items[i]);
    if (n.empty() || seen.insert(n).second) continue;
    parsed.add_fault(item(list, i) + "." + std::string(key), "\"" + n + "\" stands in " + std::string(list) + " twice");
  }
}

void plain_name(Parsed& parsed, const std::string& path, const std::string& name) {
  if (auto fault = name_fault(name)) parsed.add_fault(path, std::move(*fault));
}

void one_per_family(Parsed& parsed, const std::vector<IpAddress>& addresses, const std::string& path) {
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (addresses[i].family != addresses[j].family) continue;
      parsed.add_fault(item(path, i), "at most one address per family");
      return;
    }
  }
}

void certificate_for(Parsed& parsed, const std::string& table, bool wanted, const std::string& certificate,
                     const std::string& key) {
  if ((wanted || !key.empty()) && certificate.empty()) {
    parsed.add_fault(table + (wanted ? ".tls" : ".private_key_file"), "needs " + table + ".certificate_file");
  }
  if (!certificate.empty() && key.empty()) {
    parsed.add_fault(table + ".certificate_file", "needs " + table + ".private_key_file");
  }
}

void sip(Parsed& parsed) {
  const Sip& c = parsed.config.sip;
  certificate_for(parsed, "sip", !c.tls.empty(), c.certificate_file, c.private_key_file);
  if (!c.ws_path.empty() && !c.ws_path.starts_with('/')) parsed.add_fault("sip.ws_path", "must begin with \"/\"");
  if (c.session_expires_secs < c.session_expires_min_secs) {
    parsed.add_fault("sip.session_expires_secs", "is less than sip.session_expires_min_secs");
  }
  if (c.register_expires_min_secs > c.register_expires_secs) {
    parsed.add_fault("sip.register_expires_min_secs", "is more than sip.register_expires_secs");
  }
  if (c.register_expires_secs > c.register_expires_max_secs) {
    parsed.add_fault("sip.register_expires_max_secs", "is less than sip.register_expires_secs");
  }
}

void rtp(Parsed& parsed) {
  const Rtp& c = parsed.config.rtp;
  one_per_family(parsed, c.address, "rtp.address");
  if (c.address.empty()) parsed.add_fault("rtp.address", "needs at least one address");
  if (c.port_min % 2 != 0) parsed.add_fault("rtp.port_min", "must be even: RTP takes even ports (RFC 3550 §11)");
  if (c.port_max % 2 == 0) parsed.add_fault("rtp.port_max", "must be odd: RTCP of the last pair takes it");
  if (c.port_min > c.port_max) parsed.add_fault("rtp.port_max", "is less than rtp.port_min");
  if (c.webrtc_port != 0 && c.webrtc_port >= c.port_min && c.webrtc_port <= c.port_max) {
    parsed.add_fault("rtp.webrtc_port", "lies between rtp.port_min and rtp.port_max");
  }
}

/// Encryption is not demanded where its keys may never be sent.
void srtp(Parsed& parsed) {
  const Config& c = parsed.config;
  if (c.rtp.srtp_over_plain_sip) return;
  if (c.sip.tls.empty()) {
    const std::string fault = "\"required\" needs sip.tls, or rtp.srtp_over_plain_sip";
    if (c.rtp.srtp == Srtp::required) parsed.add_fault("rtp.srtp", fault);
    for (std::size_t i = 0; i < c.users.size(); ++i)
      if (c.users[i].srtp == PeerSrtp::required) parsed.add_fault(item("users", i) + ".srtp", fault);
  }
  for (std::size_t i = 0; i < c.trunks.size(); ++i)
    if (srtp_of(c, c.trunks[i].srtp) == Srtp::required && c.trunks[i].transport != TrunkTransport::tls)
      parsed.add_fault(item("trunks", i) + ".srtp",
                       "\"required\" needs transport = \"tls\", or rtp.srtp_over_plain_sip");
}

void hash(Parsed& parsed, const std::string& path, const std::string& text, std::size_t digits) {
  const auto hex = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  if (text.empty() || (text.size() == digits && std::ranges::all_of(text, hex))) return;
  parsed.add_fault(path, "must be " + std::to_string(digits) + " lower-case hexadecimal digits");
}

void users(Parsed& parsed) {
  const Config& c = parsed.config;
  no_duplicates(parsed, "users", "username", c.users, &User::username);
  for (std::size_t i = 0; i < c.users.size(); ++i) {
    const User& user = c.users[i];
    const std::string path = item("users", i);
    plain_name(parsed, path + ".username", user.username);
    hash(parsed, path + ".ha1.md5", user.ha1.md5, 32);
    hash(parsed, path + ".ha1.sha256", user.ha1.sha256, 64);
    hash(parsed, path + ".ha1.sha512_256", user.ha1.sha512_256, 64);
    if (user.password.empty() && user.ha1.empty()) parsed.add_fault(path, "[[users]] needs \"password\" or \"ha1\"");
    if (!user.password.empty() && !user.ha1.empty()) {
      parsed.add_fault(path + ".ha1", "give either \"password\" or \"ha1\", not both");
    }
    if (!user.ha1.realm.empty() && user.ha1.realm != c.hub.realm) {
      parsed.add_fault(path + ".ha1.realm", "the hashes were made for realm \"" + user.ha1.realm +
                                                "\", but hub.realm is \"" + c.hub.realm +
                                                "\": they no longer fit any password");
    }
  }
}

/// Two trunks at one host share what has to be proven toward it, and by whom.
bool same_tls(const Trunk& a, const Trunk& b) {
  return a.tls_verify == b.tls_verify && a.tls_ca_file == b.tls_ca_file &&
         a.tls_certificate_file == b.tls_certificate_file && a.tls_private_key_file == b.tls_private_key_file;
}

std::string_view without_port(std::string_view host) {
  return host.starts_with('[') ? host.substr(0, host.find(']') + 1) : host.substr(0, host.find(':'));
}

void trunk_tls(Parsed& parsed, std::size_t index) {
  const auto& trunks = parsed.config.trunks;
  const Trunk& trunk = trunks[index];
  const std::string path = item("trunks", index);
  if (!trunk.tls_certificate_file.empty() && trunk.tls_private_key_file.empty())
    parsed.add_fault(path + ".tls_certificate_file", "needs \"tls_private_key_file\"");
  if (trunk.tls_certificate_file.empty() && !trunk.tls_private_key_file.empty())
    parsed.add_fault(path + ".tls_private_key_file", "needs \"tls_certificate_file\"");
  if (trunk.transport != TrunkTransport::tls) {
    if (!same_tls(trunk, {})) parsed.add_fault(path, "the tls_ keys need transport = \"tls\"");
    return;
  }
  if (parsed.config.sip.tls.empty())
    parsed.add_fault(path + ".transport", "needs sip.tls: what the trunk sends comes in there");
  for (std::size_t i = 0; i < index; ++i) {
    const bool shared =
        trunks[i].transport == TrunkTransport::tls && without_port(trunks[i].host) == without_port(trunk.host);
    if (!shared || same_tls(trunks[i], trunk)) continue;
    return parsed.add_fault(path, "has other tls_ keys than trunk \"" + trunks[i].name + "\" at the same host");
  }
}

void trunks(Parsed& parsed) {
  const auto& trunks = parsed.config.trunks;
  no_duplicates(parsed, "trunks", "name", trunks, &Trunk::name);
  std::set<std::string> numbers;
  for (std::size_t i = 0; i < trunks.size(); ++i) {
    const std::string path = item("trunks", i);
    plain_name(parsed, path + ".name", trunks[i].name);
    if (trunks[i].register_ && trunks[i].username.empty()) {
      parsed.add_fault(path + ".register", "needs \"username\"");
    }
    trunk_tls(parsed, i);
    for (std::size_t n = 0; n < trunks[i].numbers.size(); ++n) {
      const std::string& number = trunks[i].numbers[n];
      if (!numbers.insert(number.starts_with('+') ? number.substr(1) : number).second) {
        parsed.add_fault(item(path + ".numbers", n), "\"" + number + "\" stands in trunks twice");
      }
    }
  }
}

void features(Parsed& parsed) {
  const Features& f = parsed.config.features;
  const std::pair<const char*, const std::string*> numbers[] = {
      {"echo", &f.echo},
      {"tone", &f.tone},
      {"voicemail", &f.voicemail},
      {"voicemail_any", &f.voicemail_any},
      {"group_pickup", &f.group_pickup},
      {"directed_pickup", &f.directed_pickup},
      {"park", &f.park},
      {"park_first", &f.park_first},
      {"park_last", &f.park_last},
  };
  std::set<std::string> seen;
  for (const auto& [key, number] : numbers) {
    if (!number->empty() && !seen.insert(*number).second) {
      parsed.add_fault(std::string("features.") + key, "\"" + *number + "\" is another feature's number");
    }
  }
  const auto digits = [](const std::string& s) {
    return s.size() <= 9 && std::ranges::all_of(s, [](char c) { return c >= '0' && c <= '9'; });
  };
  if (f.park_first.empty() != f.park_last.empty()) {
    parsed.add_fault("features.park_last", "park_first and park_last are given together");
  } else if (!digits(f.park_first) || !digits(f.park_last) || f.park_first.size() != f.park_last.size() ||
             f.park_first > f.park_last) {
    parsed.add_fault("features.park_last",
                     "park_first and park_last must be numbers of one length, "
                     "the first not above the last");
  }
}

/// A URL that is needed because of `reason`.
void service(Parsed& parsed, const std::string& path, const std::string& url,
             std::initializer_list<std::string_view> schemes, const std::string& reason) {
  if (url.empty()) return parsed.add_fault(path, reason + " needs a URL here");
  const auto read = Url::parse(url);
  if (!read) return parsed.add_fault(path, read.error());
  if (std::ranges::find(schemes, read->scheme) != schemes.end()) return;
  std::string wanted;
  for (const std::string_view scheme : schemes) wanted += (wanted.empty() ? "" : " or ") + std::string(scheme) + "://";
  parsed.add_fault(path, "must begin with " + wanted);
}

void transcription(Parsed& parsed) {
  const Transcription& c = parsed.config.transcription;
  if (c.engine != TranscriptionEngine::none) {
    service(parsed, "transcription.url", c.url, {"ws", "wss"}, "an engine");
  } else if (c.calls) {
    parsed.add_fault("transcription.calls", "needs transcription.engine");
  }
}

void speech(Parsed& parsed) {
  const Speech& c = parsed.config.speech;
  static const std::vector<std::string> flite_voices = {"", "slt", "rms", "kal"};
  if (c.driver == SpeechDriver::flite && std::ranges::find(flite_voices, c.voice) == flite_voices.end())
    parsed.add_fault("speech.voice", "flite has the voices \"slt\", \"rms\" and \"kal\"");
  if (c.driver == SpeechDriver::command && (c.command.empty() || c.command[0].empty()))
    parsed.add_fault("speech.command", "driver = \"command\" needs a program here");
  if (c.voice.empty() && std::ranges::any_of(c.command, [](const auto& w) { return w.find("{voice}") != w.npos; }))
    parsed.add_fault("speech.voice", "speech.command wants a {voice}");
  if (c.voice.empty() && (c.url.contains("{voice}") || c.body.contains("{voice}")))
    parsed.add_fault("speech.voice", "speech.url or speech.body wants a {voice}");
  if (c.driver == SpeechDriver::http) {
    service(parsed, "speech.url", c.url, {"http", "https"}, "driver = \"http\"");
    if (!c.body.empty() && !c.body.contains("{text}") && !c.url.contains("{text}"))
      parsed.add_fault("speech.body", "has no {text}");
  } else if (!c.url.empty()) {
    parsed.add_fault("speech.url", "needs driver = \"http\"");
  }
  if (c.driver != SpeechDriver::command && !c.command.empty())
    parsed.add_fault("speech.command", "needs driver = \"command\"");
}

void rwi(Parsed& parsed) {
  static const std::vector<std::string> scopes = {
      "call.control", "queue.control", "supervisor.control", "media.stream", "record.control",
      "call",         "queue",         "supervisor",         "media",        "record",
      "observe_all",  "user",          "operator",           "admin"};
  const Rwi& c = parsed.config.rwi;
  no_duplicates(parsed, "rwi.contexts", "name", c.contexts, &RwiContext::name);
  no_duplicates(parsed, "rwi.local_rules", "id", c.local_rules, &LocalRule::id);
  for (std::size_t i = 0; i < c.tokens.size(); ++i) {
    for (std::size_t n = 0; n < c.tokens[i].scopes.size(); ++n) {
      const std::string& scope = c.tokens[i].scopes[n];
      if (std::ranges::find(scopes, scope) != scopes.end()) continue;
      const std::string_view near = nearest(scope, scopes);
      parsed.add_fault(
          item(item("rwi.tokens", i) + ".scopes", n),
          "unknown scope \"" + scope + "\"" + (near.empty() ? "" : "; did you mean \"" + std::string(near) + "\"?"));
    }
  }
  for (std::size_t i = 0; i < c.contexts.size(); ++i) {
    if (c.contexts[i].no_answer_action == NoAnswerAction::transfer && c.contexts[i].no_answer_transfer_target.empty()) {
      parsed.add_fault(item("rwi.contexts", i) + ".no_answer_action",
                       "\"transfer\" needs \"no_answer_transfer_target\"");
    }
  }
  const auto known_rule = [&](const std::string& id) {
    return id == "maintain_call" || id == "log_cdr" ||
           std::ranges::find(c.local_rules, id, &LocalRule::id) != c.local_rules.end();
  };
  const auto need_rule = [&](const std::string& path, const std::string& id) {
    if (!known_rule(id)) parsed.add_fault(path, "no [[rwi.local_rules]] has the id \"" + id + "\"");
  };
  for (std::size_t i = 0; i < c.smart_routing.hotkeys.size(); ++i) {
    const Hotkey& key = c.smart_routing.hotkeys[i];
    const std::string path = item("rwi.smart_routing.dtmf.hotkeys", i);
    if (key.sequence.find_first_not_of("0123456789*#ABCD") != std::string::npos) {
      parsed.add_fault(path + ".sequence", "may hold 0-9, *, # and A-D only");
    }
    if (key.action == HotkeyAction::execute_rule) need_rule(path + ".rule_id", key.rule_id);
  }
  for (std::size_t i = 0; i < c.smart_routing.fallback_rules.size(); ++i) {
    need_rule(item("rwi.smart_routing.fallback.rules", i), c.smart_routing.fallback_rules[i]);
  }
}

}  // namespace

Srtp srtp_of(const Config& config, PeerSrtp peer) {
  switch (peer) {
    case PeerSrtp::standard:
      break;
    case PeerSrtp::off:
      return Srtp::off;
    case PeerSrtp::optional:
      return Srtp::optional;
    case PeerSrtp::required:
      return Srtp::required;
  }
  return config.rtp.srtp;
}

std::optional<std::string> name_fault(std::string_view name) {
  const auto bad = [](char c) {
    return static_cast<unsigned char>(c) <= ' ' || c == '\x7f' || std::string_view("@:;,<>\"\\?/[]").contains(c);
  };
  if (name.size() > name_bytes_max) return "longer than " + std::to_string(name_bytes_max) + " bytes";
  if (!std::ranges::any_of(name, bad)) return std::nullopt;
  return "\"" + std::string(name) + "\" must not contain spaces or any of @ : ; , < > \" \\ ? / [ ]";
}

void check_together(Parsed& parsed) {
  const Config& c = parsed.config;
  if (c.hub.data_dir.empty()) parsed.add_fault("hub.data_dir", "must not be empty");
  if (c.hub.realm.empty() || c.hub.realm.find_first_of("\"\\\r\n") != std::string::npos) {
    parsed.add_fault("hub.realm", "must not be empty nor hold quotes, backslashes or line ends");
  }
  one_per_family(parsed, c.network.public_ip, "network.public_ip");
  sip(parsed);
  rtp(parsed);
  srtp(parsed);
  certificate_for(parsed, "http", false, c.http.certificate_file, c.http.private_key_file);
  if (!c.http.client_ca_file.empty() && c.http.certificate_file.empty())
    parsed.add_fault("http.client_ca_file", "needs http.certificate_file");
  features(parsed);
  speech(parsed);
  transcription(parsed);
  users(parsed);
  trunks(parsed);
  no_duplicates(parsed, "routes", "name", c.routes, &Route::name);
  no_duplicates(parsed, "conferences", "name", c.conferences, &Conference::name);
  no_duplicates(parsed, "queues", "name", c.queues, &Queue::name);
  no_duplicates(parsed, "ivr", "name", c.ivr, &Ivr::name);
  for (std::size_t i = 0; i < c.ivr.size(); ++i) {
    if (!c.ivr[i].prompt.empty() && !c.ivr[i].text.empty()) {
      parsed.add_fault(item("ivr", i) + ".text", "give either \"prompt\" or \"text\", not both");
    }
  }
  rwi(parsed);
}

}  // namespace junctor::config
