#pragma once
// The last SIP messages of the hub, in one ring of fixed size: what `calls show ID --messages` prints, also some time
// after the call's end. The oldest make room; REGISTER and what belongs to it are not kept.
#include <boost/circular_buffer.hpp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/touched_memory.hpp"
#include "transport/observer.hpp"

namespace junctor::call {

class MessageRing final : public transport::MessageObserver {
 public:
  static constexpr std::size_t bytes_default = std::size_t{16} * 1024 * 1024;

  struct Entry {
    TimePoint at{};
    transport::Direction direction = transport::Direction::received;
    transport::Protocol protocol = transport::Protocol::udp;
    Address local, remote;
    std::string text;
  };

  /// The memory is taken at once, so that it cannot run out under load.
  explicit MessageRing(std::size_t bytes = bytes_default, Duration keep = seconds(600));

  void on_message(transport::Direction direction, transport::Protocol protocol, const Address& local,
                  const Address& remote, std::string_view bytes, TimePoint now) override;

  /// Messages with one of these SIP Call-IDs, oldest first.
  std::vector<Entry> find(const std::vector<std::string>& call_ids) const;
  std::size_t size() const { return kept_.size(); }

 private:
  struct Kept {
    TimePoint at{};
    std::uint64_t call_id_hash = 0;
    std::size_t begin = 0;  // in buffer_
    std::uint32_t length = 0;
    transport::Direction direction = transport::Direction::received;
    transport::Protocol protocol = transport::Protocol::udp;
    Address local, remote;
  };

  std::vector<char> buffer_;
  Duration keep_;
  std::size_t next_ = 0;                                    // where the next message goes
  boost::circular_buffer<Kept, TouchedMemory<Kept>> kept_;  // in the order of the ring
};

}  // namespace junctor::call
