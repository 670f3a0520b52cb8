#pragma once
// A hearing domain, as the control thread keeps it: the legs that hear each other, of one call or of several, and the
// way in which they do. Two legs that understand each other are relayed; as soon as somebody needs samples (another
// codec, a third leg, a recording …) all meet in a mixer of their worker, and part again afterwards.
#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "call/plays.hpp"
#include "call/vocabulary.hpp"
#include "media/media.hpp"
#include "sip/sdp.hpp"

namespace junctor::call {

class Leg;

/// Why samples are needed although two legs could be relayed.
enum class Need : std::uint8_t {
  room,        ///< it is a place to which legs come and go
  recording,   ///< or another ear
  playing,     ///< something is played into it
  codec,       ///< see Mixer::on_unmapped_codec()
  processing,  ///< a leg's voice is worked on or listened to; see Leg::process_voice()
};
constexpr std::size_t needs = 5;

/// What one leg says and hears; the state of a seat that was just taken.
struct Voice {
  float input_gain = 1;   ///< 0: muted
  float output_gain = 1;  ///< 0: deaf
  bool hears_itself = false;
  bool to_all = true;        ///< else it is an observer: nobody hears it but `whispers_to`
  LegId whispers_to;         ///< who hears an observer, once it is here; none: nobody
  bool hears_others = true;  ///< else only what is played to it alone

  bool operator==(const Voice&) const = default;
};

/// All legs in it have their ports on one worker.
class Mixer {
 public:
  /// A need that is dropped with this, unless the mixer has gone first.
  class Hold {
   public:
    Hold() = default;
    Hold(Mixer& mixer, Need need) : mixer_(mixer.alive_), need_(need) { mixer.add_need(need); }
    Hold(Hold&& other) noexcept = default;
    Hold& operator=(Hold&& other) noexcept {
      std::swap(mixer_, other.mixer_);
      std::swap(need_, other.need_);
      return *this;
    }
    ~Hold() {
      if (const auto mixer = mixer_.lock()) (*mixer)->drop_need(need_);
    }
    /// Null: it has gone.
    Mixer* mixer() const {
      const auto mixer = mixer_.lock();
      return mixer ? *mixer : nullptr;
    }

   private:
    std::weak_ptr<Mixer*> mixer_;
    Need need_ = Need::recording;
  };

  Mixer(Plays& plays, std::uint32_t worker) : plays_(plays), plane_(plays.plane()), worker_(worker) {}
  ~Mixer();
  Mixer(const Mixer&) = delete;
  Mixer& operator=(const Mixer&) = delete;

  std::uint32_t worker() const { return worker_; }
  std::size_t size() const { return seats_.size(); }
  bool holds(const Leg& leg) const;
  /// Those who are here, in the order in which they came.
  std::vector<Leg*> legs() const;

  /// The leg leaves the mixer that it was in. It has a port on worker(). Until both descriptions of a leg are known it
  /// is taken for one that can be relayed.
  /// `voice`: from its first tick here on.
  void seat(Leg& leg, const Voice& voice = {});
  /// The leg, if it is here, hears nobody any more. Called by a leg that ends, too.
  void unseat(Leg& leg);
  /// A leg's descriptions or port changed, or whether we hold it: then it hears what is played to it alone. No effect
  /// on a leg that is not here; so is it with the next two.
  void update(const Leg& leg);
  /// Its voice_processing() or voice_is_processed() changed.
  void update_processing(const Leg& leg);
  /// Its muting() changed.
  void update_muting(const Leg& leg);

  /// One of two relayed legs uses a codec that the other has not: they are mixed until one of them goes, if we have
  /// that codec.
  void on_unmapped_codec();

  void add_need(Need need);
  void drop_need(Need need);

  /// No effect on a leg that is not here. Samples are needed as long as any voice is not the first one.
  void set_voice(const Leg& leg, const Voice& voice);
  Voice voice(const Leg& leg) const;

  /// What players and recorders need to know; nothing while the legs are relayed or nobody is here. Both stay as they
  /// are while something plays or is recorded.
  std::optional<media::MixerId> id() const { return open_; }
  std::uint32_t rate() const { return rate_; }

  /// Plays into this mixer (`what` without id and mixer) to all or to one leg that is here. Sounds have rate(), which
  /// is known once there is a need for samples. `ended` is told once, unless this mixer goes first.
  media::PlayId play(media::Play what, Plays::Ended ended = nullptr);
  void stop(media::PlayId id);
  /// The leg hears these keys, after those that wait, and nothing else meanwhile. no_digits: it is not here, or its
  /// codec is none of ours; bad_digits: more than keys_max would wait.
  Result<void, Refusal> sound_keys(const Leg& leg, media::Play::Keys keys);

  media::Path path() const { return open_ ? media::Path::mixer : relayed_ ? media::Path::relay : media::Path::none; }
  /// For people: how, and why so: "relay PCMU", "mixer at 8000 Hz: PCMU and opus", "mixer at 16000 Hz: recording".
  std::string plan() const;

 private:
  static constexpr std::size_t keys_max = 64;  ///< that wait to sound, per leg

  /// What both descriptions of a leg say, which takes a while to find out.
  struct Agreed {
    bool own_codec = true;  // one that we can code; also while nothing is agreed on
    std::uint32_t rate = 8000;
    std::vector<sip::sdp::Codec> codecs;  // see agreed_codecs()
  };
  struct Seat {
    Leg* leg = nullptr;
    Voice voice;
    PortId seated;        // what sits in open_ on the worker; 0: nothing yet
    Voice told;           // to the worker, of `seated`; without whispers_to
    PortId whispered_to;  // likewise
    Agreed agreed;
    media::VoiceProcessing processing;   // as the worker was told for `seated`
    bool has_processor = false;          // likewise
    std::deque<media::Play::Keys> keys;  // the first of them sounds; any: a need for playing
    bool hears_others = true;            // as the worker was told for `seated`
  };

  Seat* find(const Leg& leg);
  const Seat* find(const Leg& leg) const;
  static Agreed agreed_with(const Leg& leg);
  /// With the leg's own muting.
  static Voice voice_of(const Seat& seat);
  void refresh();
  bool relay_fits() const;
  bool needs_samples() const;
  bool is_needed(Need need) const { return needs_[static_cast<std::size_t>(need)] > 0; }
  std::uint32_t wanted_rate() const;
  void relay();
  void mix();
  void take_seat(Seat& seat);
  void say_voice(Seat& seat);
  void say_whispers();
  void forget_seated(Seat& seat);
  void say_processing(Seat& seat);
  void say_hears(Seat& seat);
  void play_keys(const Seat& seat);
  void on_keys_ended(LegId leg);
  void close(media::MixerId id);

  Plays& plays_;
  media::Plane& plane_;
  const std::uint32_t worker_;
  std::vector<Seat> seats_;
  std::array<std::uint16_t, needs> needs_{};
  std::optional<media::MixerId> open_;
  std::uint32_t rate_ = 0;  // of open_
  std::optional<std::pair<PortId, PortId>> relayed_;
  const std::shared_ptr<Mixer*> alive_ = std::make_shared<Mixer*>(this);
};

}  // namespace junctor::call
