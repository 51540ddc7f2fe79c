// SPDX-License-Identifier: MIT
#pragma once

#include "child_process.hpp"
#include "model_error.hpp"
#include "outcome.hpp"
#include "trial.hpp"
#include "trial_bytes.hpp"
#include "trial_ranges.hpp"

#include <poll.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <limits>
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

/// Stands for the length of a record: the text of an exception follows, with
/// its length before it.
inline constexpr std::uint64_t complaint_follows = std::numeric_limits<std::uint64_t>::max();

/// The child's side: jobs come as trial_job, records go back with their length
/// before them; a length of 0 says that the job is done.
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

/// Serves, and tells the parent of what is thrown, unless a trial's fault is to
/// blame: that is a death like any other.
template <class Serve>
void serve_or_complain(const Serve& serve, int socket, child_activity& activity) {
  const auto complain = [socket](std::string_view text) {
    std::string bytes;
    put(bytes, complaint_follows);
    put(bytes, static_cast<std::uint64_t>(text.size()));
    bytes += text;
    static_cast<void>(send_all(socket, bytes.data(), bytes.size())); // the parent may be gone
  };
  try {
    serve(socket, activity);
  } catch (const model_error&) {
    throw;
  } catch (const std::exception& e) {
    complain(e.what());
  } catch (...) {
    complain("bitfault: campaign: an exception of an unknown type");
  }
}

} // namespace detail

/// Runs jobs in child processes, so that a trial that crashes or hangs takes nothing else with it.
///
/// - `wanted(job number)`: whether the job has still to be run.
/// - `serve(socket, activity)`: what a child does: it makes its model, then detail::serve_jobs.
/// - `died(experiment, trial, how)` notes that a trial's process died or threw `model_error`
///   (crash), or passed `time_limit` seconds (hang), and gives the trial's record if it was not the
///   first time; else it is tried once more.
/// - `take(job number, records)`: records as they come, in any order.
/// - `rest()`: now and then.
///
/// To be called while the process has one thread. Throws std::runtime_error with the text of any
/// other exception of a child's, and if children die twice running before they come to a trial.
template <class Wanted, class Serve, class Died, class Take, class Rest>
void run_isolated(std::size_t processes, const std::vector<trial_job>& jobs, double time_limit,
                  const Wanted& wanted, const Serve& serve, const Died& died, const Take& take,
                  const Rest& rest) {
  struct worker {
    child_process process;
    std::optional<std::size_t> job{};
    std::uint64_t next = 0; ///< the trial that is due
    std::string received{};
    std::optional<std::uint64_t> too_long{}; ///< the trial it was killed in
    bool again = false;                      ///< the one before died before it came to a trial
  };
  std::vector<worker> workers;
  std::size_t next_job = 0;

  const auto start = [&serve] {
    return child_process([&serve](int socket, child_activity& activity) {
      detail::serve_or_complain(serve, socket, activity);
    });
  };
  const auto send = [&](worker& w, std::size_t job, std::uint64_t from) {
    w.job = job;
    w.next = from;
    const trial_job part{jobs[job].experiment, {from, jobs[job].trials.end}};
    static_cast<void>(send_all(w.process.socket(), &part,
                               sizeof part)); // a dead child is seen below
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
      if (size == detail::complaint_follows) {
        std::string_view text = rest_of_it;
        if (text.size() >= sizeof size && detail::get<std::uint64_t>(text) == text.size())
          throw std::runtime_error(std::string(text) + " (in a child process)");
        break;
      }
      if (rest_of_it.size() < size)
        break;
      if (size == 0) {
        job_done = true;
      } else {
        records.push_back(to_trial(rest_of_it.substr(0, static_cast<std::size_t>(size))));
        w.next = records.back().number + 1;
        w.again = false;
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
    std::uint64_t from = w.next;
    const bool in_trial =
        w.process.activity().running_for() != 0 && w.process.activity().trial == from;
    bool again = false;
    if (w.too_long ? *w.too_long == from : in_trial) {
      if (std::optional<trial_record> lost =
              died(jobs[job].experiment, from, w.too_long ? outcome::hang : outcome::crash)) {
        take(job, std::vector<trial_record>{std::move(*lost)});
        ++from;
      }
    } else if (!w.too_long) { // one that was killed for a trial came to its end
                              // after all
      again = true;
      const std::string how = w.process.ending();
      if (w.again)
        throw std::runtime_error("bitfault: campaign: two child processes, one after the other, "
                                 "died before they ran trial " +
                                 std::to_string(from) + "; the second " + how +
                                 ". Is there too little memory, or does making the model fail in a "
                                 "child process?");
    }
    w = worker{start()};
    w.again = again;
    if (from < jobs[job].trials.end)
      send(w, job, from);
    else
      assign(w);
  };

  for (std::size_t i = 0; i < std::min(std::max<std::size_t>(processes, 1), jobs.size()); ++i) {
    workers.push_back(worker{start()});
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
      } else if (!w.too_long) {
        const std::uint64_t trial = w.process.activity().trial; // read before how long it runs
        if (w.process.activity().running_for() > time_limit) {
          w.too_long = trial;
          w.process.kill();
        }
      }
    }
    rest();
  }
}

} // namespace bitfault::campaign
