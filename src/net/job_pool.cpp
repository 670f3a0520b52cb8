#include "net/job_pool.hpp"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "net/thread_role.hpp"

namespace junctor::net {

class JobPool::Impl {
 public:
  Impl(const JobPoolSettings& settings, ControlLoop& control, Counters& counters)
      : backlog_(settings.backlog),
        control_(control),
        run_(counters.get("jobs_run")),
        refused_(counters.get("jobs_refused")) {
    for (std::size_t i = 0; i < settings.threads; ++i) threads_.emplace_back([this] { work(); });
  }

  bool submit(Job job) {
    {
      const std::lock_guard lock(mutex_);
      if (stopping_ || jobs_.size() >= backlog_) {
        refused_.add();
        return false;
      }
      jobs_.push_back(std::move(job));
    }
    changed_.notify_one();
    return true;
  }

  void stop() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_all();
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
    jobs_.clear();
  }

 private:
  // How long a thread with a result waits before it tries a full inbox again.
  static constexpr milliseconds inbox_retry{1};

  void work() {
    name_thread("jobs");
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
      if (stopping_) return;
      const Job job = std::move(jobs_.front());
      jobs_.pop_front();
      lock.unlock();
      std::function<void(TimePoint)> result = job();
      run_.add();
      Task task;
      if (result) task = std::move(result);
      lock.lock();
      // A result is never lost while the hub runs: the work may have changed the disk.
      while (task && !control_.post(std::move(task)) && !stopping_) changed_.wait_for(lock, inbox_retry);
    }
  }

  const std::size_t backlog_;
  ControlLoop& control_;
  Counter& run_;
  Counter& refused_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Job> jobs_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

JobPool::JobPool(const JobPoolSettings& settings, ControlLoop& control, Counters& counters)
    : impl_(std::make_unique<Impl>(settings, control, counters)) {}
JobPool::~JobPool() {
  impl_->stop();
}
bool JobPool::submit(Job job) {
  return impl_->submit(std::move(job));
}
void JobPool::stop() {
  impl_->stop();
}

}  // namespace junctor::net
