#pragma once
// The rooms of conference.*: calls come and go, and everybody hears all others. Rooms belong to a token, which names
// them. A room of the hub is one mixer; one of a conference server is a call to that server for each member, made as a
// leg of the member's own call. A room that had members ends with its last one.
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "apps/call_recording.hpp"
#include "apps/program/bridges.hpp"
#include "apps/program/conference_commands.hpp"
#include "apps/program/destinations.hpp"
#include "apps/program/events.hpp"
#include "apps/program/program_calls.hpp"
#include "base/random.hpp"
#include "base/timer_wheel.hpp"
#include "call/calls.hpp"
#include "call/media_fence.hpp"
#include "routing/routing.hpp"

namespace junctor::apps::program {

class ConferenceRooms final : public TimerTarget {
 public:
  static constexpr std::size_t rooms_max = 4096;    ///< of all tokens
  static constexpr std::size_t members_max = 1000;  ///< of one room
  static constexpr Duration server_answers_within = seconds(60);

  struct Parts {
    call::Calls& calls;
    ProgramCalls& programs;
    Bridges& bridges;
    call::MediaFence& fence;
    EventSink& events;
    CallRecording& recording;
    const Destinations& destinations;
    TimerWheel& timers;
    Random& random;
    const WallClock& wall;
  };
  using Done = std::function<void(Result<void, Failure>, TimePoint now)>;
  /// Ends the hold of a call; `done` when it is over.
  using Unhold = std::function<void(ProgramCall& call, Done done, TimePoint now)>;

  explicit ConferenceRooms(Parts parts) : parts_(parts) {}
  ~ConferenceRooms() override;

  /// Without one, a call on hold cannot be merged.
  void set_unhold(Unhold unhold) { unhold_ = std::move(unhold); }

  void run(const ConferenceCreate& command, const Requester& who, Reply<ConferenceCreate> reply, TimePoint now);
  void run(const ConferenceAdd& command, const Requester& who, Reply<ConferenceAdd> reply, TimePoint now);
  void run(const ConferenceRemove& command, const Requester& who, Reply<ConferenceRemove> reply, TimePoint now);
  void run(const ConferenceMute& command, const Requester& who, Reply<ConferenceMute> reply, TimePoint now);
  void run(const ConferenceUnmute& command, const Requester& who, Reply<ConferenceUnmute> reply, TimePoint now);
  void run(const ConferenceKick& command, const Requester& who, Reply<ConferenceKick> reply, TimePoint now);
  void run(const ConferenceMuteAll& command, const Requester& who, Reply<ConferenceMuteAll> reply, TimePoint now);
  void run(const ConferenceDestroy& command, const Requester& who, Reply<ConferenceDestroy> reply, TimePoint now);
  void run(const ConferenceEnd& command, const Requester& who, Reply<ConferenceEnd> reply, TimePoint now);
  void run(const ConferenceMerge& command, const Requester& who, Reply<ConferenceMerge> reply, TimePoint now);
  void run(const ConferenceSeatReplace& command, const Requester& who, Reply<ConferenceSeatReplace> reply,
           TimePoint now);
  void run(const ConferenceInfo& command, const Requester& who, Reply<ConferenceInfo> reply, TimePoint now);
  void run(const ConferenceList& command, const Requester& who, Reply<ConferenceList> reply, TimePoint now);

  /// As conference.seat_replace in the room in which `old_call` is.
  void replace(CallId old_call, CallId new_call, Done done, TimePoint now);

  void on_call_event(const call::Event& event, TimePoint now);
  void on_timer(std::uint64_t token, TimePoint now) override;

  /// The name of the room in which the call is, or is about to be; empty: none.
  std::string room_of(CallId call) const;
  std::size_t size() const { return rooms_.size(); }

 private:
  using RoomNumber = std::uint64_t;

