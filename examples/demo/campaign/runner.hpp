// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace demo {

/// Runs jobs 0 to `jobs` - 1 with one thread for each entry of `threads`: `work(entry, job)`.
/// Meanwhile the calling thread calls `watch(finished, complete)` now and then: how many jobs are
/// done, and how many of the first ones without a gap. What arrives first is not what is typical,
/// so intermediate results are to be read from the complete ones only.
///
/// The first exception of a job ends the run and is thrown here.
template <class Entries, class Work, class Watch>
void run_jobs(Entries& threads, std::size_t jobs, const Work& work, const Watch& watch) {
  std::mutex mutex;
  std::condition_variable wake;
  std::vector<bool> done(jobs, false);
  std::size_t next = 0;
  std::size_t finished = 0;
  std::size_t complete = 0;
  std::size_t running = 0;
  std::exception_ptr failure;

  const auto serve = [&](auto& entry) {
    std::unique_lock lock(mutex);
    while (next < jobs && !failure) {
      const std::size_t job = next++;
      lock.unlock();
      std::exception_ptr thrown;
      try {
        work(entry, job);
      } catch (...) {
        thrown = std::current_exception();
      }
      lock.lock();
      if (thrown && !failure) {
        failure = thrown;
      }
      done[job] = !thrown;
      ++finished;
      while (complete < jobs && done[complete]) {
        ++complete;
      }
    }
    --running;
    wake.notify_all();
  };

  std::vector<std::thread> pool;
  {
    // Threads wait for the lock until all of them are there.
    const std::lock_guard lock(mutex);
    try {
      for (auto& entry : threads) {
        pool.emplace_back([&serve, &entry] { serve(*entry); });
        ++running;
      }
    } catch (...) { // the system gives no more threads: go on with those there are
      if (pool.empty()) {
        throw;
      }
    }
  }
  std::unique_lock lock(mutex);
  while (running > 0) {
    const std::size_t finished_now = finished;
    const std::size_t complete_now = complete;
    lock.unlock();
    watch(finished_now, complete_now);
    lock.lock();
    wake.wait_for(lock, std::chrono::milliseconds(100), [&] { return running == 0; });
  }
  lock.unlock();
  for (auto& thread : pool) {
    thread.join();
  }
  if (failure) {
    std::rethrow_exception(failure);
  }
  watch(finished, complete);
}

} // namespace demo
