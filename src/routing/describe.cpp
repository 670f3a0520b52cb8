// Actions as one line for people.
#include "routing/routing.hpp"

namespace junctor::routing {
namespace {

std::string_view word(FeatureKind kind) {
  switch (kind) {
    case FeatureKind::echo:
      return "echo";
    case FeatureKind::tone:
      return "tone";
    case FeatureKind::voicemail:
      return "voicemail";
    case FeatureKind::voicemail_any:
      return "voicemail_any";
    case FeatureKind::group_pickup:
      return "group_pickup";
    case FeatureKind::directed_pickup:
      return "directed_pickup";
    case FeatureKind::park:
      return "park";
    case FeatureKind::park_lot:
      return "park_lot";
  }
  return "";
}

struct Describe {
  std::string operator()(const RingUser& t) const { return "user:" + t.username; }
  std::string operator()(const RingBrowsers&) const { return "browsers"; }
  std::string operator()(const Dial& t) const { return t.trunk.empty() ? t.uri : t.uri + " (trunk " + t.trunk + ")"; }

  std::string operator()(const Ring& ring) const {
    std::string out = "ring ";
    for (const Target& target : ring.targets) {
      if (&target != &ring.targets.front()) out += ", ";
      out += std::visit(*this, target.to);
      if (target.delay > seconds(0)) out += " after " + std::to_string(target.delay.count()) + " s";
      if (target.ring > seconds(0)) out += " for " + std::to_string(target.ring.count()) + " s";
    }
    out += "; no answer after " + std::to_string(ring.no_answer.count()) + " s";
    if (ring.on_no_answer) out += ": " + to_string(*ring.on_no_answer);
    if (ring.on_busy) out += "; busy: " + to_string(*ring.on_busy);
    if (ring.on_unregistered) out += "; unregistered: " + to_string(*ring.on_unregistered);
    return out;
  }
  std::string operator()(const Feature& f) const {
    const std::string out = "feature " + std::string(word(f.kind));
    return f.argument.empty() ? out : out + " " + f.argument;
  }
  std::string operator()(const Queue& a) const { return "queue:" + a.name; }
  std::string operator()(const Ivr& a) const { return "ivr:" + a.name; }
  std::string operator()(const Conference& a) const { return "conference:" + a.name; }
  std::string operator()(const Voicemail& a) const { return "voicemail:" + a.box; }
  std::string operator()(const Rwi& a) const { return "rwi:" + a.context; }
  std::string operator()(const App& a) const { return "app " + a.name; }
  std::string operator()(const Reject& a) const {
    std::string out = "reject " + std::to_string(a.code);
    if (a.q850 != 0) out += " (Q.850 " + std::to_string(a.q850) + ")";
    return a.reason.empty() ? out : out + ": " + a.reason;
  }
  std::string operator()(const Challenge&) const { return "challenge (401)"; }
};

}  // namespace

std::string to_string(const Action& action) {
  return std::visit(Describe{}, action);
}

}  // namespace junctor::routing
