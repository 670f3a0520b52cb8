#include "registrar/users.hpp"

#include <utility>

namespace junctor::registrar {

using sip::digest::HashName;

std::string User::ha1(HashName name) const {
  switch (name) {
    case HashName::md5:
      return ha1_md5.hex();
    case HashName::sha256:
      return ha1_sha256.hex();
    case HashName::sha512_256:
      return ha1_sha512_256.hex();
  }
  return {};
}

const Forward& User::forward() const {
  static const Forward nowhere;
  return forwards == nullptr ? nowhere : *forwards;
}

void User::forward_to(Forward where) {
  forwards = where == Forward{} ? nullptr : std::make_shared<const Forward>(std::move(where));
}

void set_password(User& user, std::string_view realm, std::string_view password,
                  const sip::digest::HashFunctions& hashes) {
  const auto ha1 = [&](HashName name) {
    const sip::digest::Hash hash = hashes.get(name);
    return hash == nullptr ? std::string() : sip::digest::make_ha1(hash, user.username, realm, password);
  };
  user.ha1_md5 = Ha1<16>(ha1(HashName::md5));
  user.ha1_sha256 = Ha1<32>(ha1(HashName::sha256));
  user.ha1_sha512_256 = Ha1<32>(ha1(HashName::sha512_256));
}

store::UserRow to_row(const User& user, std::string_view realm) {
  store::UserRow row;
  row.username = user.username;
  row.realm = realm;
  row.display_name = user.display_name;
  row.ha1_md5 = user.ha1_md5.hex();
  row.ha1_sha256 = user.ha1_sha256.hex();
  row.ha1_sha512_256 = user.ha1_sha512_256.hex();
  row.voicemail = user.voicemail;
  row.ring_secs = user.ring_secs;
  row.forward_busy = user.forward().busy;
  row.forward_no_answer = user.forward().no_answer;
  row.forward_always = user.forward().always;
  row.forward_unregistered = user.forward().unregistered;
  return row;
}

User from_row(store::UserRow row) {
  User user;
  user.username = std::move(row.username);
  user.display_name = std::move(row.display_name);
  user.ha1_md5 = Ha1<16>(row.ha1_md5);
  user.ha1_sha256 = Ha1<32>(row.ha1_sha256);
  user.ha1_sha512_256 = Ha1<32>(row.ha1_sha512_256);
  user.forward_to({std::move(row.forward_busy), std::move(row.forward_no_answer), std::move(row.forward_always),
                   std::move(row.forward_unregistered)});
  user.ring_secs = row.ring_secs;
  user.voicemail = row.voicemail;
  return user;
}

void Users::count(const User& user, std::size_t change) {
  for (const HashName name : hash_names)
    if (!user.ha1(name).empty()) with_ha1_[static_cast<std::size_t>(name)] += change;
}

bool Users::put(User user) {
  const User* const before = find(user.username);
  if (before != nullptr && before->from_file && !user.from_file) return false;
  if (before != nullptr) remove(user.username);
  count(user, 1);
  auto kept = std::make_unique<User>(std::move(user));
  const std::string_view name = kept->username;
  users_.emplace(name, std::move(kept));
  return true;
}

bool Users::remove(std::string_view username) {
  const auto at = users_.find(username);
  if (at == users_.end()) return false;
  count(*at->second, -std::size_t{1});
  const std::unique_ptr<User> removed = std::move(at->second);  // the key is a part of it
  users_.erase(at);
  return true;
}

const User* Users::find(std::string_view username) const {
  const auto at = users_.find(username);
  return at == users_.end() ? nullptr : at->second.get();
}

void Users::for_each(const std::function<void(const User&)>& visit) const {
  for (const auto& [name, user] : users_) visit(*user);
}

}  // namespace junctor::registrar
