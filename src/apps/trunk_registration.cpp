#include "apps/trunk_registration.hpp"

#include <algorithm>
#include <utility>

#include "sip/headers.hpp"

namespace junctor::apps {

using sip::HeaderId;
using sip::Message;
using sip::Method;
using transport::Origin;

namespace {

constexpr std::size_t contact_user_length = 24;  ///< letters and digits: more than anybody can guess

/// What the registrar granted us: of our Contact, if it names it, else of the whole answer (§10.2.4).
seconds granted_in(const Message& response, std::string_view contact_user, seconds asked) {
  std::optional<std::uint32_t> granted;
  for (const auto value : response.values(HeaderId::contact)) {
    const auto contact = sip::NameAddr::parse(value);
    if (!contact || contact->uri.user != contact_user) continue;
    if (const auto expires = contact->params.get("expires")) granted = sip::parse_seconds(*expires);
  }
  if (!granted)
    if (const auto header = response.header(HeaderId::expires)) granted = sip::parse_seconds(*header);
  return granted ? std::min<seconds>(seconds(*granted), TrunkRegistrations::expires_longest) : asked;
}

std::string reason_of(const Message& response, Origin origin) {
  if (origin == Origin::timeout) return "no response";
  if (origin == Origin::transport) return "unreachable";
  return std::to_string(response.status()) + ' ' + std::string(response.reason());
}

}  // namespace

std::string_view to_string(RegistrationState state) {
  switch (state) {
    case RegistrationState::registering:
      return "registering";
    case RegistrationState::registered:
      return "registered";
    case RegistrationState::failed:
      return "failed";
  }
  return "";
}

TrunkRegistrations::TrunkRegistrations(Parts parts)
    : parts_(std::move(parts)),
      succeeded_(parts_.counters.get("trunk_registrations_succeeded")),
      failed_(parts_.counters.get("trunk_registrations_failed")) {}

TrunkRegistrations::~TrunkRegistrations() {
  for (auto* const list : {&registrations_, &leaving_})
    for (const auto& registration : *list) parts_.timers.cancel(registration->timer);
}

// ------------------------------------------------------------------------------------------------------------ what is

std::optional<RegistrationFacts> TrunkRegistrations::find(std::string_view trunk, TimePoint now) const {
  const auto at = std::ranges::find_if(registrations_, [&](const auto& each) { return each->wanted.trunk == trunk; });
  if (at == registrations_.end()) return std::nullopt;
  RegistrationFacts facts = (*at)->facts;
  if (facts.expires && *facts.expires <= now) {
    facts.expires.reset();
    facts.state = RegistrationState::failed;
  }
  return facts;
}

std::string_view TrunkRegistrations::trunk_of_contact(std::string_view user) const {
  if (user.size() != contact_user_length) return {};
  for (const auto& registration : registrations_)
    if (registration->contact_user == user) return registration->wanted.trunk;
  return {};
}

std::size_t TrunkRegistrations::standing_timers() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(registrations_, [](const auto& registration) { return bool(registration->timer); }));
}

TrunkRegistrations::Registration* TrunkRegistrations::find_number(std::uint64_t number) {
  for (auto* const list : {&registrations_, &leaving_})
    for (const auto& registration : *list)
      if (registration->number == number) return registration.get();
  return nullptr;
}

// ---------------------------------------------------------------------------------------------------- coming and going

void TrunkRegistrations::set_accounts(std::vector<TrunkAccount> accounts, TimePoint now) {
  std::vector<std::unique_ptr<Registration>> before = std::exchange(registrations_, {});
  for (TrunkAccount& account : accounts) {
    const auto same = std::ranges::find_if(before, [&](const auto& each) { return each && each->wanted == account; });
    if (same != before.end()) {
      registrations_.push_back(std::move(*same));
      continue;
    }
    auto made = std::make_unique<Registration>();
    made->number = ++last_number_;
    made->expires = account.expires;
    made->wanted = std::move(account);
    made->contact_user = parts_.random.token(contact_user_length);
    made->call_id = parts_.random.token(20);
    made->from_tag = parts_.random.token(12);
    registrations_.push_back(std::move(made));
    begin(*registrations_.back(), now);
  }
  for (auto& gone : before)
    if (gone) leave(std::move(gone), now);
}

