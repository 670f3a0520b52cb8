#include "registrar/update.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "sip/headers.hpp"

namespace junctor::registrar {
namespace {

std::string unquoted(std::string_view value) {
  if (value.size() < 2 || value.front() != '"' || value.back() != '"') return std::string(value);
  return sip::unescape_quoted(value.substr(1, value.size() - 2));
}

/// One Contact of the request.
struct Wanted {
  std::string uri;
  std::string instance;
  std::uint32_t reg_id = 0;
  std::uint32_t expires_secs = 0;
  std::uint16_t q_milli = 1000;
};

Result<Wanted, Refusal> read_contact(const sip::NameAddr& contact, std::uint32_t expires_header,
                                     const BindingLimits& limits) {
  if (!contact.uri.is_sip()) return fail(Refusal{400, "Contact Is Not a SIP URI"});
  Wanted wanted;
  wanted.uri = to_string(contact.uri);
  wanted.expires_secs = std::min(sip::contact_expires(contact).value_or(expires_header), limits.expires_max_secs);
  if (wanted.expires_secs > 0 && wanted.expires_secs < limits.expires_min_secs) {
    return fail(Refusal{423, "Interval Too Brief"});
  }
  const auto q = sip::contact_q(contact);
  if (!q) return fail(Refusal{400, "Bad q"});
  wanted.q_milli = *q;
  if (const auto instance = contact.params.get("+sip.instance")) wanted.instance = unquoted(*instance);
  if (const auto reg_id = contact.params.get("reg-id"); reg_id && !wanted.instance.empty()) {
    wanted.reg_id = sip::parse_seconds(*reg_id).value_or(0);
  }
  return wanted;
}

bool same_contact(std::string_view a, std::string_view b) {
  if (a == b) return true;
  const auto left = sip::Uri::parse(a);
  const auto right = sip::Uri::parse(b);
  return left && right && sip::equivalent(*left, *right);
}

/// The same phone comes back, be it under a new address: RFC 5626 §6 with reg-id; without, a phone that was restarted.
bool replaces(const Wanted& wanted, const Binding& binding) {
  if (same_contact(binding.contact(), wanted.uri)) return true;
  return !wanted.instance.empty() && binding.instance() == wanted.instance && binding.reg_id == wanted.reg_id;
}

/// §10.3 step 6 and 7: within one Call-ID only a higher CSeq is news.
bool out_of_order(const Binding& binding, const sip::Message& request) {
  return binding.call_id() == request.call_id() && request.cseq().number <= binding.cseq;
}

constexpr Refusal late{500, "CSeq Out of Order"};

std::string join_path(const sip::Message& request) {
  std::string path;
  for (const std::string_view value : request.values(sip::HeaderId::path)) {
    if (!path.empty()) path += '\n';
    path += value;
  }
  return path;
}

Result<Update, Refusal> plan_remove_all(std::span<const Binding> bindings, const sip::Message& request,
                                        std::size_t contacts, std::optional<std::uint32_t> expires, Update update) {
  if (contacts != 1 || expires != 0u) return fail(Refusal{400, "Contact * Needs Expires 0"});
  if (std::ranges::any_of(bindings, [&](const Binding& b) { return out_of_order(b, request); })) return fail(late);
  update.stored.remove_all = !bindings.empty();
  return update;
}

}  // namespace

Result<Update, Refusal> plan_update(std::span<const Binding> bindings, const sip::Message& request,
                                    std::string_view user, const Reach& source, const BindingLimits& limits,
                                    TimePoint now, WallTime wall) {
  Update update;
  update.stored.user = user;
  std::optional<std::uint32_t> expires;
  if (const auto text = request.header(sip::HeaderId::expires)) expires = sip::parse_seconds(*text);
  if (sip::is_contact_star(request)) {
    std::size_t contacts = 0;
    for ([[maybe_unused]] const std::string_view value : request.values(sip::HeaderId::contact)) ++contacts;
    return plan_remove_all(bindings, request, contacts, expires, std::move(update));
  }
  const auto contacts = sip::name_addrs(request, sip::HeaderId::contact);
  if (!contacts) return fail(Refusal{400, "Bad Contact"});
  if (contacts->size() > limits.contacts_max) return fail(Refusal{403, "Too Many Contacts"});
  if (!sip::name_addrs(request, sip::HeaderId::path)) return fail(Refusal{400, "Bad Path"});
  const std::string path = join_path(request);
  const std::string_view user_agent = request.header(sip::HeaderId::user_agent).value_or(std::string_view());

  std::size_t after = bindings.size();
  for (const sip::NameAddr& contact : *contacts) {
    const auto wanted = read_contact(contact, expires.value_or(limits.expires_default_secs), limits);
    if (!wanted) return fail(wanted.error());
    for (const Binding& old : bindings) {
      if (!replaces(*wanted, old)) continue;
      if (out_of_order(old, request)) return fail(late);
      if (std::ranges::find(update.stored.remove, old.contact()) != update.stored.remove.end()) continue;
      update.stored.remove.emplace_back(old.contact());
      --after;
    }
    if (wanted->expires_secs == 0) continue;
    const BindingText text{wanted->uri, path, request.call_id(), wanted->instance, user_agent};
    if (text.contact.size() + path.size() + text.call_id.size() + text.instance.size() + user_agent.size() >
        Binding::text_max) {
      return fail(Refusal{400, "Path Too Long"});
    }
    if (std::ranges::any_of(update.put, [&](const Binding& b) { return same_contact(b.contact(), wanted->uri); })) {
      return fail(Refusal{400, "Contact Given Twice"});
    }
    Binding& binding = update.put.emplace_back(text);
    binding.reach = source;
    binding.expires = now + seconds(wanted->expires_secs);
    binding.cseq = request.cseq().number;
    binding.reg_id = wanted->reg_id;
    binding.q_milli = wanted->q_milli;
    update.stored.put.push_back(to_row(binding, user, wall + seconds(wanted->expires_secs)));
    ++after;
  }
  if (after > limits.contacts_max) return fail(Refusal{403, "Too Many Contacts"});
  // A row that is written again need not be deleted before.
  std::erase_if(update.stored.remove, [&](const std::string& removed) {
    return std::ranges::any_of(update.put, [&](const Binding& b) { return b.contact() == removed; });
  });
  return update;
}

void apply_update(std::vector<Binding>& bindings, Update update) {
  if (update.stored.remove_all) bindings.clear();
  std::erase_if(bindings, [&](const Binding& old) {
    return std::ranges::find(update.stored.remove, old.contact()) != update.stored.remove.end() ||
           std::ranges::any_of(update.put, [&](const Binding& b) { return b.contact() == old.contact(); });
  });
  bindings.insert(bindings.end(), std::make_move_iterator(update.put.begin()),
                  std::make_move_iterator(update.put.end()));
}

}  // namespace junctor::registrar
