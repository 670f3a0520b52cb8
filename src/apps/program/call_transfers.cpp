#include "apps/program/call_transfers.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "sip/name_addr.hpp"
#include "sip/uri.hpp"

namespace junctor::apps::program {
namespace {

constexpr std::string_view blind = "Transfer failed: ";
constexpr std::string_view into_dialog = "Replace transfer failed: ";
/// Refusals of REFER as such, by far ends that could still be transferred by calls of ours.
constexpr std::array refuses_refer = {403, 405, 420, 480, 501, 603};

Failure transfer_failed(const std::string& prefix, std::string_view code, std::string_view word) {
  return failed(code, prefix + std::string(word));
}

std::optional<std::uint32_t> number(int status) {
  return status == 0 ? std::nullopt : std::optional(static_cast<std::uint32_t>(status));
}

/// Host and port by which the far end knows us.
std::string our_host(const call::Leg& leg) {
  const auto ours = leg.dialog() == nullptr ? std::nullopt : sip::NameAddr::parse(leg.dialog()->local_uri());
  if (!ours || !ours->uri.is_sip()) return {};
  std::string out(ours->uri.host);
  if (ours->uri.port != 0) out += ':' + std::to_string(ours->uri.port);
  return out;
}

std::string our_uri(const call::Leg& leg) {
  const auto ours = leg.dialog() == nullptr ? std::nullopt : sip::NameAddr::parse(leg.dialog()->local_uri());
  return ours ? to_string(ours->uri) : std::string();
}

bool is_bare_number(std::string_view text) {
  return !text.empty() && text.find_first_of("@:;?/<> \r\n\t") == std::string_view::npos;
}

bool is_one_line(std::string_view text) {
  return std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) <= 0x20; });
}

}  // namespace

std::optional<Failure> CallTransfers::not_possible(const ProgramCall& entry, const std::string& prefix) {
  const call::Leg* const leg = parts_.programs.leg_of(entry);
  const bool talks = entry.place == Place::alone || entry.place == Place::bridged;
  if (!entry.answered || leg == nullptr || !leg->is_up() || !talks || entry.consults || under_way_.contains(entry.id))
    return transfer_failed(prefix, "invalid_state", "invalid_state");
  if (under_way_.size() >= settings_.transfers_max)
    return failed("rate_limited", "rate limited: " + prefix + "too many transfers are under way");
  return std::nullopt;
}

std::optional<std::string> CallTransfers::uri_for(const call::Leg& leg, const std::string& target) const {
  const std::string host = our_host(leg);
  if (is_bare_number(target)) {
    if (host.empty()) return std::nullopt;
    return "sip:" + sip::escape_user(target) + '@' + host;
  }
  const auto uri = sip::Uri::parse(target);
  if (!uri || !is_one_line(target)) return std::nullopt;
  if (uri->is_tel()) return target;
  if (!uri->is_sip()) return std::nullopt;
  if (parts_.destinations.office()->find_trunk(uri->host) != nullptr || target.find("@trunk/") != std::string::npos)
    return std::nullopt;
  if (uri->host != "local") return target;
  if (host.empty()) return std::nullopt;
  return "sip:" + std::string(uri->user) + '@' + host;
}

// ------------------------------------------------------------------------------------------------------------ commands

void CallTransfers::run(const CallTransfer& c, const Requester& who, Reply<CallTransfer> reply, TimePoint now) {
  const call::Calls::Turn turn(parts_.calls, now);
  const ProgramCall& entry = *parts_.programs.find(c.call_id.id);
  const std::string prefix(blind);
  if (auto why = not_possible(entry, prefix)) return reply(fail(std::move(*why)), now);
  if (stream::BridgeTarget::is_one(c.target)) {
    under_way_.emplace(entry.id, Transfer{c.target, who.trunks, std::move(reply), false, prefix});
    return dial_program(entry.id, now);
  }
  const call::Leg& leg = *parts_.programs.leg_of(entry);
  const auto uri = uri_for(leg, c.target);
  const bool by_refer = c.method == TransferMethod::refer ||
                        (c.method == TransferMethod::automatic && settings_.refer && leg.takes_refer() && uri);
  if (by_refer && !uri) return reply(fail(transfer_failed(prefix, "invalid_target", "invalid_target")), now);
  Transfer transfer{c.target, who.trunks, std::move(reply), false, prefix};
  transfer.may_fall_back = c.method == TransferMethod::automatic && settings_.fallback;
  if (!by_refer) {
    if (auto action = action_for(transfer, entry.caller); !action)
      return transfer.reply(fail(std::move(action.error())), now);
  }
  under_way_.emplace(entry.id, std::move(transfer));
  if (by_refer) return refer(entry.id, {*uri, {}, our_uri(leg), settings_.refer_timeout}, now);
  dial(entry.id, now);
}

