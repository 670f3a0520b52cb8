#pragma once
// What the apps know of the configuration: a value that hub fills and swaps whole on reload. A call keeps what it began
// with.
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/address.hpp"
#include "base/time.hpp"
#include "call/srtp_negotiation.hpp"
#include "media/media.hpp"
#include "recording/recording.hpp"
#include "routing/routing.hpp"
#include "sip/digest.hpp"
#include "transcription/engine.hpp"

namespace junctor::apps {

/// A carrier or another PBX, reached by address; who calls from its addresses is it.
struct Trunk {
  std::string name;
  std::vector<Network> sources;                 ///< `sources` of the configuration, and a literal address in `host`
  std::string host;                             ///< resolved from time to time when it is a name
  std::optional<sip::digest::Account> account;  ///< to answer its challenges with
  std::vector<std::string> codecs;
  std::uint32_t max_calls = 0;  ///< both ways; 0: unlimited
  call::SrtpPolicy srtp = call::SrtpPolicy::off;
  media::VoiceProcessing voice;  ///< of what it says
};

/// A conference room, as `[[conferences]]` has it. With an empty PIN everybody may come in.
struct ConferenceRoom {
  std::string name;
  std::string pin, moderator_pin;
  std::uint32_t max_members = 0;  ///< 0: unlimited
  bool record = false;
  bool tones = true;  ///< when somebody comes or goes
};

/// `[recording]`: which calls are recorded, and as what.
struct RecordingRules {
  std::string folder;
  bool calls = false;  ///< every call from its answer on; conferences have a key of their own
  bool opus = false;   ///< else WAV
  recording::Layout layout = recording::Layout::stereo;
  Duration length_max{};  ///< zero: none
  Duration beep_every{};  ///< zero: no beep
};

/// `[transcription]`: which calls are transcribed, and by what.
struct TranscriptionRules {
  std::shared_ptr<const transcription::Engine> engine;  ///< none: nobody transcribes
  std::string language;                                 ///< as configured
  bool calls = false;                                   ///< every call from its answer on
};

/// The numbers of the places where calls can be parked.
struct ParkLots {
  std::string first, last;
};

struct Office {
  std::shared_ptr<const routing::Tables> tables;
  std::vector<Trunk> trunks;
  std::vector<ConferenceRoom> conferences;
  ParkLots park_lots;
  RecordingRules recording;
  TranscriptionRules transcription;
  std::vector<std::string> domains;               ///< the first is shown as host of From; empty: our address
  std::uint32_t max_calls = 0;                    ///< 0: unlimited
  call::SrtpPolicy srtp = call::SrtpPolicy::off;  ///< of who is not named
  std::map<std::string, call::SrtpPolicy, std::less<>> srtp_of_users;         ///< of those who have one of their own
  std::map<std::string, media::VoiceProcessing, std::less<>> voice_of_users;  ///< of those who want any

  const ConferenceRoom* find_conference(std::string_view name) const {
    for (const ConferenceRoom& room : conferences)
      if (room.name == name) return &room;
    return nullptr;
  }
  call::SrtpPolicy srtp_of_user(std::string_view username) const {
    const auto at = srtp_of_users.find(username);
    return at == srtp_of_users.end() ? srtp : at->second;
  }
  media::VoiceProcessing voice_of_user(std::string_view username) const {
    const auto at = voice_of_users.find(username);
    return at == voice_of_users.end() ? media::VoiceProcessing{} : at->second;
  }
  const Trunk* find_trunk(std::string_view name) const {
    for (const Trunk& trunk : trunks)
      if (trunk.name == name) return &trunk;
    return nullptr;
  }
};

using OfficeSnapshot = std::shared_ptr<const Office>;

}  // namespace junctor::apps