  struct Member {
    CallId call;
    bool inside = false;  // it has been told of
    bool quiet = false;   // of its coming, who brings it tells
    bool muted = false;
    TimePoint joined{};
    // Of a room of a conference server.
    LegId server_leg;
    std::unique_ptr<call::Mixer> mixer;  // with the server
    TimerId deadline;
    Done answered;  // while the server rings
  };
  struct Room {
    RoomNumber number = 0;
    TokenId token;
    std::string name;
    std::uint32_t max_members = 0;
    bool record = false, hangup = false, had_members = false;
    bool closing = false;  // the name is still taken, but nobody can come any more
    bool closed = false;   // everybody was told, but of those who are `leaving`
    std::vector<CallId> last_members;
    std::optional<routing::Dial> server;  // none: a room of the hub
    CallId host;
    std::unique_ptr<call::Mixer> mixer;  // once somebody came
    std::vector<Member> members;
    std::size_t leaving = 0;  // of whom member.left is still to be told
    recording::RecordingId recording;
    TimerId end_timer;
  };
  enum class Timer : std::uint8_t { room_ends, server_silent, count };
  struct MemberOf {
    Room* room = nullptr;
    Member* member = nullptr;
  };

  // conference_rooms.cpp
  Room* find(TokenId token, const std::string& name);
  Room* find(RoomNumber number);
  MemberOf find_member(CallId call);
  /// Who is inside the room, or why not.
  Result<Member*, Failure> member_in(Room& room, const CallRef& call);
  std::optional<Failure> refuses(const ConferenceCreate& command, const Requester& who) const;
  std::optional<Failure> set_server(Room& room, const ConferenceCreate& command, const Requester& who) const;
  void set_mute(Room& room, Member& member, bool muted);
  template <bool muted, class Command>
  void mute_one(const Command& command, const Requester& who, Reply<Command> reply, TimePoint now);
  ConferenceInfoDone info_of(const Room& room) const;
  /// Everybody is sent out; `told` when that is so, then `first`, member.left of each, and conference.destroyed.
  void close(Room& room, std::vector<EventBody> first, Done told, TimePoint now);
  void finish_close(RoomNumber number, TimePoint now);
  void tell_left(RoomNumber number, CallId call, TimePoint now);
  void end_if_empty(Room& room, TimePoint now);
  void drop(Room& room, Member& member, Failure why, TimePoint now);
  /// `subject`: the room's number, or the member call's counter.
  TimerId schedule(Timer timer, std::uint64_t subject, Duration after, TimePoint now);
  call::Leg* leg_of(CallId call);
  void tell(const Room& room, EventBody body, CallId about, TimePoint now, std::vector<CallId> others = {});
  std::vector<CallId> calls_in(const Room& room) const;

  // conference_seats.cpp
  std::optional<Failure> refuses(const Room& room, const ProgramCall& entry, std::size_t places,
                                 bool may_be_held = false) const;
  /// `done` when it is inside, before member.joined; quiet: it is inside when that has been told.
  void admit(Room& room, ProgramCall& entry, bool quiet, Done done, TimePoint now);
  void seat(Room& room, ProgramCall& entry, Done done, TimePoint now);
  void call_server(Room& room, ProgramCall& entry, Done done, TimePoint now);
  void on_server_answered(Room& room, Member& member, TimePoint now);
  void enter(RoomNumber room, CallId call, Done done, TimePoint now);
  void start_recording(Room& room, TimePoint now);
  /// It is out of the books; where it sits is for the caller to say.
  void forget(Room& room, CallId call);
  /// A member that lives sits alone after this; the legs of it are in `legs`.
  void send_out(const Member& member, std::vector<const call::Leg*>& legs, TimePoint now);
  struct Merge;
  void merge_next(std::shared_ptr<Merge> merge, TimePoint now);
  void fail_merge(Merge& merge, Failure why, TimePoint now);
  struct Replace;
  std::optional<Failure> refuses(Room& room, const CallRef& old_call, const ProgramCall& coming);
  void change_seat(Room& room, const CallRef& old_call, const CallRef& new_call, Done done, TimePoint now);
  void fail_replace(const Replace& replace, Failure why, TimePoint now);
  void finish_replace(const Replace& replace, TimePoint now);
  void undo_replace(const Replace& replace, TimePoint now);

  Parts parts_;
  Unhold unhold_;
  RoomNumber last_room_ = 0;
  std::map<RoomNumber, Room> rooms_;
  std::map<std::pair<TokenId, std::string>, RoomNumber> names_;
  std::unordered_map<CallId, RoomNumber> room_of_;
};

}  // namespace junctor::apps::program
