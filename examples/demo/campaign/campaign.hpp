// SPDX-License-Identifier: MIT
#pragma once

#include "experiment.hpp"
#include "inputs.hpp"
#include "results.hpp"
#include "runner.hpp"
#include "worker.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace demo {

inline constexpr double sweep_rates[] = {1e-7, 3e-7, 1e-6, 3e-6, 1e-5, 3e-5,
                                         1e-4, 3e-4, 1e-3, 3e-3, 1e-2};

/// All experiments of the campaign, in the order in which they run.
[[nodiscard]] inline std::vector<experiment> experiments_of(const settings& s, network& net) {
  std::vector<experiment> list;
  const auto add = [&](fault_target target, std::size_t number, double rate, std::uint64_t trials,
                       std::string name) {
    const auto id = static_cast<std::uint32_t>(list.size());
    list.push_back({target, number, rate, trials, id, std::move(name)});
  };
  for (unsigned bit = 0; bit < weight_bits; ++bit) {
    add(fault_target::bit, bit, 0, s.trials, "bit " + std::to_string(bit));
  }
  const auto tensors = net.parameters();
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    add(fault_target::weights, i, 0, s.trials, tensors[i].name);
  }
  for (std::size_t i = 0; i < layers.size(); ++i) {
    add(fault_target::activations, i, 0, s.trials, std::string(layers[i].name));
  }
  for (const double rate : sweep_rates) {
    add(fault_target::rate, 0, rate, s.sweep_trials, "bit error rate");
  }
  return list;
}

/// Inferences that one trial takes.
[[nodiscard]] inline std::uint64_t cost_of(const experiment& e, const settings& s) {
  return e.target == fault_target::rate ? s.block : 1;
}

namespace detail {

/// A run of trials of one experiment.
struct slice {
  std::size_t experiment = 0;
  std::uint64_t first = 0;
  std::uint64_t last = 0;
};

[[nodiscard]] inline std::vector<slice> slices_of(const std::vector<experiment>& experiments) {
  std::vector<slice> list;
  for (std::size_t i = 0; i < experiments.size(); ++i) {
    const std::uint64_t trials = experiments[i].trials;
    const std::uint64_t length = experiments[i].target == fault_target::rate ? 1 : 250;
    for (std::uint64_t first = 0; first < trials; first += length) {
      list.push_back({i, first, std::min(first + length, trials)});
    }
  }
  return list;
}

[[nodiscard]] inline bool changed_answer(const record& r) {
  return r.what == outcome::sdc || r.what == outcome::non_finite;
}

[[nodiscard]] inline bool same_bits(std::span<const network::tensor> a,
                                    std::span<const network::tensor> b) {
  return std::ranges::equal(a, b, [](const auto& x, const auto& y) {
    return x.data.size() == y.data.size() &&
           std::memcmp(x.data.data(), y.data.data(), x.data.size_bytes()) == 0;
  });
}

/// The first trials of each tensor that changed an answer, run again by address.
template <class Workers, class Watch>
void find_worst(campaign_results& results, Workers& workers, const Watch& watch) {
  std::vector<std::pair<std::size_t, std::string>> candidates; // experiment and address
  for (std::size_t i = 0; i < results.experiments.size(); ++i) {
    if (results.experiments[i].target != fault_target::weights) {
      continue;
    }
    std::size_t taken = 0;
    for (std::uint64_t trial = 0; trial < results.records[i].size() && taken < replays; ++trial) {
      if (changed_answer(results.records[i][trial])) {
        candidates.emplace_back(i, workers[0]->address(results.experiments[i], trial));
        ++taken;
      }
    }
  }
  std::vector<std::size_t> right(candidates.size());
  run_jobs(
      workers, candidates.size(),
      [&](worker& w, std::size_t job) {
        right[job] = w.evaluate_at(candidates[job].second, results.replay_images).right;
      },
      [&](std::size_t finished, std::size_t) { watch(finished); });

  for (std::size_t i = 0; i < candidates.size(); ++i) {
    const auto& [from, address] = candidates[i];
    const auto& tensor = workers[0]->tensors()[results.experiments[from].number];
    const auto fault = bitfault::to_fault(bitfault::parse_address(address),
                                          bitfault::header_of<float>(view_of(tensor).extents()));
    const float before = tensor.data[fault.element];
    const auto after = bitfault::faulty_word(fault, bitfault::to_word(before));
    const replayed_fault one{address, tensor.name, before, bitfault::from_word<float>(after),
                             right[i]};
    if (results.worst.empty() || results.worst.back().tensor != one.tensor) {
      results.worst.push_back(one);
    } else if (one.right < results.worst.back().right) {
      results.worst.back() = one;
    }
  }
}

/// For each tensor and each layer, the first trial whose answer was right and became another.
inline void find_changed(campaign_results& results, worker& w, const inputs& in) {
  for (std::size_t i = 0; i < results.experiments.size(); ++i) {
    const auto& e = results.experiments[i];
    if (e.target != fault_target::weights && e.target != fault_target::activations) {
      continue;
    }
    for (std::uint64_t trial = 0; trial < results.records[i].size(); ++trial) {
      const record& r = results.records[i][trial];
      if (r.what == outcome::sdc && results.golden.best[r.image] == in.labels[r.image]) {
        static_cast<void>(w.run(e, trial));
        results.changed.push_back(
            {w.address(e, trial), r.image, results.golden.best[r.image], w.last_class()});
        break;
      }
    }
  }
}

} // namespace detail