void TrunkRegistrations::stop(TimePoint now) {
  for (auto& registration : std::exchange(registrations_, {})) leave(std::move(registration), now);
}

void TrunkRegistrations::leave(std::unique_ptr<Registration> registration, TimePoint now) {
  parts_.timers.cancel(registration->timer);
  // What is not answered yet may succeed all the same; where nothing ever succeeded and nothing is open, nothing is
  // due.
  const bool due = registration->facts.expires > now || registration->open;
  if (!due) return;
  registration->leaving = true;
  leaving_.push_back(std::move(registration));
  Registration& left = *leaving_.back();
  if (!left.open && !left.locating) begin(left, now);
}

void TrunkRegistrations::forget_left(std::uint64_t number) {
  std::erase_if(leaving_, [&](const auto& each) { return each->number == number; });
}

void TrunkRegistrations::begin(Registration& registration, TimePoint now) {
  registration.requests = 0;
  registration.digest.begin();
  registration.locating = true;
  const std::uint64_t owner = owner_bit | registration.number;
  const auto target = transport::Target::to_uri(registration.wanted.registrar);
  if (const auto hops = parts_.endpoint.locate(target, owner, now)) on_located(owner, *hops, now);
}

void TrunkRegistrations::on_located(std::uint64_t owner, std::span<const transport::Hop> hops, TimePoint now) {
  Registration* const registration = find_number(owner & ~owner_bit);
  if (registration == nullptr || !std::exchange(registration->locating, false)) return;
  if (hops.empty())
    return give_up(*registration, "no address for " + registration->wanted.domain, usual_wait(*registration), now);
  registration->hops.assign(hops.begin(), hops.end());
  send(*registration, now);
}

// ------------------------------------------------------------------------------------------------------------ REGISTER

void TrunkRegistrations::send(Registration& registration, TimePoint now) {
  const TrunkAccount& wanted = registration.wanted;
  ++registration.requests;
  const transport::Hop& hop = registration.hops.front();
  const std::string aor = "<sip:" + sip::escape_user(wanted.account.username) + '@' + wanted.domain + '>';
  std::string contact =
      "<sip:" + registration.contact_user + '@' + to_string(parts_.endpoint.advertise().address_for(hop));
  if (hop.protocol == transport::Protocol::tcp) contact += ";transport=tcp";
  if (hop.protocol == transport::Protocol::tls) contact += ";transport=tls";
  Message request = Message::request(Method::register_, "sip:" + wanted.domain);
  request.add(HeaderId::from, aor + ";tag=" + registration.from_tag);
  request.add(HeaderId::to, aor);
  request.add(HeaderId::call_id, registration.call_id);
  request.add(HeaderId::cseq, std::to_string(++registration.cseq) + " REGISTER");
  request.add(HeaderId::contact, contact + '>');
  request.add(HeaderId::expires, registration.leaving ? "0" : std::to_string(registration.expires.count()));
  request.add(HeaderId::user_agent, parts_.product);
  registration.digest.authorize(request, wanted.account, parts_.hashes);
  registration.farewell = registration.leaving;
  registration.open =
      parts_.endpoint.send_request(std::move(request), {registration.hops, {}}, owner_bit | registration.number, now);
}

void TrunkRegistrations::on_response(std::uint64_t owner, TransactionId id, const Message& response, Origin origin,
                                     TimePoint now) {
  Registration* const registration = find_number(owner & ~owner_bit);
  if (registration == nullptr || registration->open != id || response.status() < 200) return;
  registration->open = {};
  const bool challenged = response.status() == 401 || response.status() == 407;
  if (challenged) return on_challenge(*registration, response, now);
  if (response.status() < 300) return on_success(*registration, response, now);
  on_refusal(*registration, response, origin, now);
}

void TrunkRegistrations::on_challenge(Registration& registration, const Message& response, TimePoint now) {
  using Taken = sip::ClientDigest::Taken;
  const Taken taken =
      registration.requests >= requests_max
          ? Taken::refused
          : registration.digest.take(response, registration.wanted.account, parts_.hashes, parts_.random.token(16));
  const std::string status = std::to_string(response.status());
  if (taken == Taken::answerable) {
    send(registration, now);
  } else if (taken == Taken::refused) {
    give_up(registration, status + ": username or password are not taken", retry_longest * between(0.8, 1.2), now);
  } else {
    give_up(registration, status + ": no challenge that can be answered", retry_longest * between(0.8, 1.2), now);
  }
}

