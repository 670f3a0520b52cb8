// TLS at the edge: both ends are edges, or one is OpenSSL itself where an edge would not do what the test wants.
#include <gmock/gmock.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <optional>
#include <thread>

#include "net/edge_fixture.hpp"
#include "net/stream_listener.hpp"
#include "net/test_certificates.hpp"

namespace junctor::net {
namespace {

struct Release {
  void operator()(SSL_CTX* x) const { SSL_CTX_free(x); }
  void operator()(SSL* x) const { SSL_free(x); }
};
using Context = std::unique_ptr<SSL_CTX, Release>;

/// A blocking client that takes any certificate.
class TlsClient {
 public:
  explicit TlsClient(const Address& to, int version_max = 0) : client_(to), context_(SSL_CTX_new(TLS_client_method())) {
    SSL_CTX_set_security_level(context_.get(), 0);  // the oldest versions live there
    SSL_CTX_set_min_proto_version(context_.get(), TLS1_VERSION);
    SSL_CTX_set_max_proto_version(context_.get(), version_max);
    ssl_.reset(SSL_new(context_.get()));
    SSL_set_fd(ssl_.get(), client_.fd());
    connected_ = SSL_connect(ssl_.get()) == 1;
  }
  bool connected() const { return connected_; }
  std::string version() const { return SSL_get_version(ssl_.get()); }
  long serial() const {
    const TestX509 certificate(SSL_get1_peer_certificate(ssl_.get()));
    return ASN1_INTEGER_get(X509_get0_serialNumber(certificate.get()));
  }
  void send(std::string_view text) {
    EXPECT_EQ(SSL_write(ssl_.get(), text.data(), static_cast<int>(text.size())), static_cast<int>(text.size()));
  }
  std::string receive(std::size_t count) {
    std::string out(count, '\0');
    std::size_t filled = 0;
    while (filled < count) {
      const int got = SSL_read(ssl_.get(), out.data() + filled, static_cast<int>(count - filled));
      if (got <= 0) break;
      filled += static_cast<std::size_t>(got);
    }
    return out.substr(0, filled);
  }
  /// The far end said that it ends, which a cut connection does not.
  bool ended_properly() {
    char byte = 0;
    const int got = SSL_read(ssl_.get(), &byte, 1);
    return SSL_get_error(ssl_.get(), got) == SSL_ERROR_ZERO_RETURN;
  }

 private:
  Client client_;
  Context context_;
  std::unique_ptr<SSL, Release> ssl_;
  bool connected_ = false;
};

class EdgeTlsTest : public EdgeTest {
 protected:
  /// Listens as `identity`; its own connections trust `ca` for hub.test.
  void make_tls(const TlsSettings& settings, const EdgeLimits& limits = {}) {
    auto made = Edge::create(limits, *t.loop, t.counters);
    ASSERT_TRUE(made) << made.error();
    edge = std::move(*made);
    StreamService secure = service({});
    secure.security = Security::tls;
    const auto bound = edge->listen_tcp(5, any_port, secure);
    ASSERT_TRUE(bound) << bound.error();
    address = *bound;
    edge->set_outgoing(9, std::move(secure));
    edge->set_tls(contexts(settings));
    edge->start();
    t.start();
  }
  std::shared_ptr<const TlsContexts> contexts(const TlsSettings& settings) {
    auto loaded = TlsContexts::load(settings);
    EXPECT_TRUE(loaded) << loaded.error().text;
    return *loaded;
  }
  TlsPeer trusting(std::string host, const TestCa& authority) {
    return {.host = std::move(host), .ca_file = authority.file(), .identity = {}};
  }
  ConnectionId connect(const std::string& host) {
    return t.on_loop([&] { return edge->connect_tls(address, host); });
  }
  /// Why a connection to `host` came to nothing.
  std::string refusal(const std::string& host) {
    const ConnectionId id = connect(host);
    EXPECT_TRUE(on_loop_eventually([&] { return sink.closed.contains(id); }));
    EXPECT_FALSE(t.on_loop([&] { return sink.opened.contains(id); }));
    return t.on_loop([&] { return sink.closed[id]; });
  }

