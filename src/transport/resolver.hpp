#pragma once
// DNS as the transport sees it: questions out, answers back as events (Endpoint::on_resolved). net asks a real server,
// sim answers from a table. Caching, negative caching and RFC 3263 are done here, in locator.hpp.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.hpp"
#include "base/ids.hpp"
#include "base/time.hpp"

namespace junctor::transport {

using QueryId = Id<struct QueryTag>;

enum class RecordType : std::uint8_t { a, aaaa, srv, naptr };

/// One resource record; only the fields of its type are meaningful.
struct Record {
  RecordType type = RecordType::a;
  seconds ttl{60};
  IpAddress ip;                ///< a, aaaa
  std::uint16_t priority = 0;  ///< srv (RFC 2782); naptr: order (RFC 3403)
  std::uint16_t weight = 0;    ///< srv; naptr: preference
  std::uint16_t port = 0;      ///< srv
  std::string target;  ///< srv: without the final dot; "." or empty means "service not offered"; naptr: replacement
  std::string service = {};  ///< naptr: "SIPS+D2T"; only records with the flag "s" come here
};

enum class AnswerStatus : std::uint8_t {
  found,  ///< records may still be empty: the name exists without such records
  no_such_name,
  failed,  ///< no server answered in time, or refused; cached for a few seconds only
};

struct Answer {
  AnswerStatus status = AnswerStatus::failed;
  std::vector<Record> records;  ///< of the asked type, CNAMEs followed
};

class Resolver {
 public:
  virtual ~Resolver() = default;
  /// Asks for `name` (no final dot). The answer comes by Endpoint::on_resolved(id, …), always later and exactly once.
  /// False when the backlog is full: there will be no answer, and the caller goes on as after AnswerStatus::failed.
  virtual bool start(QueryId id, RecordType type, std::string_view name) = 0;
};

}  // namespace junctor::transport