/// Runs the whole campaign. The results, the time apart, depend on the network, the inputs and the
/// settings without `threads`. `watch(progress)` is called now and then by the calling thread.
/// Throws std::invalid_argument if the images are not a whole number of blocks.
template <class Watch>
[[nodiscard]] campaign_results run_campaign(const network& original, const inputs& in,
                                            const settings& s, const Watch& watch) {
  if (in.count() == 0 || s.block == 0 || in.count() % s.block != 0) {
    throw std::invalid_argument(std::to_string(in.count()) + " images are no multiple of " +
                                std::to_string(s.block));
  }
  const auto begin = std::chrono::steady_clock::now();
  network pristine = original;
  campaign_results results{s, evaluation(pristine, in, 0, in.count()), experiments_of(s, pristine)};
  results.replay_images = std::min(in.count(), most_replay_images);
  for (std::size_t i = 0; i < results.replay_images; ++i) {
    results.replay_right += results.golden.best[i] == in.labels[i] ? 1U : 0U;
  }

  progress state;
  state.block = s.block;
  for (const auto& e : results.experiments) {
    results.records.emplace_back(e.trials);
    state.total += e.trials * cost_of(e, s);
  }
  state.total += replays * pristine.parameters().size() * results.replay_images;

  std::vector<std::unique_ptr<worker>> workers;
  for (unsigned i = 0; i < std::max(s.threads, 1U); ++i) {
    workers.push_back(std::make_unique<worker>(pristine, in, results.golden, s.seed, s.block));
  }

  const auto slices = detail::slices_of(results.experiments);
  std::vector<std::uint64_t> cost_before{0};
  for (const auto& slice : slices) {
    cost_before.push_back(cost_before.back() +
                          (slice.last - slice.first) *
                              cost_of(results.experiments[slice.experiment], s));
  }
  run_jobs(
      workers, slices.size(),
      [&](worker& w, std::size_t job) {
        const auto& slice = slices[job];
        for (std::uint64_t trial = slice.first; trial < slice.last; ++trial) {
          results.records[slice.experiment][trial] =
              w.run(results.experiments[slice.experiment], trial);
        }
      },
      [&](std::size_t, std::size_t complete) {
        state.done = cost_before[complete];
        if (complete > 0) {
          const auto& last = slices[complete - 1];
          state.now = &results.experiments[last.experiment];
          state.complete = std::span(results.records[last.experiment]).first(last.last);
        }
        watch(std::as_const(state));
      });

  state.now = nullptr;
  state.complete = {};
  const std::uint64_t before = state.done;
  detail::find_worst(results, workers, [&](std::size_t finished) {
    state.done = before + finished * results.replay_images;
    watch(std::as_const(state));
  });
  detail::find_changed(results, *workers[0], in);

  network reference = original;
  const auto expected = reference.parameters();
  results.restored = std::ranges::all_of(
      workers, [&](const auto& w) { return detail::same_bits(w->tensors(), expected); });
  state.done = state.total;
  watch(std::as_const(state));
  results.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return results;
}

} // namespace demo