void TrunkRegistrations::on_success(Registration& registration, const Message& response, TimePoint now) {
  if (registration.farewell) return forget_left(registration.number);
  if (registration.leaving) return begin(registration, now);
  const seconds granted = granted_in(response, registration.contact_user, registration.expires);
  if (granted <= seconds(0))
    return give_up(registration, "the registrar granted no time", usual_wait(registration), now);
  succeeded_.add();
  if (registration.facts.state != RegistrationState::registered || !registration.facts.reason.empty())
    parts_.log.info("registered at a trunk",
                    {{"trunk", registration.wanted.trunk}, {"secs", std::to_string(granted.count())}});
  registration.failures = 0;
  registration.facts = {RegistrationState::registered, {}, std::nullopt, now + granted};
  // About 5/6, and never in step with others.
  schedule(registration, now + granted * between(0.80, 0.86));
}

void TrunkRegistrations::on_refusal(Registration& registration, const Message& response, Origin origin, TimePoint now) {
  const int status = response.status();
  if (status == 423 && registration.requests < requests_max) {
    const auto least = response.header(HeaderId::min_expires);
    const auto wanted = least ? sip::parse_seconds(*least) : std::nullopt;
    if (wanted && seconds(*wanted) > registration.expires && seconds(*wanted) <= expires_longest) {
      registration.expires = seconds(*wanted);
      return send(registration, now);
    }
  }
  Duration wait = status == 403 || status == 404 ? retry_longest * between(0.8, 1.2) : usual_wait(registration);
  if (const auto after = sip::typed<sip::RetryAfter>(response, HeaderId::retry_after); after && after->seconds > 0)
    wait = std::clamp<Duration>(seconds(after->seconds), retry_first, retry_after_longest) * between(1.0, 1.1);
  give_up(registration, reason_of(response, origin), wait, now);
}

/// The longer, the more often it has failed already.
Duration TrunkRegistrations::usual_wait(const Registration& registration) {
  constexpr int doublings_max = 10;
  const Duration doubled = retry_first * (1 << std::min(registration.failures, doublings_max));
  return std::min(doubled, retry_longest) * between(0.8, 1.2);
}

void TrunkRegistrations::give_up(Registration& registration, std::string reason, Duration wait, TimePoint now) {
  if (registration.leaving) {
    // A first REGISTER that was under way when we left was not taken, or nobody wants to hear our farewell.
    const bool due = !registration.farewell && registration.facts.expires && *registration.facts.expires > now;
    return due ? begin(registration, now) : forget_left(registration.number);
  }
  failed_.add();
  ++registration.failures;
  RegistrationFacts& facts = registration.facts;
  if (facts.expires && *facts.expires <= now) facts.expires.reset();
  const bool news = facts.reason != reason;
  if (!facts.expires) facts.state = RegistrationState::failed;
  facts.reason = std::move(reason);
  facts.next_try = now + wait;
  if (news)
    parts_.log.warning("a trunk does not take our registration",
                       {{"trunk", registration.wanted.trunk},
                        {"reason", facts.reason},
                        {"next_try_secs", std::to_string(wait / seconds(1))}});
  schedule(registration, now + wait);
}

// -------------------------------------------------------------------------------------------------------------- time

void TrunkRegistrations::schedule(Registration& registration, TimePoint at) {
  parts_.timers.cancel(registration.timer);
  registration.timer = parts_.timers.schedule(at, *this, registration.number);
}

void TrunkRegistrations::on_timer(std::uint64_t token, TimePoint now) {
  Registration* const registration = find_number(token);
  if (registration == nullptr) return;
  registration->timer = {};
  registration->facts.next_try.reset();
  begin(*registration, now);
}

TrunkRegistrations::Factor TrunkRegistrations::between(double low, double high) {
  constexpr std::uint64_t steps = 1024;
  return {low + (high - low) * static_cast<double>(parts_.random.below(steps)) / steps};
}

}  // namespace junctor::apps
