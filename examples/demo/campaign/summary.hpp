// SPDX-License-Identifier: MIT
#pragma once

#include "mean_interval.hpp"
#include "results.hpp"

#include <bitfault/statistics/wilson.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace demo {

inline constexpr double confidence = 0.95;

/// So many of so many independent trials, with the Wilson interval.
struct share {
  std::uint64_t hits = 0;
  std::uint64_t trials = 0;

  [[nodiscard]] double value() const {
    return trials == 0 ? 0 : static_cast<double>(hits) / static_cast<double>(trials);
  }
  [[nodiscard]] bitfault::interval interval() const {
    return bitfault::wilson_interval(hits, trials, confidence);
  }
};

/// Outcomes of single faults.
struct outcome_shares {
  share non_finite, masked, sdc, tolerable;
  share right; ///< images that the faulty network gets right

  explicit outcome_shares(std::span<const record> records) {
    for (const record& r : records) {
      (r.what == outcome::non_finite ? non_finite
       : r.what == outcome::masked   ? masked
       : r.what == outcome::sdc      ? sdc
                                     : tolerable)
          .hits += 1;
      right.hits += r.right;
    }
    for (share* s : {&non_finite, &masked, &sdc, &tolerable, &right}) {
      s->trials = records.size();
    }
  }
};

/// Accuracy under sets of faults. The trial, one set on one block of images, is the unit.
struct accuracy_summary {
  double mean = 0;
  bitfault::interval mean_within;       ///< 95 % interval of the mean, see `mean_interval`
  double low = 0, median = 0, high = 0; ///< 5 %, 50 % and 95 % of the trials lie below
  double flips = 0;                     ///< bits in a set, mean

  /// Paired: each trial is compared with the golden run on the same images, so that which images it
  /// drew hardly matters; the golden accuracy of all images is added again.
  accuracy_summary(std::span<const record> records, const std::vector<double>& golden_blocks,
                   std::size_t block) {
    const double golden = mean_of(golden_blocks);
    // A change in accuracy lies between "none right now" and "all right now".
    const auto [worst, best] = std::ranges::minmax(golden_blocks);
    const double least = -best;
    const double range = 1 - worst + best;
    std::vector<double> changes;
    std::vector<double> scaled;
    for (const record& r : records) {
      const double before = golden_blocks[r.image / block];
      changes.push_back(static_cast<double>(r.right) / static_cast<double>(block) - before);
      scaled.push_back(std::clamp((changes.back() - least) / range, 0.0, 1.0));
      flips += static_cast<double>(r.faults) / static_cast<double>(records.size());
    }
    mean = golden + mean_of(changes);
    const auto within = mean_interval(scaled, confidence);
    mean_within = {std::max(0.0, golden + least + range * within.lower),
                   std::min(1.0, golden + least + range * within.upper)};
    std::ranges::sort(changes);
    const auto quantile = [&](double q) { // nearest rank
      const auto rank =
          static_cast<std::size_t>(std::ceil(q * static_cast<double>(changes.size())));
      return changes.empty()
                 ? 0
                 : std::clamp(golden + changes[std::max<std::size_t>(rank, 1) - 1], 0.0, 1.0);
    };
    low = quantile(0.05);
    median = quantile(0.5);
    high = quantile(0.95);
  }

private:
  [[nodiscard]] static double mean_of(const std::vector<double>& values) {
    double sum = 0;
    for (const double x : values) {
      sum += x;
    }
    return values.empty() ? 0 : sum / static_cast<double>(values.size());
  }
};

/// Accuracy of the golden run on each block of images.
[[nodiscard]] inline std::vector<double> golden_blocks_of(const evaluation& golden,
                                                          const inputs& in, std::size_t block) {
  std::vector<double> result(in.count() / block);
  for (std::size_t i = 0; i < result.size() * block; ++i) {
    result[i / block] += golden.best[i] == in.labels[i] ? 1.0 : 0.0;
  }
  for (double& x : result) {
    x /= static_cast<double>(block);
  }
  return result;
}

/// Everything that tables and figures show.
struct summary {
  struct single {
    experiment from;
    outcome_shares shares;
  };
  struct sweep_point {
    experiment from;
    accuracy_summary accuracy;
  };
  std::vector<single> bits, weights, activations;
  std::vector<sweep_point> sweep;
  double golden = 0;
  std::uint64_t weight_bits_in_all = 0;
  /// One flip anywhere in the weights and biases. Each bit position got equally many trials, which
  /// only makes the interval wider than it had to be.
  share any_bit_sdc;

  summary(const campaign_results& results, const inputs& in)
      : golden(static_cast<double>(results.golden.right) / static_cast<double>(in.count())) {
    const auto blocks = golden_blocks_of(results.golden, in, results.chosen.block);
    for (std::size_t i = 0; i < results.experiments.size(); ++i) {
      const auto& e = results.experiments[i];
      const auto& records = results.records[i];
      switch (e.target) {
      case fault_target::bit:
        bits.push_back({e, outcome_shares(records)});
        any_bit_sdc.hits += bits.back().shares.sdc.hits;
        any_bit_sdc.trials += bits.back().shares.sdc.trials;
        break;
      case fault_target::weights:
        weights.push_back({e, outcome_shares(records)});
        break;
      case fault_target::activations:
        activations.push_back({e, outcome_shares(records)});
        break;
      case fault_target::rate:
        sweep.push_back({e, accuracy_summary(records, blocks, results.chosen.block)});
        break;
      }
    }
    network shapes;
    for (const auto& tensor : shapes.parameters()) {
      weight_bits_in_all += tensor.data.size() * weight_bits;
    }
  }

  /// The lowest rate of the sweep whose interval lies wholly more than a point below the golden
  /// accuracy; null if there is none.
  [[nodiscard]] const sweep_point* first_loss() const {
    const auto found = std::ranges::find_if(
        sweep, [&](const sweep_point& p) { return p.accuracy.mean_within.upper < golden - 0.01; });
    return found == sweep.end() ? nullptr : &*found;
  }
  /// The bit position with most SDC-1.
  [[nodiscard]] const single& worst_bit() const {
    return *std::ranges::max_element(bits, {}, [](const single& s) { return s.shares.sdc.hits; });
  }
};

/// Sign, exponent or mantissa of a 32-bit float.
[[nodiscard]] constexpr const char* field_of(std::size_t bit) noexcept {
  return bit == 31 ? "sign" : bit >= 23 ? "exponent" : "mantissa";
}

} // namespace demo