void CallTransfers::run(const CallTransferReplace& c, const Requester& who, Reply<CallTransferReplace> reply,
                        TimePoint now) {
  const call::Calls::Turn turn(parts_.calls, now);
  const ProgramCall& entry = *parts_.programs.find(c.call_id.id);
  const std::string prefix(into_dialog);
  if (auto why = not_possible(entry, prefix)) return reply(fail(std::move(*why)), now);
  call::Leg::Refer what;
  what.deadline = settings_.refer_timeout;
  const auto uri = is_one_line(c.target) ? sip::Uri::parse(c.target) : std::nullopt;
  if (uri && uri->is_sip() && uri->header("Replaces")) {
    what.target = c.target;
  } else {
    const ProgramCall* const other = parts_.programs.find(who.token, c.target, now);
    if (other == nullptr || other->ended || other->owner != who.session) return reply(fail(not_found(c.target)), now);
    const call::Leg* const replaced = parts_.programs.leg_of(*other);
    if (other->id == entry.id || replaced == nullptr || !replaced->is_up() || replaced->dialog() == nullptr)
      return reply(fail(transfer_failed(prefix, "invalid_target", "invalid_target")), now);
    // Who is called there looks for its own dialog: its own tag is the To tag (RFC 3891 §3).
    const sip::DialogId& dialog = replaced->dialog()->id();
    what.target = replaced->dialog()->remote_target();
    what.replaces = dialog.call_id + ";to-tag=" + dialog.remote_tag + ";from-tag=" + dialog.local_tag;
  }
  what.referred_by = our_uri(*parts_.programs.leg_of(entry));
  under_way_.emplace(entry.id, Transfer{c.target, who.trunks, std::move(reply), false, prefix});
  refer(entry.id, what, now);
}

// --------------------------------------------------------------------------------------------------------------- REFER

void CallTransfers::refer(CallId id, const call::Leg::Refer& what, TimePoint now) {
  const ProgramCall& entry = *parts_.programs.find(id);
  const auto told = [this, id](const call::ReferNews& news, TimePoint then) { on_refer(id, news, then); };
  if (parts_.calls.refer(id, entry.leg, what, told, now)) return;
  auto node = under_way_.extract(id);
  node.mapped().reply(fail(transfer_failed(node.mapped().prefix, "invalid_state", "invalid_state")), now);
}

void CallTransfers::on_refer(CallId id, const call::ReferNews& news, TimePoint now) {
  const auto at = under_way_.find(id);
  if (at == under_way_.end()) return;
  using Step = call::ReferNews::Step;
  switch (news.step) {
    case Step::accepted:
      return accept(id, now);
    case Step::trying:
      return;
    case Step::refused:
      if (at->second.may_fall_back && std::ranges::find(refuses_refer, news.status) != refuses_refer.end())
        return dial(id, now);
      return fail_with(id, news.status, "refer_rejected", now);
    case Step::failed:
      return fail_with(id, news.status, "refer_rejected", now);
    case Step::timeout:
      return fail_with(id, 0, "timeout", now);
    case Step::gone:
      return fail_with(id, 0, "cancelled", now);
    case Step::succeeded:
      break;
  }
  const call::Calls::Turn turn(parts_.calls, now);
  const std::string target = under_way_.extract(at).mapped().target;
  ProgramCall* const entry = parts_.programs.find(id);
  if (entry == nullptr) return;
  tell_transferred(id, target, now);
  release_partner(*entry, target, now);
  entry->hangup_reason = "refer";
  entry->hangup_by = "transfer";
  parts_.calls.hang_up(id, {200, 16, "transferred"}, now);
}

