#include "call/vocabulary.hpp"

#include "sip/message.hpp"

namespace junctor::call {

std::string_view to_string(LegKind kind) {
  switch (kind) {
    case LegKind::device:
      return "device";
    case LegKind::trunk:
      return "trunk";
    case LegKind::guest:
      return "guest";
  }
  return "";
}

std::string_view to_string(HangupBy by) {
  switch (by) {
    case HangupBy::nobody:
      return "";
    case HangupBy::caller:
      return "caller";
    case HangupBy::callee:
      return "callee";
    case HangupBy::hub:
      return "hub";
  }
  return "";
}

std::string_view to_string(Refusal refusal) {
  switch (refusal) {
    case Refusal::no_such_call:
      return "no such call";
    case Refusal::no_such_leg:
      return "no such leg";
    case Refusal::wrong_state:
      return "the call has moved on";
    case Refusal::no_port:
      return "no media port is free";
    case Refusal::no_common_codec:
      return "no common codec";
    case Refusal::too_many_legs:
      return "too many legs";
    case Refusal::bad_digits:
      return "these digits cannot be sent";
    case Refusal::no_digits:
      return "the far end takes no digits";
    case Refusal::too_many_requests:
      return "too many requests wait for their answers";
    case Refusal::no_such_request:
      return "no such request waits for an answer";
  }
  return "";
}

namespace {

int q850_of_status(int status) {
  switch (status) {
    case 404:
    case 484:
    case 485:
    case 604:
      return 1;
    case 410:
      return 22;
    case 401:
    case 402:
    case 403:
    case 407:
    case 603:
      return 21;
    case 408:
      return 102;
    case 480:
      return 18;
    case 486:
    case 600:
      return 17;
    case 487:
      return 16;
    case 488:
    case 606:
      return 88;
    case 482:
    case 483:
      return 25;
    case 500:
      return 41;
    case 501:
      return 79;
    case 502:
    case 503:
      return 38;
    case 504:
      return 102;
    default:
      return status >= 500 ? 41 : status >= 400 ? 31 : 16;
  }
}

}  // namespace

Cause cause_of_status(int status, std::string_view text) {
  return {status, q850_of_status(status), std::string(text.empty() ? sip::reason_phrase(status) : text)};
}

Cause normal_clearing() {
  return {200, 16, "normal clearing"};
}

Cause answered_elsewhere() {
  return {200, q850_answered_elsewhere, "answered elsewhere"};
}

}  // namespace junctor::call
