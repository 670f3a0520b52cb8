#include "call/saved_leg.hpp"

#include "base/saved_state.hpp"
#include "call/leg.hpp"

namespace junctor::call {
namespace {

constexpr std::uint8_t saved_layout = 5;

}  // namespace

std::string SavedLeg::save(TimePoint now) const {
  return save_value(saved_layout, *this, now);
}

std::optional<SavedLeg> SavedLeg::load(std::string_view saved, TimePoint now) {
  SavedLeg leg;
  if (!load_value(saved_layout, saved, leg, now)) return std::nullopt;
  return leg;
}

std::optional<SavedLeg> Leg::saved() const {
  const bool settled = state_ == LegState::established && exchange_ == Exchange::none && !acked_invite_ &&
                       !offer_in_2xx_ && !answer_in_ack_;
  if (!settled || !dialog_ || !hop_ || !local_ || !remote_) return std::nullopt;
  SavedLeg out;
  out.kind = kind_;
  out.direction = direction_;
  out.sip_call_id = call_id_;
  out.local_tag = local_tag_;
  out.label = label;
  out.far_end = far_end_;
  out.dialog = dialog_->save();
  out.hop = *hop_;
  out.hop.connection = {};
  out.invite_cseq = invite_cseq_;
  out.acked_cseq = acked_cseq_;
  out.ack_body = ack_body_;
  out.local = sip::sdp::serialize(*local_);
  out.remote = sip::sdp::serialize(*remote_);
  out.session_id = session_id_;
  out.codecs = codecs_;
  out.far_end_allows_update = far_end_allows_update_;
  out.far_end_allows_info = far_end_allows_info_;
  out.far_end_allows_refer = far_end_allows_refer_;
  out.held = held_;
  out.srtp = srtp_;
  out.voice = voice_processing_;
  out.session_timer = session_timer_;
  out.started = started;
  out.answered_at = answered_at;
  return out;
}

std::unique_ptr<Leg> Leg::restore(LegId id, const SavedLeg& saved, const media::PortLease& port,
                                  std::optional<sip::digest::Account> account, Services services,
                                  std::shared_ptr<const CallSettings> settings, LegOwner& owner, TimePoint now) {
  auto dialog = sip::Dialog::load(saved.dialog);
  auto local = sip::sdp::parse(saved.local);
  auto remote = sip::sdp::parse(saved.remote);
  if (!dialog || !local || !remote) return nullptr;
  auto leg = std::make_unique<Leg>(id, saved.kind, saved.direction, services, std::move(settings), owner);
  leg->state_ = LegState::established;
  leg->call_id_ = saved.sip_call_id;
  leg->local_tag_ = saved.local_tag;
  leg->label = saved.label;
  leg->far_end_ = saved.far_end;
  leg->dialog_ = std::move(*dialog);
  leg->hop_ = saved.hop;
  leg->invite_cseq_ = saved.invite_cseq;
  leg->acked_cseq_ = saved.acked_cseq;
  leg->ack_body_ = saved.ack_body;
  leg->local_ = std::move(*local);
  leg->remote_ = std::move(*remote);
  leg->session_id_ = saved.session_id;
  leg->codecs_ = saved.codecs;
  leg->far_end_allows_update_ = saved.far_end_allows_update;
  leg->far_end_allows_info_ = saved.far_end_allows_info;
  leg->far_end_allows_refer_ = saved.far_end_allows_refer;
  leg->held_ = saved.held;
  leg->srtp_ = saved.srtp;
  leg->voice_processing_ = saved.voice;
  leg->signalling_encrypted_ = saved.hop.protocol == transport::Protocol::tls;
  leg->session_timer_ = saved.session_timer;
  leg->started = saved.started;
  leg->answered_at = saved.answered_at;
  leg->port_ = port;
  if (account) {
    leg->outbound_ = Leg::OutboundInvite{};
    leg->outbound_->to.account = std::move(account);
  }
  leg->schedule_session_timer(now);
  return leg;
}

}  // namespace junctor::call