  TestFolder folder;
  TestCa ca{folder, "ca"}, other_ca{folder, "other"};
};

TEST_F(EdgeTlsTest, CarriesMessagesBothWaysInOrder) {
  make_tls({ca.issue("hub"), {trusting("hub.test", ca)}});
  const std::string big(700'000, 'x');
  sink.answer = [&](ConnectionId id, const std::string& message) {
    if (message != "go") return;
    EXPECT_TRUE(edge->write(id, big + "\nend\n"));
  };
  const ConnectionId id = t.on_loop([&] {
    const ConnectionId made = edge->connect_tls(address, "HUB.test");
    EXPECT_TRUE(edge->write(made, "one\ngo\n"));  // before it is up
    return made;
  });
  EXPECT_TRUE(on_loop_eventually([&] { return sink.messages.size() == 4; }));
  EXPECT_EQ(t.on_loop([&] { return sink.messages; }), (std::vector<std::string>{"one", "go", big, "end"}));
  EXPECT_EQ(t.on_loop([&] { return sink.opened.at(id).index; }), 9u);
  EXPECT_EQ(counter("edge_tls_handshakes"), 2u);
  t.on_loop([&] { edge->close(id); });
  EXPECT_TRUE(on_loop_eventually([&] { return sink.closed.size() == 2; }));
  EXPECT_EQ(counter("edge_closed_by_us"), 1u);
  EXPECT_EQ(counter("edge_closed_by_peer"), 1u);
}

TEST_F(EdgeTlsTest, SpeaksWithOthersAndEndsProperly) {
  make_tls({ca.issue("hub"), {}});
  sink.answer = [this](ConnectionId id, const std::string& message) {
    EXPECT_TRUE(edge->write(id, "re:" + message + "\n"));
    if (message == "bye") edge->close(id);
  };
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsClient client(address, version);
    ASSERT_TRUE(client.connected());
    EXPECT_EQ(client.version(), version == TLS1_2_VERSION ? "TLSv1.2" : "TLSv1.3");
    client.send("hel");
    client.send("lo\n");
    EXPECT_EQ(client.receive(9), "re:hello\n");
    client.send("bye\n");
    EXPECT_EQ(client.receive(7), "re:bye\n");
    EXPECT_TRUE(client.ended_properly());
  }
}

TEST_F(EdgeTlsTest, WhoIsNotTheHostAskedForIsRefused) {
  make_tls({ca.issue("hub"), {trusting("hub.test", ca), trusting("elsewhere.test", ca), trusting("127.0.0.1", ca)}});
  EXPECT_EQ(refusal("elsewhere.test"), "tls: elsewhere.test: hostname mismatch");
  EXPECT_EQ(refusal("127.0.0.1"), "tls: 127.0.0.1: hostname mismatch");
  EXPECT_THAT(refusal("unlisted.test"), testing::HasSubstr("unable to get local issuer certificate"));
  EXPECT_EQ(counter("edge_tls_failed_certificate"), 3u);
  // The other end of each was told.
  EXPECT_TRUE(eventually([&] { return counter("edge_tls_failed_refused") == 3; }));
  EXPECT_EQ(t.on_loop([&] { return sink.opened.size(); }), 0u);
}

TEST_F(EdgeTlsTest, UnknownAuthorityAndEndedCertificateAreRefused) {
  make_tls({ca.issue("hub"), {trusting("hub.test", other_ca)}});
  EXPECT_THAT(refusal("hub.test"), testing::HasSubstr("unable to get local issuer certificate"));
  t.on_loop([&] {
    edge->set_tls(contexts({ca.issue("hub", {.days_from = -9, .days_until = -2}), {trusting("hub.test", ca)}}));
  });
  EXPECT_EQ(refusal("hub.test"), "tls: hub.test: certificate has expired");
  t.on_loop([&] { edge->set_tls(contexts({ca.issue("hub", {.days_from = 2}), {trusting("hub.test", ca)}})); });
  EXPECT_EQ(refusal("hub.test"), "tls: hub.test: certificate is not yet valid");
  // Unless nothing is to be proven.
  t.on_loop([&] {
    edge->set_tls(contexts({ca.issue("hub", {.days_from = -9, .days_until = -2}),
                            {{.host = "hub.test", .verify = false, .ca_file = {}, .identity = {}}}}));
  });
  const ConnectionId id = connect("hub.test");
  EXPECT_TRUE(on_loop_eventually([&] { return sink.opened.contains(id); }));
}

/// An OpenSSL server that wants a certificate from whoever comes: takes one connection, echoes one line.
class StrictServer {
 public:
  StrictServer(const TlsIdentity& identity, const TestCa& trusted) : context_(SSL_CTX_new(TLS_server_method())) {
    SSL_CTX_use_certificate_file(context_.get(), identity.certificate_file.c_str(), SSL_FILETYPE_PEM);
    SSL_CTX_use_PrivateKey_file(context_.get(), identity.private_key_file.c_str(), SSL_FILETYPE_PEM);
    SSL_CTX_load_verify_file(context_.get(), trusted.file().c_str());
    SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    auto listening = listen_on_tcp(any_port);
    EXPECT_TRUE(listening);
    listener_ = std::move(*listening);
    address_ = local_address_of(listener_.get());
    thread_ = std::thread([this] { serve(); });
  }
  ~StrictServer() { thread_.join(); }
  const Address& address() const { return address_; }
  const std::string& server_name() const { return server_name_; }

