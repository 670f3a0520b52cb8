#pragma once
// Everything on the control thread, wired: bytes, media events and time in; bytes, media commands, store writes out.
// main() gives it real sockets and threads, the simulator gives it simulated ones; there is no other wiring.
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "apps/admission.hpp"
#include "apps/call_transcription.hpp"
#include "apps/dial.hpp"
#include "apps/prompts.hpp"
#include "apps/records.hpp"
#include "apps/transfer.hpp"
#include "apps/trunk_registration.hpp"
#include "base/io.hpp"
#include "base/log.hpp"
#include "base/tls.hpp"
#include "call/calls.hpp"
#include "call/media_fence.hpp"
#include "call/message_ring.hpp"
#include "config/config.hpp"
#include "media/fetched_sounds.hpp"
#include "media/sounds.hpp"
#include "recording/recordings.hpp"
#include "registrar/authenticator.hpp"
#include "registrar/guard.hpp"
#include "registrar/registrar.hpp"
#include "transcription/transcriptions.hpp"
#include "transport/endpoint.hpp"

namespace junctor {
class WebServer;
namespace stream {
class DialledPrograms;
}
}  // namespace junctor

namespace junctor::hub {

class Programs;

/// What the control side takes from the outside. All of it outlives the Core.
struct Outside {
  TimerWheel& timers;
  WallClock& wall;  ///< kept right by its owner
  Random& random;
  Log& log;
  Counters& counters;
  DatagramSender& datagrams;  ///< tag = ListenerIndex
  StreamSender& streams;
  transport::Resolver& resolver;
  media::Plane& media;
  JobRunner& jobs;
  audio::Disk& disk;  ///< used by jobs and the recorder
  recording::Recorder& recorder;
  transcription::Transcriber& transcriber;
  store::Store& store;
  sip::digest::HashFunctions hashes;
  registrar::Mac mac = nullptr;
  std::vector<transport::Listener> listeners;
  transport::LocalAddressFor local_address_for;
  std::uint32_t last_epoch = 0;  ///< of the newest call in the store; the ids of this start come behind it
  WebServer* web = nullptr;      ///< none: programs cannot connect
  TlsSender* tls = nullptr;      ///< none: the hub opens no TLS connections
  stream::DialledPrograms* dialled = nullptr;  ///< none: programs are not dialled
  /// Any thread: deliver_streams() is due. No function: nobody has streams.
  std::function<void()> wake = nullptr;
  /// Makes what speaks; null for driver = "none". No function: nothing speaks.
  std::function<std::shared_ptr<audio::SpeechDriver>(const config::Speech&)> speech_driver = nullptr;
  media::FetchedSounds::Fetch fetch_sound = nullptr;  ///< none: programs cannot play what a URL names
};

/// What is alive; all zero when nothing is going on (registrations are no work in progress).
struct Ledger {
  std::size_t calls = 0, legs = 0, ports = 0, dialogs = 0, dials = 0;
  std::size_t conferences = 0, parked = 0, plays = 0, recordings = 0, transcriptions = 0, programs = 0;
  std::size_t transactions = 0;
  std::size_t timers = 0;
  std::size_t unwritten = 0;      ///< store writes not acknowledged
  std::size_t unregistering = 0;  ///< trunks that have not answered our farewell