// ----------------------------------------------------------------------------------------------------- calls of the
// hub

Result<routing::Action, Failure> CallTransfers::action_for(const Transfer& transfer, const std::string& from) const {
  const Destinations& destinations = parts_.destinations;
  const auto named = routing::Destination::parse(transfer.target);
  using Kind = routing::Destination::Kind;
  if (named && named->kind != Kind::dial) {
    auto action = routing::resolve(*destinations.office()->tables, parts_.directory, *named,
                                   destinations.facts(from, transfer.target));
    const bool possible =
        std::holds_alternative<routing::Ring>(action) || std::holds_alternative<routing::Conference>(action);
    if (possible) return action;
    return fail(transfer_failed(transfer.prefix, "invalid_target", "invalid_target: " + routing::to_string(action)));
  }
  auto targets = destinations.resolve(transfer.target, {}, from, transfer.trunks);
  if (!targets && targets.error().code == "forbidden") return fail(std::move(targets.error()));
  if (!targets)
    return fail(transfer_failed(transfer.prefix, "invalid_target", "invalid_target: " + targets.error().message));
  routing::Ring ring;
  ring.targets = std::move(*targets);
  ring.no_answer = settings_.ring_time;
  return routing::Action(std::move(ring));
}

void CallTransfers::dial(CallId id, TimePoint now) {
  const call::Calls::Turn turn(parts_.calls, now);
  const ProgramCall* const entry = parts_.programs.find(id);
  const call::Leg* const far_end = entry == nullptr ? nullptr : parts_.programs.leg_of(*entry);
  if (far_end == nullptr) return fail_with(id, 0, "cancelled", now);
  auto action = action_for(under_way_.at(id), entry->caller);
  if (!action) return fail_with(id, 0, "invalid_target", now);
  Dialler::Outcome outcome;
  outcome.answered = [this, id](LegId leg, TimePoint then) { on_answered(id, leg, then); };
  outcome.taken = [this, id](const std::string&, TimePoint then) { on_answered(id, {}, then); };
  outcome.failed = [this, id](const call::Cause& why, TimePoint then) {
    constexpr int no_answer = 19;  // Q.850
    const bool late = why.q850 == no_answer || why.status == 408;
    fail_with(id, why.status, late ? "timeout" : "refer_rejected", then);
  };
  parts_.dialler.ring_for(id, entry->leg, far_end->far_end(),
                          parts_.destinations.facts(entry->caller, under_way_.at(id).target), std::move(*action), {},
                          parts_.destinations.office(), std::move(outcome), now);
}

void CallTransfers::dial_program(CallId id, TimePoint now) {
  ProgramCall& entry = *parts_.programs.find(id);
  parts_.streams.bridge(
      entry, under_way_.at(id).target,
      [this, id](const Result<NoData, Failure>& done, TimePoint then) {
        done ? on_program_there(id, then) : fail_with(id, 0, done.error().message, then);
      },
      [this, id](const ProgramStreams::BridgeEnd& end, TimePoint then) { on_program_gone(id, end, then); }, now);
}

void CallTransfers::on_program_there(CallId id, TimePoint now) {
  ProgramCall* const entry = parts_.programs.find(id);
  if (!under_way_.contains(id) || entry == nullptr) return;
  const call::Calls::Turn turn(parts_.calls, now);
  accept(id, now);
  const std::string target = under_way_.extract(id).mapped().target;
  release_partner(*entry, target, now);
  entry->place = Place::elsewhere;
  tell_transferred(id, target, now);
}

