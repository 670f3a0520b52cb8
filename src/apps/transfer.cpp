#include "apps/transfer.hpp"

#include "sip/headers.hpp"

namespace junctor::apps {

const call::Leg* Transfers::find_replaced(const std::string& text) const {
  const auto replaces = sip::Replaces::parse(text);
  if (!replaces) return nullptr;
  return calls_.find_dialog(replaces->call_id, replaces->to_tag, replaces->from_tag);
}

void Transfers::on_call_event(const call::Event& event, TimePoint now) {
  const auto* referred = std::get_if<call::Referred>(&event.body);
  if (referred == nullptr) return;
  call::Call* const call = calls_.find(event.call);
  call::Leg* const transferor = call == nullptr ? nullptr : call->leg(referred->leg);
  if (transferor == nullptr) return;
  if (call->leg(transferor->peer) == nullptr) {
    calls_.refer_progress(event.call, referred->leg, 603, true, now);
    return;
  }
  if (const call::Leg* const consulted = find_replaced(referred->replaces))
    return attended(event.call, referred->leg, transferor->peer, *consulted, now);
  blind(event.call, *referred, transferor->peer, now);
}

/// The transferor has a call with each of the two: they are put together, and it is let go.
void Transfers::attended(CallId id, LegId transferor, LegId transferee, const call::Leg& consulted, TimePoint now) {
  const CallId other_id = calls_.call_of(consulted.id());
  const LegId target = consulted.peer;
  const LegId transferor_there = consulted.id();
  if (!other_id || !target || other_id == id) {
    calls_.refer_progress(id, transferor, 603, true, now);
    return;
  }
  if (!calls_.move_leg(other_id, target, id, now) || !calls_.bridge(id, transferee, target, now)) {
    calls_.refer_progress(id, transferor, 500, true, now);
    return;
  }
  if (call::Call* const call = calls_.find(id)) call->labels.variables["transferred_from"] = to_string(other_id);
  if (call::Call* const other = calls_.find(other_id)) other->labels.variables["transferred_to"] = to_string(id);
  calls_.refer_progress(id, transferor, 200, true, now);
  const call::Cause why{200, 16, "transferred"};
  calls_.hang_up_leg(id, transferor, why, now);
  calls_.hang_up_leg(other_id, transferor_there, why, now);
}

void Transfers::blind(CallId id, const call::Referred& referred, LegId transferee, TimePoint now) {
  const LegId transferor = referred.leg;
  const auto target = sip::Uri::parse(referred.target);
  const OfficeSnapshot office = dialler_.office_of(id);
  call::Call* const call = calls_.find(id);
  if (!target || !target->is_sip() || office == nullptr) {
    calls_.refer_progress(id, transferor, 400, true, now);
    return;
  }
  const call::Leg* const by = call->leg(transferor);
  routing::Facts facts;
  facts.from = by->far_end().number;
  facts.to = sip::unescape(target->user);
  facts.to_host = std::string(target->host);
  if (by->label.starts_with("user:")) {
    facts.origin = routing::Origin::user;
    facts.user = by->label.substr(5);
  } else if (by->label.starts_with("trunk:")) {
    facts.origin = routing::Origin::trunk;
    facts.trunk = by->label.substr(6);
  }
  if (const auto ours = by->local_media().rtp; ours) facts.local_host = to_string(ours.ip);
  const auto decision = routing::decide(*office->tables, directory_, facts);

  call::Headers headers;
  if (!referred.referred_by.empty()) headers.emplace_back("Referred-By", referred.referred_by);
  if (!referred.replaces.empty()) headers.emplace_back("Replaces", referred.replaces);  // of a dialog that is not ours
  const call::Leg* const from = call->leg(transferee);
  Dialler::Outcome outcome;
  outcome.ringing = [this, id, transferor](int status, TimePoint then) {
    calls_.refer_progress(id, transferor, status, false, then);
  };
  outcome.answered = [this, id, transferor, transferee](LegId leg, TimePoint then) {
    if (!calls_.bridge(id, transferee, leg, then)) {
      calls_.hang_up_leg(id, leg, {500, 41, "transfer failed"}, then);
      calls_.refer_progress(id, transferor, 500, true, then);
      return;
    }
    calls_.refer_progress(id, transferor, 200, true, then);
    calls_.hang_up_leg(id, transferor, {200, 16, "transferred"}, then);
  };
  outcome.taken = [this, id, transferor](const std::string& where, TimePoint then) {
    call::Call* const still = calls_.find(id);
    if (call::Leg* const told = still != nullptr ? still->leg(transferor) : nullptr)
      told->send_request("MESSAGE", {"text/plain", "The call is at " + where, {}}, 0, then);
    calls_.refer_progress(id, transferor, 200, true, then);
    calls_.hang_up_leg(id, transferor, {200, 16, "transferred"}, then);
  };
  outcome.failed = [this, id, transferor, transferee](const call::Cause& why, TimePoint then) {
    calls_.refer_progress(id, transferor, why.status >= 300 ? why.status : 480, true, then);
    call::Call* const still = calls_.find(id);
    if (still == nullptr) return;
    // The transferor may have left already, trusting the 202: then there is nobody to go back to.
    const call::Leg* const left = still->leg(transferor);
    if (left == nullptr || !left->is_up()) calls_.hang_up_leg(id, transferee, why, then);
  };
  dialler_.ring_for(id, transferee, from->far_end(), facts, decision.action, std::move(headers), office,
                    std::move(outcome), now);
}

void Transfers::replace(CallId id, const call::Leg& replaced, TimePoint now) {
  const call::Calls::Turn turn(calls_, now);
  const CallId into = calls_.call_of(replaced.id());
  const LegId old = replaced.id();
  const LegId peer = replaced.peer;
  call::Call* const call = calls_.find(id);
  if (call == nullptr) return;
  const LegId leg = call->first_leg_id();
  if (!into || !peer || into == id) {
    calls_.reject(id, leg, {481, 31, "the call to be replaced is not established"}, now);
    return;
  }
  call->labels.variables["transferred_to"] = to_string(into);
  if (!calls_.move_leg(id, leg, into, now) || !calls_.answer(into, leg, peer, now)) {
    calls_.reject(into, leg, {488, 88, "cannot take the place"}, now);
    return;
  }
  calls_.hang_up_leg(into, old, {200, 16, "replaced"}, now);
}

}  // namespace junctor::apps