 private:
  void serve() {
    pollfd entry{listener_.get(), POLLIN, 0};
    if (::poll(&entry, 1, static_cast<int>(milliseconds(patience).count())) != 1) return;
    const Fd fd(::accept(listener_.get(), nullptr, nullptr));
    const std::unique_ptr<SSL, Release> ssl(SSL_new(context_.get()));
    SSL_set_fd(ssl.get(), fd.get());
    if (SSL_accept(ssl.get()) != 1) return;
    if (const char* const name = SSL_get_servername(ssl.get(), TLSEXT_NAMETYPE_host_name)) server_name_ = name;
    char line[64];
    const int got = SSL_read(ssl.get(), line, sizeof line);
    if (got > 0) SSL_write(ssl.get(), server_name_.c_str(), static_cast<int>(server_name_.size()));
    if (got > 0) SSL_write(ssl.get(), line, got);
    SSL_read(ssl.get(), line, sizeof line);  // until it ends
  }

  Context context_;
  Fd listener_;
  Address address_;
  std::string server_name_;
  std::thread thread_;
};

TEST_F(EdgeTlsTest, ShowsItsCertificateToAServerThatAsks) {
  TlsPeer peer = trusting("hub.test", ca);
  peer.identity = other_ca.issue("client");
  make_tls({ca.issue("hub"), {peer}});
  const StrictServer server(ca.issue("server"), other_ca);
  address = server.address();
  const ConnectionId id = connect("hub.test");
  t.on_loop([&] { EXPECT_TRUE(edge->write(id, "|hello\n")); });
  EXPECT_TRUE(on_loop_eventually([&] { return sink.messages.size() == 1; }));
  EXPECT_EQ(t.on_loop([&] { return sink.messages.front(); }), "hub.test|hello") << "the name asked for goes as SNI";
  t.on_loop([&] { edge->close(id); });
}

TEST_F(EdgeTlsTest, AServerThatWantsACertificateRefusesWhoHasNone) {
  make_tls({{}, {trusting("hub.test", ca)}});
  const StrictServer server(ca.issue("server"), ca);
  address = server.address();
  const ConnectionId id = connect("hub.test");
  EXPECT_TRUE(on_loop_eventually([&] { return sink.closed.contains(id); }));
  EXPECT_THAT(t.on_loop([&] { return sink.closed[id]; }), testing::HasSubstr("certificate required"));
  EXPECT_EQ(counter("edge_tls_failed_refused"), 1u);
}

TEST_F(EdgeTlsTest, GarbageOldVersionsAndThoseWhoGoAreCountedByReason) {
  make_tls({ca.issue("hub"), {}});
  const Client plain(address);
  plain.send("REGISTER sip:example.org SIP/2.0\r\n\r\n");
  plain.receive(100);  // an alert perhaps, then the end
  EXPECT_TRUE(eventually([&] { return counter("edge_tls_failed_protocol") == 1; }));
  EXPECT_FALSE(TlsClient(address, TLS1_1_VERSION).connected());
  EXPECT_TRUE(eventually([&] { return counter("edge_tls_failed_version") == 1; }));
  {
    const Client gone(address);
  }
  EXPECT_TRUE(eventually([&] { return counter("edge_tls_failed_closed") == 1; }));
  EXPECT_TRUE(t.on_loop([&] { return sink.order.empty(); })) << "nobody hears of a connection that never was";
}

TEST_F(EdgeTlsTest, HandshakesAreBoundedInTimeAndNumber) {
  make_tls({ca.issue("hub"), {}}, {.handshakes = 2, .handshake_timeout = milliseconds(300)});
  const Client silent(address), slow(address);
  slow.send("\x16\x03\x01");
  EXPECT_TRUE(eventually([&] { return counter("edge_accepted") == 2; }));
  const Client third(address);
  EXPECT_TRUE(third.ended());
  EXPECT_EQ(counter("edge_refused_handshakes"), 1u);
  EXPECT_TRUE(silent.ended());
  slow.receive(100);
  EXPECT_EQ(counter("edge_tls_failed_timeout"), 2u);
  const TlsClient good(address);
  EXPECT_TRUE(good.connected()) << "there is room again";
}

TEST_F(EdgeTlsTest, NewConnectionsGetTheNewCertificateAndOldOnesGoOn) {
  make_tls({ca.issue("hub"), {}});
  sink.answer = [this](ConnectionId id, const std::string& message) { edge->write(id, "re:" + message + "\n"); };
  TlsClient before(address);
  const TlsSettings renewed{ca.issue("hub"), {}};  // in the same files
  EXPECT_EQ(TlsClient(address).serial(), before.serial()) << "files are read when told so";
  t.on_loop([&] { edge->set_tls(contexts(renewed)); });
  EXPECT_TRUE(eventually([&] { return TlsClient(address).serial() != before.serial(); }));
  before.send("still here\n");
  EXPECT_EQ(before.receive(14), "re:still here\n");
}

TEST_F(EdgeTlsTest, AClientProvesWhoItIsByItsCertificate) {
  TlsPeer carrier = trusting("carrier.test", other_ca);
  TlsPeer lax{.host = "lax.test", .verify = false, .ca_file = {}, .identity = {}};
  TlsPeer hub = trusting("hub.test", ca);
  hub.identity = other_ca.issue("carrier", {.alt_names = "DNS:carrier.test,DNS:hub.test"});
  make_tls({ca.issue("hub"), {carrier, lax, hub}});
  const ConnectionId ours = connect("hub.test");
  EXPECT_TRUE(on_loop_eventually([&] { return sink.opened.size() == 2; }));
  t.on_loop([&] {
    const ConnectionId theirs =
        sink.opened.begin()->first == ours ? sink.opened.rbegin()->first : sink.opened.begin()->first;
    EXPECT_TRUE(edge->proves(theirs, "Carrier.test"));
    EXPECT_FALSE(edge->proves(theirs, "hub.test")) << "the name is there, the authority is not the one trusted for it";
    EXPECT_FALSE(edge->proves(theirs, "unlisted.test"));
    EXPECT_TRUE(edge->proves(theirs, "lax.test"));
    EXPECT_TRUE(edge->proves(ours, "hub.test"));
    EXPECT_FALSE(edge->proves(ours, "carrier.test"));
    EXPECT_FALSE(edge->proves(ConnectionId{12345}, "hub.test"));
  });
}

TEST_F(EdgeTlsTest, FaultsInFilesSayWhichAndWhy) {
  const TlsIdentity hub = ca.issue("hub"), second = ca.issue("second");
  const auto fault = [](const TlsSettings& settings) { return TlsContexts::load(settings).error(); };
  EXPECT_EQ(fault({{"/nowhere.pem", hub.private_key_file}, {}}).part, TlsPart::certificate);
  const TlsFault mixed = fault({{hub.certificate_file, second.private_key_file}, {}});
  EXPECT_EQ(mixed.part, TlsPart::private_key);
  EXPECT_THAT(mixed.text, testing::HasSubstr(second.private_key_file + ": key values mismatch"));
  const TlsFault trust = fault({hub, {trusting("a", ca), {.host = "b", .ca_file = "/nowhere.pem", .identity = {}}}});
  EXPECT_EQ(trust.part, TlsPart::ca);
  EXPECT_EQ(trust.peer, 1u);
}

TEST(CertificateNames, AreThoseOfRfc5922) {
  const TestFolder folder;
  const TestCa ca(folder, "ca");
  const auto names = [&](std::string alt_names, std::string_view host, std::string common_name = "cn.test") {
    return certificate_names(ca.certificate({std::move(alt_names), std::move(common_name)}).get(), host);
  };
  EXPECT_TRUE(names("DNS:sip.example.org", "SIP.example.org"));
  EXPECT_FALSE(names("DNS:sip.example.org", "example.org"));
  EXPECT_TRUE(names("URI:sip:example.org", "example.org"));
  EXPECT_TRUE(names("URI:sip:example.org:5061", "example.org"));
  EXPECT_FALSE(names("URI:sip:alice@example.org", "example.org")) << "that is a person";
  EXPECT_FALSE(names("URI:sips:example.org", "example.org"));
  EXPECT_FALSE(names("URI:https://example.org", "example.org"));
  EXPECT_TRUE(names("", "cn.test"));
  EXPECT_FALSE(names("URI:sip:example.org", "cn.test")) << "there is a subjectAltName, so the common name is none";
  EXPECT_TRUE(names("DNS:*.example.org", "sip.example.org"));
  EXPECT_FALSE(names("DNS:*.example.org", "a.sip.example.org"));
  EXPECT_FALSE(names("DNS:*.example.org", "example.org"));
  EXPECT_FALSE(names("DNS:s*.example.org", "sip.example.org"));
  EXPECT_TRUE(names("IP:192.0.2.1", "192.0.2.1"));
  EXPECT_FALSE(names("DNS:192.0.2.1", "192.0.2.1"));
  EXPECT_TRUE(names("IP:2001:db8::1", "[2001:db8::1]"));
  EXPECT_FALSE(names("DNS:example.org", ""));
}

}  // namespace
}  // namespace junctor::net
