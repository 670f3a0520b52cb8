#include "config/without_effect.hpp"

#include <algorithm>
#include <optional>
#include <string_view>

namespace junctor::config {
namespace {

std::optional<std::string_view> refused_action(RouteAction action) {
  switch (action) {
    case RouteAction::queue:
      return "queue";
    case RouteAction::ivr:
      return "ivr";
    case RouteAction::voicemail:
      return "voicemail";
    default:
      return std::nullopt;
  }
}

std::optional<std::string_view> refused_action(NoAnswerAction action) {
  switch (action) {
    case NoAnswerAction::queue:
      return "queue";
    case NoAnswerAction::ivr:
      return "ivr";
    case NoAnswerAction::voicemail:
      return "voicemail";
    case NoAnswerAction::execute_rules:
      return "execute_rules";
    default:
      return std::nullopt;
  }
}

void look_at_smart_routing(const SmartRouting& c, std::vector<std::string>& out) {
  if (!c.enabled) return;
  const SmartRouting usual;
  const std::string passes = ": keys pass as they come";
  if (c.dtmf_handling != usual.dtmf_handling) out.push_back("rwi.smart_routing.dtmf.handling" + passes);
  if (!c.hotkeys.empty()) out.push_back("rwi.smart_routing.dtmf.hotkeys" + passes);
  if (c.dtmf_log_to_cdr) out.push_back("rwi.smart_routing.dtmf.log_to_cdr: records have no keys");
  if (std::ranges::any_of(c.in_dialog_rules, [](const InDialogRule& rule) {
        return rule.enabled && rule.action.type == InDialogActionType::execute_rule;
      }))
    out.push_back("rwi.smart_routing.in_dialog.rules with execute_rule: the request is passed on");
  if (c.when_rwi_disconnected != usual.when_rwi_disconnected || !c.fallback_rules.empty())
    out.push_back("rwi.smart_routing.fallback: calls wait rwi.orphan_hold_secs for their program");
}

}  // namespace

std::vector<std::string> without_effect(const Config& config) {
  std::vector<std::string> out;
  for (const Route& route : config.routes)
    if (const auto action = refused_action(route.action))
      out.push_back("action \"" + std::string(*action) + "\" of route \"" + route.name +
                    "\": calls are refused with 501");
  for (const RwiContext& context : config.rwi.contexts)
    if (const auto action = refused_action(context.no_answer_action))
      out.push_back("no_answer_action \"" + std::string(*action) + "\" of context \"" + context.name +
                    "\": the call goes to its no_answer_transfer_target");
  look_at_smart_routing(config.rwi.smart_routing, out);
  if (!config.rwi.local_rules.empty()) out.push_back("rwi.local_rules: no rule is carried out");
  if (!config.queues.empty()) out.push_back("queues: calls for a queue are refused with 501");
  if (!config.ivr.empty()) out.push_back("ivr: calls for a menu are refused with 501");
  return out;
}

}  // namespace junctor::config
