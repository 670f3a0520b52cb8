#pragma once
// The door: who is calling, and may they. Every INVITE outside a dialog passes here; refusals are a flat list, one
// status each. What passes becomes a Call and goes to the dialler.
#include <functional>
#include <optional>
#include <string>

#include "apps/dial.hpp"
#include "apps/office.hpp"
#include "apps/transfer.hpp"
#include "apps/trunk_registration.hpp"
#include "call/calls.hpp"
#include "registrar/authenticator.hpp"
#include "registrar/guard.hpp"
#include "routing/routing.hpp"
#include "store/store.hpp"
#include "transport/endpoint.hpp"

namespace junctor::apps {

class Admission {
 public:
  struct Parts {
    transport::Endpoint& endpoint;
    call::Calls& calls;
    Dialler& dialler;
    Transfers& transfers;
    const TrunkRegistrations& trunk_registrations;
    registrar::Authenticator& authenticator;
    registrar::Guard& guard;
    const routing::Directory& directory;
    store::Store& store;
    media::Plane& media;
    Random& random;
    Counters& counters;
  };

  explicit Admission(Parts parts)
      : parts_(parts), refused_(parts.counters.get("calls_refused")), overload_(parts.counters.get("calls_overload")) {}

  void set_office(OfficeSnapshot office) { office_ = std::move(office); }
  void set_draining(std::optional<seconds> retry_after) { draining_ = retry_after; }
  bool draining() const { return draining_.has_value(); }

  void on_invite(TransactionId id, const sip::Message& invite, const transport::Source& source, TimePoint now);

  /// The trunk that requests from this address belong to; null: none.
  const Trunk* trunk_at(const IpAddress& from) const;

 private:
  struct Caller {
    call::LegKind kind = call::LegKind::guest;
    call::Party party;
    std::string label;
    std::vector<std::string> codecs;
    call::SrtpPolicy srtp = call::SrtpPolicy::off;
    media::VoiceProcessing voice;
  };

  void refuse(TransactionId id, const sip::Message& invite, int status, TimePoint now,
              const call::Headers& headers = {});
  bool has_unsupported_requirement(const sip::Message& invite, std::string& unsupported) const;
  /// By the Contact that we registered with, where the INVITE goes to that; else by the address it comes from.
  const Trunk* trunk_of(const sip::Uri& target, const IpAddress& from) const;
  /// Nothing: the INVITE has been answered (challenged or refused).
  std::optional<Caller> identify(TransactionId id, const sip::Message& invite, const transport::Source& source,
                                 routing::Facts& facts, TimePoint now);

  Parts parts_;
  OfficeSnapshot office_;
  std::optional<seconds> draining_;
  Counter& refused_;
  Counter& overload_;
};

}  // namespace junctor::apps