  std::size_t total() const {
    return calls + legs + ports + dialogs + dials + conferences + parked + plays + recordings + transcriptions +
           programs + transactions + timers + unwritten + unregistering;
  }
};

class Core final : public DatagramSink,
                   public StreamSink,
                   private transport::TransactionUser,
                   private registrar::RegisterReplies,
                   private call::EventSink,
                   private store::AckTarget,
                   private TimerTarget {
 public:
  Core(config::Snapshot config, Outside outside, TimePoint now);
  ~Core() override;

  /// Reads users and bindings from the store; before the first message. The error is one line.
  Result<void, std::string> load(TimePoint now);

  // -- from the outside
  void on_datagram(std::uint64_t listener, const Address& from, std::span<const std::uint8_t> bytes,
                   TimePoint now) override;
  void on_open(ConnectionId, ListenerIndex, const Address& local, const Address& remote, TimePoint now) override;
  void on_message(ConnectionId, std::string&& message, TimePoint now) override;
  void on_close(ConnectionId, std::string_view reason, TimePoint now) override;
  void on_resolved(transport::QueryId query, const transport::Answer& answer, TimePoint now);
  void on_media_event(const media::Event& event, TimePoint now);
  /// After the recorder's wake; false when there was nothing.
  bool deliver_recordings(TimePoint now);
  /// The same after Outside::wake.
  bool deliver_streams(TimePoint now);
  /// The same after the transcriber's.
  bool deliver_transcriptions(TimePoint now) { return transcriptions_->deliver(now); }

  // -- commands of the operator
  /// Takes over what a running hub can; calls keep what they began with. The keys that need a restart come back.
  Result<std::vector<std::string>, std::string> reload(config::Snapshot config, TimePoint now);
  /// New calls get 503 with Retry-After, and trunks are told that we are gone; what is going on goes on.
  void drain(seconds retry_after, TimePoint now);
  bool draining() const { return admission_->draining(); }
  /// Told when a change of the users is safe and in effect, or (false) when it could not be stored and is not.
  using Stored = std::function<void(bool ok)>;
  /// A user of the database, with this password, or the one that it has.
  void put_user(registrar::User user, const std::optional<std::string>& password, Stored stored, TimePoint now);
  void remove_user(std::string username, Stored stored, TimePoint now);
  /// Told of each call that ends, while it can still be looked at.
  void set_ended_hook(std::function<void(const call::Call&, TimePoint)> hook) { ended_hook_ = std::move(hook); }

  /// Told of everything that happens to calls, and to recordings, after the apps.
  void set_call_hook(std::function<void(const call::Event&, TimePoint)> hook) { call_hook_ = std::move(hook); }
  void set_recording_hook(std::function<void(const recording::Event&, TimePoint)> hook) {
    recording_hook_ = std::move(hook);
  }

  /// Told what calls say, as far as they are transcribed.
  void set_transcript_sink(apps::CallTranscription::Sink sink) { call_transcription_->set_sink(std::move(sink)); }

  // -- to look at
  const config::Config& config() const { return *config_; }
  call::Calls& calls() { return *calls_; }
  call::MediaFence& fence() { return *fence_; }
  registrar::Registrar& registrar() { return *registrar_; }
  const registrar::Guard& guard() const { return *guard_; }
  const registrar::Users& users() const { return users_; }
  const call::MessageRing& messages() const { return messages_; }
  const transport::Endpoint& endpoint() const { return *endpoint_; }
  const apps::Office& office() const { return *office_; }
  const apps::TrunkRegistrations& trunk_registrations() const { return *trunk_registrations_; }
  const routing::Directory& directory() const { return directory_; }
  apps::Records& records() { return *records_; }
  store::Store& store() { return outside_.store; }
  media::Sounds& sounds() { return *sounds_; }
  recording::Recordings& recordings() { return *recordings_; }
  Programs& programs() { return *programs_; }
  apps::CallRecording& call_recording() { return *call_recording_; }
  media::Plane& media() { return outside_.media; }
  TimerWheel& timers() { return outside_.timers; }
  Log& log() { return outside_.log; }
  apps::HoldMusic& hold_music() { return *hold_music_; }
  const WallClock& wall() const { return outside_.wall; }
  Counters& counters() { return outside_.counters; }
  Ledger ledger() const;

 private:
  class Directory final : public routing::Directory {
   public:
    explicit Directory(const registrar::Users& users) : users_(users) {}
    const routing::User* find_user(std::string_view username) const override;

   private:
    const registrar::Users& users_;
    mutable routing::User found_;
  };
  enum class Timer : std::uint64_t { trunks, prune, recordings };

  // TransactionUser
  void on_request(TransactionId, const sip::Message&, const transport::Source&, TimePoint) override;
  void on_ack(const sip::Message&, const transport::Source&, TimePoint) override;
  void on_cancel(TransactionId, const sip::Message&, TimePoint) override;
  void on_response(TransactionId, std::uint64_t, const sip::Message&, transport::Origin, TimePoint) override;
  void on_server_end(TransactionId, transport::ServerEnd, TimePoint) override;
  void on_located(std::uint64_t, std::span<const transport::Hop>, TimePoint) override;
  // RegisterReplies
  void on_register_response(TransactionId, sip::Message, TimePoint) override;
  // call::EventSink
  void on_call_event(const call::Event&, TimePoint) override;
  // TimerTarget
  void on_timer(std::uint64_t token, TimePoint now) override;

  void on_recording_event(const recording::Event& event, TimePoint now);
  void on_register(TransactionId, const sip::Message&, const transport::Source&, TimePoint);
  void answer(TransactionId, const sip::Message& request, int status, TimePoint, const call::Headers& headers = {});
  // store::AckTarget
  void on_stored(std::uint64_t token, bool ok, TimePoint now) override;

  bool is_unwelcome(const IpAddress& from, std::string_view message, TimePoint now);
  void check_overload();
  void take_settings();
  void take_speech();
  void take_file_users();
  void locate_trunks(TimePoint now);
  void take_trunk_addresses(std::size_t trunk, std::span<const transport::Hop> hops);
  void note_failed_connection(std::string_view reason, TimePoint now);
  void schedule(Timer timer, Duration after, TimePoint now);
  void prune_recordings(TimePoint now);

  config::Snapshot config_;
  Outside outside_;
  registrar::Users users_;
  Directory directory_{users_};
  call::MessageRing messages_;
  config::Snapshot started_with_;  ///< what the keys that need a restart are taken from
  apps::OfficeSnapshot office_;
  std::unordered_map<ConnectionId, IpAddress> connections_;
  std::unordered_map<IpAddress, std::string> tls_hosts_;  // of trunks, by the addresses they were found at
  TimePoint next_connection_warning_{};
  std::unordered_map<std::uint64_t, std::function<void(bool, TimePoint)>> changes_;  // of users, not yet stored
  std::uint64_t next_change_ = 1;
  std::unique_ptr<transport::Endpoint> endpoint_;
  std::unique_ptr<registrar::Authenticator> authenticator_;
  std::unique_ptr<registrar::Guard> guard_;
  std::unique_ptr<registrar::Registrar> registrar_;
  std::unique_ptr<media::Sounds> sounds_;
  std::unique_ptr<media::Speech> speech_;
  std::unique_ptr<media::FetchedSounds> fetched_sounds_;
  std::unique_ptr<recording::Recordings> recordings_;
  std::unique_ptr<transcription::Transcriptions> transcriptions_;
  std::unique_ptr<call::Calls> calls_;
  std::unique_ptr<call::MediaFence> fence_;
  std::unique_ptr<apps::HoldMusic> hold_music_;
  std::unique_ptr<apps::Prompts> prompts_;
  std::unique_ptr<apps::CallRecording> call_recording_;
  std::unique_ptr<apps::CallTranscription> call_transcription_;
  std::unique_ptr<apps::Conferences> conferences_;
  std::unique_ptr<apps::Parking> parking_;
  std::unique_ptr<apps::Dialler> dialler_;
  std::unique_ptr<apps::Transfers> transfers_;
  std::unique_ptr<apps::TrunkRegistrations> trunk_registrations_;
  std::unique_ptr<apps::Records> records_;
  std::unique_ptr<apps::Admission> admission_;
  std::unique_ptr<Programs> programs_;
  std::function<void(const call::Call&, TimePoint)> ended_hook_;
  std::function<void(const call::Event&, TimePoint)> call_hook_;
  std::function<void(const recording::Event&, TimePoint)> recording_hook_;
  std::size_t own_timers_ = 0;
};

}  // namespace junctor::hub
