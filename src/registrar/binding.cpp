#include "registrar/binding.hpp"

#include <string>

#include "base/check.hpp"

namespace junctor::registrar {

Binding::Binding(const BindingText& text) {
  const std::array<std::string_view, 5> parts = {text.contact, text.path, text.call_id, text.instance, text.user_agent};
  std::size_t size = 0;
  for (const std::string_view p : parts) size += p.size();
  JUNCTOR_CHECK(size <= text_max);
  text_.reserve(size);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    text_.append(parts[i]);
    ends_[i] = static_cast<std::uint16_t>(text_.size());
  }
}

store::BindingRow to_row(const Binding& binding, std::string_view user, WallTime expires) {
  store::BindingRow row;
  row.user = user;
  row.contact = binding.contact();
  row.protocol = static_cast<std::uint8_t>(binding.reach.protocol);
  row.received = to_string(binding.reach.remote);
  row.local = to_string(binding.reach.local);
  row.listener = binding.reach.listener;
  row.path = binding.path();
  row.q_milli = binding.q_milli;
  row.expires_ms = expires.time_since_epoch().count();
  row.call_id = binding.call_id();
  row.cseq = binding.cseq;
  row.instance = binding.instance();
  row.reg_id = binding.reg_id;
  row.user_agent = binding.user_agent();
  return row;
}

std::optional<Binding> from_row(const store::BindingRow& row, TimePoint expires) {
  const auto remote = Address::parse(row.received);
  const auto local = Address::parse(row.local);
  const std::size_t size =
      row.contact.size() + row.path.size() + row.call_id.size() + row.instance.size() + row.user_agent.size();
  if (!remote || !local || size > Binding::text_max || row.protocol > static_cast<std::uint8_t>(Protocol::wss)) {
    return std::nullopt;
  }
  Binding binding({row.contact, row.path, row.call_id, row.instance, row.user_agent});
  binding.reach = {static_cast<Protocol>(row.protocol), row.listener, {}, *local, *remote};
  binding.expires = expires;
  binding.cseq = row.cseq;
  binding.reg_id = row.reg_id;
  binding.q_milli = row.q_milli;
  return binding;
}

}  // namespace junctor::registrar
