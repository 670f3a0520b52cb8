#pragma once
// What a program names as destination, as something that can ring.
#include <string>
#include <vector>

#include "apps/office.hpp"
#include "apps/program/vocabulary.hpp"
#include "routing/routing.hpp"
#include "transport/endpoint.hpp"

namespace junctor::apps::program {

class Destinations {
 public:
  struct Parts {
    const routing::Directory& directory;
    const transport::Endpoint& endpoint;
  };
  explicit Destinations(Parts parts) : parts_(parts) {}

  void set_office(OfficeSnapshot office) { office_ = std::move(office); }
  const OfficeSnapshot& office() const { return office_; }

  /// A number, a tel URI, or a SIP URI: one of our own users where its host is `local`, one of hub.domains or our
  /// address; through a trunk where its host is `TRUNK` or `trunk/TRUNK`, or `trunk` is given. Routes decide about
  /// numbers. The trunks that are used must be among `allowed`, unless that is empty.
  Result<std::vector<routing::Target>, Failure> resolve(const std::string& destination, const std::string& trunk,
                                                        const std::string& from,
                                                        const std::vector<std::string>& allowed) const;
  /// The facts that a route sees of a call by a program.
  routing::Facts facts(const std::string& from, const std::string& to) const;

 private:
  bool is_ours(const std::string& host, std::uint16_t port) const;

  Parts parts_;
  OfficeSnapshot office_;
};

}  // namespace junctor::apps::program
