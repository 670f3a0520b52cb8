#pragma once
// Who may register and call. Users of the configuration file and of the database are alike, once loaded; of a password
// only HA1 is kept.
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/flat_map.hpp"
#include "registrar/ha1.hpp"
#include "sip/digest.hpp"
#include "store/store.hpp"

namespace junctor::registrar {

/// Where a user's calls go instead; destinations as in the configuration ("user:1001", "voicemail:1001"). Empty:
/// nowhere.
struct Forward {
  std::string busy, no_answer, always, unregistered;
  bool operator==(const Forward&) const = default;
};

struct User {
  std::string username;  ///< also the number, and the user part of the address of record
  std::string display_name;
  Ha1<16> ha1_md5;
  Ha1<32> ha1_sha256;
  Ha1<32> ha1_sha512_256;
  std::shared_ptr<const Forward> forwards;  ///< null, as with most: nowhere in any case
  std::uint32_t ring_secs = 25;
  bool voicemail = true;
  bool from_file = false;  ///< of the configuration file: goes before a database user of the same name

  const Forward& forward() const;
  void forward_to(Forward where);
  /// Lower-case hexadecimal; empty: not there.
  std::string ha1(sip::digest::HashName name) const;
};

/// Fills the three HA1 from a plain password, which is then forgotten.
void set_password(User& user, std::string_view realm, std::string_view password,
                  const sip::digest::HashFunctions& hashes);

store::UserRow to_row(const User& user, std::string_view realm);
User from_row(store::UserRow row);

/// References to a User are good until the table is changed.
class Users {
 public:
  /// Adds or replaces. False, without effect, for a database user whose name a user of the file has.
  bool put(User user);
  bool remove(std::string_view username);
  /// Null when there is none. Exact, case-sensitive (RFC 3261 §19.1.4).
  const User* find(std::string_view username) const;
  std::size_t size() const { return users_.size(); }
  /// Whether there is no user who lacks this HA1.
  bool all_have(sip::digest::HashName name) const { return with_ha1_[static_cast<std::size_t>(name)] == size(); }
  void for_each(const std::function<void(const User&)>& visit) const;

 private:
  static constexpr std::array<sip::digest::HashName, 3> hash_names{
      sip::digest::HashName::md5, sip::digest::HashName::sha256, sip::digest::HashName::sha512_256};
  void count(const User& user, std::size_t change);

  FlatMap<std::string_view, std::unique_ptr<User>> users_;  // by the username of the User itself
  std::array<std::size_t, hash_names.size()> with_ha1_{};   // how many users have it
};

}  // namespace junctor::registrar