void CallTransfers::on_program_gone(CallId id, const ProgramStreams::BridgeEnd& end, TimePoint now) {
  ProgramCall* const entry = parts_.programs.find(id);
  if (entry == nullptr || entry->ended) return;
  const auto target = end.returns.find("target");
  if (target == end.returns.end() || under_way_.contains(id)) {
    entry->hangup_by = "transfer";
    return (void)parts_.calls.hang_up(id, {200, 16, end.reason}, now);
  }
  entry->place = Place::alone;
  under_way_.emplace(id, Transfer{target->second, {}, nullptr, false, std::string(blind)});
  stream::BridgeTarget::is_one(target->second) ? dial_program(id, now) : dial(id, now);
}

/// REFER was accepted, or the INVITE is on the wire.
void CallTransfers::accept(CallId id, TimePoint now) {
  const auto at = under_way_.find(id);
  if (at == under_way_.end() || !at->second.reply) return;
  const std::string target = at->second.target;
  std::exchange(at->second.reply, nullptr)(NoData{}, now);
  parts_.events.publish({id, {}, {}, events::CallTransferAccepted{target}}, now);
}

/// No leg: the far end itself is there (a conference).
void CallTransfers::on_answered(CallId id, LegId leg, TimePoint now) {
  ProgramCall* const entry = parts_.programs.find(id);
  if (!under_way_.contains(id) || entry == nullptr) return;
  const call::Calls::Turn turn(parts_.calls, now);
  accept(id, now);
  const std::string target = under_way_.at(id).target;
  release_partner(*entry, target, now);
  entry->place = Place::elsewhere;
  if (leg) {
    if (!parts_.calls.bridge(id, entry->leg, leg, now)) {
      parts_.calls.hang_up_leg(id, leg, {500, 41, "transfer failed"}, now);
      parts_.bridges.seat_alone(*entry, now);
      return fail_with(id, 0, "bridge_failed", now);
    }
    if (call::Leg* const made = parts_.calls.find(id)->leg(leg)) made->kept = true;
  }
  transferred_[id] = leg;
  under_way_.erase(id);
  entry->hangup_by = "transfer";
  tell_transferred(id, target, now);
}

void CallTransfers::release_partner(ProgramCall& entry, const std::string& target, TimePoint now) {
  ProgramCall* const partner = parts_.bridges.partner(entry);
  if (partner == nullptr) return;
  const auto parted = parts_.bridges.part_quietly(entry, now);
  parts_.bridges.tell_parted(parted, now);
  partner->hangup_reason = "refer";
  partner->hangup_by = "transfer";
  parts_.calls.hang_up(partner->id, {200, 16, "transferred to " + target}, now);
}

// ----------------------------------------------------------------------------------------------------------------- end

void CallTransfers::tell_transferred(CallId id, const std::string& target, TimePoint now) {
  parts_.events.publish({id, {}, {}, events::CallTransferred{target}}, now);
}

void CallTransfers::fail_with(CallId id, int status, const std::string& reason, TimePoint now) {
  auto node = under_way_.extract(id);
  if (node.empty()) return;
  const Transfer& transfer = node.mapped();
  if (transfer.reply) transfer.reply(fail(transfer_failed(transfer.prefix, reason, reason)), now);
  const ProgramCall* const entry = parts_.programs.find(id);
  if (entry == nullptr || entry->ended) return;
  parts_.events.publish({id, {}, {}, events::CallTransferFailed{number(status), reason, transfer.target}}, now);
}

void CallTransfers::on_call_event(const call::Event& event, TimePoint now) {
  if (std::holds_alternative<call::LegCalling>(event.body)) {
    accept(event.call, now);
  } else if (const auto* gone = std::get_if<call::LegGone>(&event.body)) {
    const auto at = transferred_.find(event.call);
    const ProgramCall* const entry = parts_.programs.find(event.call);
    if (at == transferred_.end() || entry == nullptr) return;
    const bool by_far_end = gone->leg == entry->leg;
    if (!by_far_end && gone->leg != at->second) return;
    const bool by_caller = by_far_end && entry->inbound;
    parts_.calls.hang_up(event.call, gone->cause, now, by_caller ? call::HangupBy::caller : call::HangupBy::callee);
  } else if (std::holds_alternative<call::Ended>(event.body)) {
    transferred_.erase(event.call);
    fail_with(event.call, 0, "cancelled", now);
  }
}

}  // namespace junctor::apps::program
