#pragma once
// For the tests of this room: a worker with recorded output and far ends that speak RTP, all in simulated time.
#include <map>
#include <random>
#include <utility>
#include <vector>

#include "media/port.hpp"
#include "media/worker.hpp"
#include "rtp/packet.hpp"
#include "rtp/rtcp.hpp"

namespace junctor::media {

class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : engine_(seed) {}
  std::uint64_t next() override { return engine_(); }

 private:
  std::mt19937_64 engine_;
};

struct Datagram {
  std::uint64_t tag = 0;
  Address to;
  std::vector<std::uint8_t> bytes;
  TimePoint time{};

  /// Views this datagram. The test fails by exception if it is not RTP.
  rtp::Packet packet() const { return rtp::parse_packet(bytes).value(); }
};

/// What a far end sends.
struct Speaker {
  Address address;
  std::uint8_t payload_type = 8;
  std::uint32_t ssrc = 1;
  std::uint16_t sequence = 100;
  std::uint32_t timestamp = 5000;
  std::uint32_t step = 160;
};

class WorkerFixture : public DatagramSender, public EventSink {
 public:
  static constexpr std::uint32_t worker_index = 3;

  WorkerFixture() : worker({.index = worker_index, .slots = 64}, *this, *this, random, counters, now) {
    worker.set_wall(now, WallTime(std::chrono::milliseconds(1700000000000)));
  }

  // DatagramSender, EventSink
  bool send(std::uint64_t tag, const Address& to, std::span<const std::uint8_t> bytes) override {
    if (refuse_sending) return false;
    if (record) sent.push_back({tag, to, {bytes.begin(), bytes.end()}, now});
    ++sent_count;
    return true;
  }
  void on_event(const Event& event) override {
    if (record) events.push_back(event);
  }

  static PortId id(std::uint32_t slot, std::uint32_t generation = 1) {
    return make_port_id(worker_index, slot, generation);
  }
  static Address address(std::uint8_t host, std::uint16_t port) { return {IpAddress::v4(192, 0, 2, host), port}; }

  static PayloadMap formats(std::initializer_list<Payload> list) {
    PayloadMap map;
    for (const Payload& p : list) map.add(p);
    return map;
  }
  static Payload pcma(std::uint8_t type = 8) { return {type, type, rtp::Codec::pcma}; }
  static Payload pcmu(std::uint8_t type = 0) { return {type, type, rtp::Codec::pcmu}; }
  static Payload events_as(std::uint8_t receive, std::uint8_t send) {
    return {receive, send, rtp::Codec::telephone_event};
  }
  static SetRemote remote(PortId port, Address rtp, PayloadMap map) {
    return {.id = port, .rtp = rtp, .payloads = map};
  }

  /// An open port with a remote, PCMA and telephone-event unless told.
  PortId open(std::uint32_t slot, Address rtp, PayloadMap map = formats({pcma(), events_as(101, 101)})) {
    command(OpenPort{.id = id(slot)});
    command(remote(id(slot), rtp, map));
    return id(slot);
  }
  void command(Command c) { worker.on_command(c, now); }

  void pass(Duration span) {
    const TimePoint end = now + span;
    while (const auto wake = worker.next_wake()) {
      if (*wake > end) break;
      now = std::max(now, *wake);
      worker.advance(now);
    }
    now = end;
    worker.advance(now);
  }

  void receive_bytes(PortId port, const Address& from, std::span<const std::uint8_t> bytes,
                     Channel channel = Channel::rtp) {
    const std::uint64_t tag = make_tag(slot_of(port), channel);
    for (const std::size_t before : {3u, 2u, 1u}) worker.expect(tag, before);
    worker.on_datagram(tag, from, bytes, now);
  }
  void receive(PortId port, const Address& from, const rtp::Packet& packet) {
    std::array<std::uint8_t, 2048> bytes;
    const std::size_t size = rtp::write_packet(packet, bytes);
    receive_bytes(port, from, {bytes.data(), size});
  }
  /// The speaker's next packet, then 20 ms pass.
  void speak(PortId port, Speaker& s, int packets = 1) {
    static constexpr std::array<std::uint8_t, 160> payload{};
    for (int i = 0; i < packets; ++i) {
      receive(port, s.address,
              {.payload_type = s.payload_type,
               .sequence = s.sequence,
               .timestamp = s.timestamp,
               .ssrc = s.ssrc,
               .payload = payload});
      s.sequence++;
      s.timestamp += s.step;
      pass(milliseconds(20));
    }
  }

  /// RTP datagrams sent by a port, oldest first, since the last call for any port.
  std::vector<Datagram> rtp_from(PortId port) {
    std::vector<Datagram> out;
    for (const Datagram& d : sent) {
      if (d.tag == make_tag(slot_of(port), Channel::rtp) && !rtp::looks_like_rtcp(d.bytes)) out.push_back(d);
    }
    return out;
  }
  std::vector<Datagram> rtcp_from(PortId port) {
    std::vector<Datagram> out;
    for (const Datagram& d : sent) {
      if (slot_of_tag(d.tag) == slot_of(port) && rtp::looks_like_rtcp(d.bytes)) out.push_back(d);
    }
    return out;
  }
  template <class E>
  std::vector<E> events_of() const {
    std::vector<E> out;
    for (const Event& e : events) {
      if (const E* one = std::get_if<E>(&e)) out.push_back(*one);
    }
    return out;
  }
  PortStats stats(PortId port) {
    command(Snapshot{.id = port});
    return events_of<Stats>().back().stats;
  }

  TimePoint now{hours(1)};
  SeededRandom random{11};
  Counters counters;
  bool record = true;
  bool refuse_sending = false;
  std::size_t sent_count = 0;
  std::vector<Datagram> sent;
  std::vector<Event> events;
  Worker worker;
};

}  // namespace junctor::media
