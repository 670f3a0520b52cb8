#pragma once
// RWI commands that send SIP requests inside a call's dialog.
#include "apps/program/vocabulary.hpp"

namespace junctor::apps::program {

struct SipDone {
  std::uint32_t sip_status = 0;
  std::string body;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("sip_status", "of the final response"), s.sip_status);
    visit(Field("body", "of the final response").up_to_bytes(65'536), s.body);
  }
};

struct SipMessage {
  static constexpr CommandInfo info{"sip.message", "SipMessage", Scope::call, "Sends MESSAGE to a call's far end.",
                                    "its final response has come"};
  OwnCall call_id;
  std::string content_type = "text/plain";
  std::string body;
  std::string leg_id;
  using Done = SipDone;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("call_id", "an answered call").needed(), s.call_id);
    visit(Field("content_type", "of the body").up_to_bytes(256), s.content_type);
    visit(Field("body", "what it says").up_to_bytes(32'768), s.body);
    visit(Field("leg_id", "which of its legs; the call's own far end without"), s.leg_id);
  }
};

struct SipNotify {
  static constexpr CommandInfo info{"sip.notify", "SipNotify", Scope::call, "Sends NOTIFY to a call's far end.",
                                    "its final response has come"};
  OwnCall call_id;
  std::string event;
  std::string content_type = "application/json";
  std::string body;
  std::string leg_id;
  using Done = SipDone;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("call_id", "an answered call").needed(), s.call_id);
    visit(Field("event", "the event package").up_to_bytes(128), s.event);
    visit(Field("content_type", "of the body").up_to_bytes(256), s.content_type);
    visit(Field("body", "what it says").up_to_bytes(32'768), s.body);
    visit(Field("leg_id", "which of its legs; the call's own far end without"), s.leg_id);
  }
};

struct SipInfo {
  static constexpr CommandInfo info{"sip.info", "SipInfo", Scope::call, "Sends INFO to a call's far end.",
                                    "its final response has come"};
  OwnCall call_id;
  std::string content_type = "application/json";
  std::string body;
  std::string leg_id;
  using Done = SipDone;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("call_id", "an answered call").needed(), s.call_id);
    visit(Field("content_type", "of the body").up_to_bytes(256), s.content_type);
    visit(Field("body", "what it says").up_to_bytes(32'768), s.body);
    visit(Field("leg_id", "which of its legs; the call's own far end without"), s.leg_id);
  }
};

struct SipOptionsPing {
  static constexpr CommandInfo info{"sip.options_ping", "SipOptionsPing", Scope::call,
                                    "Asks a call's far end whether it is there.", "its final response has come"};
  OwnCall call_id;
  std::string leg_id;
  struct Done {
    std::uint32_t sip_status = 0;
    double rtt_ms = 0;
    template <class Self, class Visitor>
    static void fields(Self& s, Visitor& visit) {
      visit(Field("sip_status", "of the final response"), s.sip_status);
      visit(Field("rtt_ms", "from request to response"), s.rtt_ms);
    }
  };
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("call_id", "an answered call").needed(), s.call_id);
    visit(Field("leg_id", "which of its legs; the call's own far end without"), s.leg_id);
  }
};

struct SipRespond {
  static constexpr CommandInfo info{"sip.respond", "SipRespond", Scope::call,
                                    "Answers a request that a dialog.message event asked about.",
                                    "the response is sent"};
  std::string request_id;
  std::uint32_t code = 200;
  std::string content_type;
  std::string body;
  using Done = NoData;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("request_id", "of that event").needed(), s.request_id);
    visit(Field("code", "SIP status").needed().between(200, 699), s.code);
    visit(Field("content_type", "of the body").up_to_bytes(256), s.content_type);
    visit(Field("body", "what it says").up_to_bytes(32'768), s.body);
  }
};

}  // namespace junctor::apps::program
