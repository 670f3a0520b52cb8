#pragma once
// Background threads for work that blocks or burns.
#include <cstddef>
#include <memory>

#include "base/counters.hpp"
#include "base/io.hpp"
#include "net/control_loop.hpp"

namespace junctor::net {

struct JobPoolSettings {
  std::size_t threads = 3;      ///< two of them may wait for services: what speaks, what fetches sounds
  std::size_t backlog = 4'096;  ///< jobs waiting for a thread
};

/// Counters: jobs_run, jobs_refused.
class JobPool final : public JobRunner {
 public:
  JobPool(const JobPoolSettings& settings, ControlLoop& control, Counters& counters);
  /// Stops first.
  ~JobPool() override;

  /// Any thread. What the job returns (it may be empty) runs on the control thread.
  bool submit(Job job) override;

  /// Lets running jobs finish, forgets waiting ones, joins. Idempotent.
  void stop();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace junctor::net
