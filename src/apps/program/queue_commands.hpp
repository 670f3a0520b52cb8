#pragma once
// RWI commands about queues.
#include "apps/program/vocabulary.hpp"

namespace junctor::apps::program {

struct QueueEnqueue {
  static constexpr CommandInfo info{"queue.enqueue", "QueueEnqueue", Scope::queue, "Puts a call into a queue.",
                                    "the queue has done so"};
  OwnCall call_id;
  std::string queue_id;
  std::uint32_t priority = 0;
  std::vector<std::string> skills;
  std::uint32_t max_wait_secs = 0;
  using Done = NoData;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("call_id", "the call").needed(), s.call_id);
    visit(Field("queue_id", "the queue").needed(), s.queue_id);
    visit(Field("priority", "higher comes first").between(0, 1'000'000), s.priority);
    visit(Field("skills", "that an agent needs").between(0, 32), s.skills);
    visit(Field("max_wait_secs", "0: as the queue has it").between(0, 86'400), s.max_wait_secs);
  }
};

struct QueueDequeue {
  static constexpr CommandInfo info{"queue.dequeue", "QueueDequeue", Scope::queue, "Takes a call out of its queue.",
                                    "the queue has done so"};
  OwnCall call_id;
  using Done = NoData;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("call_id", "the call").needed(), s.call_id);
  }
};

struct QueueHold {
  static constexpr CommandInfo info{"queue.hold", "QueueHold", Scope::queue,
                                    "A waiting call keeps its place and is not offered.", "the queue has done so"};
  OwnCall call_id;
  using Done = NoData;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("call_id", "the call").needed(), s.call_id);
  }
};

struct QueueUnhold {
  static constexpr CommandInfo info{"queue.unhold", "QueueUnhold", Scope::queue, "Ends that.", "the queue has done so"};
  OwnCall call_id;
  using Done = NoData;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("call_id", "the call").needed(), s.call_id);
  }
};

struct QueueSetPriority {
  static constexpr CommandInfo info{"queue.set_priority", "QueueSetPriority", Scope::queue,
                                    "Changes a waiting call's priority.", "the queue has done so"};
  OwnCall call_id;
  std::uint32_t priority = 0;
  using Done = NoData;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("call_id", "the call").needed(), s.call_id);
    visit(Field("priority", "higher comes first").between(0, 1'000'000), s.priority);
  }
};

struct QueueAssignAgent {
  static constexpr CommandInfo info{"queue.assign_agent", "QueueAssignAgent", Scope::queue,
                                    "Offers a waiting call to one agent.", "the queue has done so"};
  OwnCall call_id;
  std::string agent_id;
  using Done = NoData;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("call_id", "the call").needed(), s.call_id);
    visit(Field("agent_id", "the agent").needed(), s.agent_id);
  }
};

struct QueueRequeue {
  static constexpr CommandInfo info{"queue.requeue", "QueueRequeue", Scope::queue,
                                    "Moves a waiting call to another queue.", "the queue has done so"};
  OwnCall call_id;
  std::string queue_id;
  std::uint32_t priority = 0;
  using Done = NoData;
  template <class Self, class Visitor>
  static void fields(Self& s, Visitor& visit) {
    visit(Field("call_id", "the call").needed(), s.call_id);
    visit(Field("queue_id", "the queue").needed(), s.queue_id);
    visit(Field("priority", "higher comes first").between(0, 1'000'000), s.priority);
  }
};

}  // namespace junctor::apps::program
