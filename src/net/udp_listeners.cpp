#include "net/udp_listeners.hpp"

#include <algorithm>
#include <cerrno>

#include "base/check.hpp"
#include "net/udp_socket.hpp"

namespace junctor::net {

UdpListeners::UdpListeners(Counters& counters)
    : received_(counters.get("sip_udp_received")),
      sent_(counters.get("sip_udp_sent")),
      send_errors_(counters.get("sip_udp_send_errors")),
      receive_errors_(counters.get("sip_udp_receive_errors")),
      bytes_(new std::uint8_t[batch * datagram_bytes]) {
  for (std::size_t i = 0; i < batch; ++i) {
    vectors_[i] = {bytes_.get() + i * datagram_bytes, datagram_bytes};
    headers_[i].msg_hdr.msg_iov = &vectors_[i];
    headers_[i].msg_hdr.msg_iovlen = 1;
    headers_[i].msg_hdr.msg_name = &sources_[i];
    headers_[i].msg_hdr.msg_namelen = sizeof(SocketAddress);
  }
}

Result<int, std::string> UdpListeners::add(ListenerIndex index, const Address& address, DatagramSink& sink,
                                           int receive_buffer) {
  if (listeners_.size() <= index) listeners_.resize(index + 1);
  JUNCTOR_CHECK(!listeners_[index].fd);
  Result<Fd, int> fd = bind_udp(address);
  if (!fd) return fail(socket_error("udp", to_string(address), fd.error()));
  set_receive_buffer(fd->get(), receive_buffer);
  listeners_[index] = {std::move(*fd), &sink, false};
  return listeners_[index].fd.get();
}

Address UdpListeners::local_address(ListenerIndex index) const {
  return local_address_of(listeners_[index].fd.get());
}

void UdpListeners::on_readable(ListenerIndex index) {
  listeners_[index].readable = true;
}

bool UdpListeners::deliver_one(TimePoint now) {
  if (batch_at_ == batch_size_ && !receive()) return false;
  const std::size_t i = batch_at_++;
  listeners_[batch_of_].sink->on_datagram(batch_of_, from_socket_address(sources_[i]),
                                          {bytes_.get() + i * datagram_bytes, headers_[i].msg_len}, now);
  return true;
}

bool UdpListeners::receive() {
  for (std::size_t tried = 0; tried < listeners_.size(); ++tried) {
    turn_ = (turn_ + 1) % listeners_.size();
    Listener& listener = listeners_[turn_];
    if (!listener.readable) continue;
    for (std::size_t i = 0; i < batch_size_; ++i) headers_[i].msg_hdr.msg_namelen = sizeof(SocketAddress);
    const int got = ::recvmmsg(listener.fd.get(), headers_.data(), batch, MSG_DONTWAIT, nullptr);
    if (got <= 0) {
      // ICMP errors of earlier sends may come out here; they cost the call, not the socket.
      listener.readable = false;
      if (got < 0 && errno != EAGAIN && errno != EINTR) receive_errors_.add();
      continue;
    }
    if (got < static_cast<int>(batch)) listener.readable = false;
    batch_of_ = static_cast<ListenerIndex>(turn_);
    batch_at_ = 0;
    batch_size_ = static_cast<std::size_t>(got);
    received_.add(batch_size_);
    return true;
  }
  return false;
}

bool UdpListeners::send(std::uint64_t tag, const Address& to, std::span<const std::uint8_t> bytes) {
  JUNCTOR_CHECK(tag < listeners_.size() && listeners_[tag].fd);
  SocketAddress address;
  const socklen_t length = to_socket_address(to, address);
  if (::sendto(listeners_[tag].fd.get(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL, &address.any,
               length) < 0) {
    send_errors_.add();
    return false;
  }
  sent_.add();
  return true;
}

}  // namespace junctor::net
