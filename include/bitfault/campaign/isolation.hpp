// SPDX-License-Identifier: MIT
#pragma once

#include "child_process.hpp"
#include "outcome.hpp"
#include "trial.hpp"
#include "trial_bytes.hpp"
#include "trial_ranges.hpp"

#include <poll.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bitfault::campaign {

/// Trials of one experiment that are run in one go.
struct trial_job {
  std::uint32_t experiment = 0;
  trial_range trials{};
};

namespace detail {

/// The child's side: jobs come as trial_job, records go back with their length before them; a
/// length of 0 says that the job is done.
template <class Run>
void serve_jobs(int socket, child_activity& activity, Run&& run) {
  trial_job job;
  while (receive_all(socket, &job, sizeof job)) {
    for (std::uint64_t t = job.trials.begin; t < job.trials.end; ++t) {
      activity.begin(t);
      const std::string bytes = to_bytes(run(job.experiment, t));
      activity.end();
      const auto size = static_cast<std::uint64_t>(bytes.size());
      if (!send_all(socket, &size, sizeof size) || !send_all(socket, bytes.data(), bytes.size()))
        return;
    }
    constexpr std::uint64_t done = 0;
    if (!send_all(socket, &done, sizeof done))
      return;
  }
}

} // namespace detail

/// Runs jobs in child processes, so that a trial that crashes or hangs takes nothing else with it.
///
///   wanted(job number)           whether the job has still to be run
///   serve(socket, activity)      what a child does: makes its model, then detail::serve_jobs
///   died(experiment, trial, how) notes that a trial's process died (crash) or passed `time_limit`
///                                seconds (hang), and gives the trial's record if it was not the
///                                first time; else the trial is tried once more
///   take(job number, records)    records as they come, in any order
///   rest()                       now and then
///
/// To be called while the process has one thread. Throws std::runtime_error if a child dies outside
/// a trial.
template <class Wanted, class Serve, class Died, class Take, class Rest>
void run_isolated(std::size_t processes, const std::vector<trial_job>& jobs, double time_limit,
                  const Wanted& wanted, const Serve& serve, const Died& died, const Take& take,
                  const Rest& rest) {
  struct worker {
    child_process process;
    std::optional<std::size_t> job{};
    std::uint64_t next = 0; ///< the trial that is due
    std::string received{};
    bool too_long = false;
  };
  std::vector<worker> workers;
  std::size_t next_job = 0;

  const auto send = [&](worker& w, std::size_t job, std::uint64_t from) {
    w.job = job;
    w.next = from;
    const trial_job part{jobs[job].experiment, {from, jobs[job].trials.end}};
    static_cast<void>(
        send_all(w.process.socket(), &part, sizeof part)); // a dead child is seen below
  };
  const auto assign = [&](worker& w) {
    w.job.reset();
    while (next_job < jobs.size() && !wanted(next_job))
      ++next_job;
    if (next_job < jobs.size()) {
      const std::size_t job = next_job++;
      send(w, job, jobs[job].trials.begin);
    }
  };
  /// Records that have arrived whole.
  const auto parse = [&](worker& w) {
    std::vector<trial_record> records;
    const std::size_t job = *w.job;
    std::string_view bytes = w.received;
    bool job_done = false;
    while (bytes.size() >= sizeof(std::uint64_t)) {
      std::string_view rest_of_it = bytes;
      const auto size = detail::get<std::uint64_t>(rest_of_it);
      if (rest_of_it.size() < size)
        break;
      if (size == 0) {
        job_done = true;
      } else {
        records.push_back(to_trial(rest_of_it.substr(0, static_cast<std::size_t>(size))));
        w.next = records.back().number + 1;
      }
      bytes = rest_of_it.substr(static_cast<std::size_t>(size));
    }
    w.received.erase(0, w.received.size() - bytes.size());
    if (!records.empty())
      take(job, std::move(records));
    if (job_done)
      assign(w);
  };
  const auto replace = [&](worker& w) {
    const std::size_t job = *w.job;
    if (w.process.activity().running_for() == 0 || w.process.activity().trial != w.next)
      throw std::runtime_error("bitfault: campaign: a child process died before it ran trial " +
                               std::to_string(w.next) +
                               "; making the model in a child process fails");
    std::uint64_t from = w.next;
    if (std::optional<trial_record> lost =
            died(jobs[job].experiment, from, w.too_long ? outcome::hang : outcome::crash)) {
      take(job, std::vector<trial_record>{std::move(*lost)});
      ++from;
    }
    w = worker{child_process(serve)};
    if (from < jobs[job].trials.end)
      send(w, job, from);
    else
      assign(w);
  };

  for (std::size_t i = 0; i < std::min(std::max<std::size_t>(processes, 1), jobs.size()); ++i) {
    workers.push_back(worker{child_process(serve)});
    assign(workers.back());
  }
  const auto busy = [](const worker& w) { return w.job.has_value(); };
  while (std::any_of(workers.begin(), workers.end(), busy)) {
    std::vector<pollfd> waiting;
    std::vector<worker*> whose;
    for (worker& w : workers)
      if (busy(w)) {
        waiting.push_back({w.process.socket(), POLLIN, 0});
        whose.push_back(&w);
      }
    ::poll(waiting.data(), static_cast<nfds_t>(waiting.size()), 20);
    for (std::size_t i = 0; i < waiting.size(); ++i) {
      worker& w = *whose[i];
      if (waiting[i].revents != 0) {
        char block[1 << 16];
        const ssize_t got = ::recv(w.process.socket(), block, sizeof block, 0);
        if (got > 0) {
          w.received.append(block, static_cast<std::size_t>(got));
          parse(w);
        } else if (got == 0 || errno != EINTR) {
          replace(w);
        }
      } else if (w.process.activity().running_for() > time_limit && !w.too_long) {
        w.too_long = true;
        w.process.kill();
      }
    }
    rest();
  }
}

} // namespace bitfault::campaign
