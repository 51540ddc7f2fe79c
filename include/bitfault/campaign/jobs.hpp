// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace bitfault::campaign {

/// Runs jobs 0 to `jobs` - 1, one thread for each of the workers: `work(worker, job)` gives a
/// result. The calling thread gets them as they come, in any order: `take(job, result)`, and calls
/// `rest()` after each lot and at least ten times a second.
///
/// The first exception of a job or of `take` ends the run and is thrown here, after the jobs that
/// are running have ended. What was finished before has been taken.
template <class Result, class Workers, class Work, class Take, class Rest>
void run_jobs(Workers& workers, std::size_t jobs, const Work& work, const Take& take,
              const Rest& rest) {
  std::mutex mutex;
  std::condition_variable wake;
  std::vector<std::pair<std::size_t, Result>> finished;
  std::size_t next = 0;
  std::size_t running = 0;
  std::exception_ptr failure;

  const auto serve = [&](auto& worker) {
    std::unique_lock lock(mutex);
    while (next < jobs && !failure) {
      const std::size_t job = next++;
      lock.unlock();
      try {
        Result result = work(worker, job);
        lock.lock();
        finished.emplace_back(job, std::move(result));
      } catch (...) {
        if (!lock.owns_lock())
          lock.lock();
        if (!failure)
          failure = std::current_exception();
      }
    }
    --running;
    wake.notify_all();
  };

  std::vector<std::thread> pool;
  {
    const std::lock_guard lock(mutex); // threads wait until all of them are there
    try {
      for (auto& worker : workers) {
        pool.emplace_back([&serve, &worker] { serve(worker); });
        ++running;
      }
    } catch (...) { // the system gives no more threads: go on with those there are
      if (pool.empty())
        throw;
    }
  }
  std::vector<std::pair<std::size_t, Result>> taken;
  std::unique_lock lock(mutex);
  for (bool last = false; !last;) {
    wake.wait_for(lock, std::chrono::milliseconds(50), [&] { return running == 0; });
    last = running == 0;
    taken.clear();
    taken.swap(finished);
    lock.unlock();
    try {
      for (auto& [job, result] : taken)
        take(job, std::move(result));
      rest();
    } catch (...) {
      const std::lock_guard relock(mutex);
      if (!failure)
        failure = std::current_exception();
    }
    lock.lock();
  }
  lock.unlock();
  for (auto& thread : pool)
    thread.join();
  if (failure)
    std::rethrow_exception(failure);
}

} // namespace bitfault::campaign
