#include "sim/audit.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <optional>
#include <utility>

namespace junctor::sim {

using sip::HeaderId;
using sip::Message;
using sip::Method;

namespace {

/// How the Call-IDs begin that the hub makes: with its node.
constexpr std::string_view own_call_ids = "1-";

// The most that the timers of RFC 3261 make of one message, with every retransmission of its request answered and both
// doubled by the network.
constexpr std::uint32_t copies_max = 60;
constexpr std::size_t faults_max = 100;

std::string key_of(const Message& m) {
  const auto via = m.top_via();
  return std::string(m.top_branch()) + ' ' + (via ? std::string(via->host) + ':' + std::to_string(via->port) : "");
}

std::string dialog(std::string_view call_id, std::string_view far_tag) {
  return std::string(call_id) + ' ' + std::string(far_tag);
}

/// Only calls that reached routing have a record.
bool refused_before_routing(int status) {
  constexpr std::array before{400, 403, 416, 420, 422, 481, 482, 483, 503};
  return std::ranges::find(before, status) != before.end();
}

/// Address and port of the audio that a description asks for; empty if it has none.
std::string media_address(std::string_view sdp) {
  const auto after = [&](std::string_view mark) -> std::optional<std::string_view> {
    const std::size_t at = sdp.find(mark);
    if (at == std::string_view::npos) return std::nullopt;
    const std::size_t start = at + mark.size();
    return sdp.substr(start, sdp.find_first_of(" \r\n", start) - start);
  };
  const auto port = after("m=audio ");
  auto ip = after("c=IN IP4 ");
  if (!ip) ip = after("c=IN IP6 ");
  if (!port || !ip || *port == "0" || *ip == "0.0.0.0") return {};
  return std::string(*ip) + ' ' + std::string(*port);
}

}  // namespace

void Audit::complain(std::string what) {
  if (faults_.size() < faults_max) faults_.push_back("audit: " + std::move(what));
}

void Audit::count_copies(std::string_view bytes, const Address& to) {
  const std::size_t hash = std::hash<std::string_view>{}(bytes) ^ std::hash<Address>{}(to);
  if (++copies_[hash] == copies_max) {
    complain("sent too often: " + std::string(bytes.substr(0, bytes.find('\r'))) + " to " + to_string(to));
  }
}

void Audit::on_sent(const Address& to, std::string_view bytes, bool) {
  if (bytes.find_first_not_of("\r\n") == std::string_view::npos) return;  // keep-alive
  ++messages_;
  count_copies(bytes, to);
  const auto message = Message::parse(std::string(bytes));
  if (!message) {
    return complain("the hub sent what is no SIP message: " + std::string(sip::info(message.error()).name));
  }
  if (message->is_request()) {
    sent_request(*message);
  } else {
    sent_response(*message);
  }
}

void Audit::on_received(const Address&, std::string_view bytes) {
  ++messages_;
  const auto message = Message::parse(std::string(bytes));
  if (!message) return;
  if (message->is_request()) {
    received_request(*message);
  } else {
    received_response(*message);
  }
}

// ------------------------------------------------------------------------------------------------------------- media

void Audit::note_media(const Message& m) {
  const std::string address = media_address(m.body());
  if (address.empty()) return;
  const auto [at, fresh] = media_.try_emplace(address, m.call_id());
  if (!fresh && at->second != m.call_id()) {
    complain("one media port told to two dialogs: " + address);
    at->second = m.call_id();
  }
}

void Audit::release_media(std::string_view call_id) {
  std::erase_if(media_, [&](const auto& entry) { return entry.second == call_id; });
}

// ---------------------------------------------------------------------------------------------------- what it says

void Audit::sent_request(const Message& m) {
  const std::string branch(m.top_branch());
  if (m.method() == Method::ack) {
    if (const auto invite = sent_invites_.find(branch); invite != sent_invites_.end()) {
      invite->second.refusal_acked = true;
    } else if (const auto at = confirmed_.find(dialog(m.call_id(), m.to_tag())); at != confirmed_.end()) {
      at->second.unacked.erase(m.cseq().number);
    }
    return;
  }
  if (m.method() == Method::cancel) return;
  if (!m.to_tag().empty() || m.method() == Method::invite) {
    const std::string key = dialog(m.call_id(), m.to_tag());
    if (!branches_.insert(branch).second) return;  // a retransmission
    const auto [at, fresh] = last_cseq_.try_emplace(key, m.cseq().number);
    if (!fresh && m.cseq().number < at->second) complain("CSeq went back in " + std::string(m.method_name()));
    at->second = std::max(at->second, m.cseq().number);
  }
  if (m.method() == Method::bye) {
    const auto at = confirmed_.find(dialog(m.call_id(), m.to_tag()));
    if (at != confirmed_.end()) at->second.ended = true;
    release_media(m.call_id());
  }
  if (m.method() == Method::invite) {
    if (m.to_tag().empty() && far_call_ids_.contains(m.call_id())) complain("two legs with one Call-ID");
    if (m.to_tag().empty() && m.has(HeaderId::authorization)) complain("the caller's credentials were passed on");
    sent_invites_.try_emplace(branch, SentInvite{std::string(m.call_id())});
    note_media(m);
  }
}

void Audit::sent_response(const Message& m) {
  if (m.method() != Method::invite) return;
  const auto at = received_invites_.find(key_of(m));
  if (at == received_invites_.end()) return complain("a response to an INVITE that never came");
  ReceivedInvite& invite = at->second;
  const int status = m.status();
  if (status > 100 && status < 300) note_media(m);
  if (status < 200) {
    if (invite.final_status != 0) complain("a provisional response after the final one");
    return;
  }
  if (invite.final_status != 0 && (invite.final_status != status || invite.final_tag != m.to_tag())) {
    complain("two final answers to one INVITE: " + std::to_string(invite.final_status) + " and " +
             std::to_string(status));
  }
  invite.final_status = status;
  invite.final_tag = m.to_tag();
  if (status < 300) {
    confirmed_.try_emplace(dialog(m.call_id(), m.from_tag()));
  } else if (invite.initial) {
    release_media(m.call_id());
  }
}

// ---------------------------------------------------------------------------------------------------- what it hears

void Audit::received_request(const Message& m) {
  if (m.method() == Method::invite) {
    received_invites_.try_emplace(key_of(m), ReceivedInvite{std::string(m.call_id()), m.to_tag().empty()});
    if (m.to_tag().empty()) far_call_ids_.emplace(m.call_id());
  } else if (m.method() == Method::bye) {
    const auto at = confirmed_.find(dialog(m.call_id(), m.from_tag()));
    if (at != confirmed_.end()) at->second.ended = true;
    release_media(m.call_id());
  }
}

void Audit::received_response(const Message& m) {
  if (m.status() == 481) {  // the far end has no such dialog: nobody needs to end it
    const auto at = confirmed_.find(dialog(m.call_id(), m.to_tag()));
    if (at != confirmed_.end()) at->second.ended = true;
  }
  if (m.method() != Method::invite || m.status() < 200) return;
  const auto invite = sent_invites_.find(std::string(m.top_branch()));
  if (invite == sent_invites_.end()) return complain("a response to an INVITE that the hub never sent");
  if (m.status() >= 300) {
    invite->second.refused = true;
    if (!confirmed_.contains(dialog(m.call_id(), m.to_tag()))) release_media(m.call_id());
    return;
  }
  Confirmed& confirmed = confirmed_[dialog(m.call_id(), m.to_tag())];
  confirmed.hub_called = true;
  confirmed.unacked.insert(m.cseq().number);
}

// -------------------------------------------------------------------------------------------------------- at the end

std::vector<std::string> Audit::debts() const {
  std::vector<std::string> out;
  for (const auto& [key, invite] : received_invites_) {
    if (invite.final_status == 0) out.push_back("audit: an INVITE without a final answer, Call-ID " + invite.call_id);
  }
  for (const auto& [branch, invite] : sent_invites_) {
    if (invite.refused && !invite.refusal_acked) {
      out.push_back("audit: a 3xx-6xx without an ACK, Call-ID " + invite.call_id);
    }
  }
  for (const auto& [key, confirmed] : confirmed_) {
    if (!confirmed.unacked.empty()) out.push_back("audit: a 2xx without an ACK, dialog " + key);
    if (!confirmed.ended) out.push_back("audit: a dialog without a BYE: " + key);
  }
  std::ranges::sort(out);
  return out;
}

std::vector<std::string> Audit::compare(const store::MemoryDisk& disk) const {
  std::vector<std::string> out;
  std::map<std::string, std::vector<const store::CallRecord*>> by_call_id;
  for (const auto& [id, record] : disk.calls) {
    if (record.legs.empty()) {
      out.push_back("records: " + id + " has no leg");
      continue;
    }
    by_call_id[record.legs.front().sip_call_id].push_back(&record);
  }
  if (disk.repeated != 0) out.push_back("records: written a second time: " + std::to_string(disk.repeated));
  std::set<std::string> expected;
  for (const auto& [key, invite] : received_invites_) {
    // To be asked again in the same call: with credentials, with a longer session interval.
    const bool again = invite.final_status == 401 || invite.final_status == 407 || invite.final_status == 422;
    if (!invite.initial || again || invite.final_status == 0) continue;
    expected.insert(invite.call_id);
    const auto at = by_call_id.find(invite.call_id);
    const std::size_t count = at == by_call_id.end() ? 0 : at->second.size();
    if (count == 0 && refused_before_routing(invite.final_status)) continue;
    if (count != 1) {
      out.push_back("records: " + std::to_string(count) + " for Call-ID " + invite.call_id + " (answered " +
                    std::to_string(invite.final_status) + ")");
      continue;
    }
    const store::CallRow& row = at->second.front()->call;
    if (row.disposition == store::Disposition::interrupted) continue;
    if (row.disposition == store::Disposition::open || row.end_ms == 0) {
      out.push_back("records: " + row.call_id + " was never closed");
    } else if (row.sip_status != invite.final_status) {
      out.push_back("records: " + row.call_id + " says " + std::to_string(row.sip_status) + ", the caller was told " +
                    std::to_string(invite.final_status));
    } else if ((row.disposition == store::Disposition::answered) != (invite.final_status < 300)) {
      out.push_back("records: " + row.call_id + " has the wrong disposition");
    }
  }
  for (const auto& [call_id, records] : by_call_id) {
    if (call_id.starts_with(own_call_ids)) continue;  // the hub made it for a program
    if (!expected.contains(call_id)) out.push_back("records: one for a call that nobody made, Call-ID " + call_id);
  }
  std::ranges::sort(out);
  return out;
}

}  // namespace junctor::sim
