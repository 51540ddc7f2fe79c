// SPDX-License-Identifier: MIT
#pragma once

#include "../random/fault_key.hpp"
#include "../random/permutation.hpp"
#include "../random/source.hpp"
#include "../statistics/sample_size.hpp"
#include "experiment.hpp"
#include "fault_space.hpp"
#include "target.hpp"
#include "target_region.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace bitfault::campaign {

/// An experiment on a certain model: its sites are counted, and which ones a trial hits is fixed.
/// Each experiment of a campaign has random streams of its own, by its number.
class bound_experiment {
public:
  /// Throws std::invalid_argument or `error` for targets that are not there, masks or amounts that
  /// they do not have, more single faults than there are sites, and a plan that takes so many or
  /// has a number that is not between 0 and 1.
  bound_experiment(experiment e, std::uint32_t number, std::uint64_t seed,
                   const std::vector<target>& all)
      : what_(std::move(e)), number_(number), seed_(seed) {
    const std::vector<target_region> chosen = find_regions(all, what_.targets);
    space_ = fault_space(all, chosen, what_.fault);
    activations_only_ = std::none_of(chosen.begin(), chosen.end(), [&](const target_region& r) {
      return all[r.target].is_parameter();
    });
    trials_ = what_.plan ? planned_trials() : what_.trials;
    if (what_.amount.which == fault_amount::kind::single) {
      if (trials_ > space_.sites())
        refuse((what_.plan ? "'s " + plan_text() + " takes " : "' asks for ") +
               std::to_string(trials_) + " single faults; there are " +
               std::to_string(space_.sites()) + " sites" +
               (what_.plan ? ", and a site comes once. Let trials run on all inputs, take a wider "
                             "margin, or draw exactly 1 fault anew in each trial"
                           : ""));
      if (trials_ == 0)
        trials_ = space_.sites();
      order_.emplace(order_of(space_, key(order_stream, 0)));
    } else {
      if (trials_ == 0)
        refuse("' says no number of trials; only single faults can be enumerated");
      static_cast<void>(sites_of(0)); // bad amounts are found now
    }
  }

  const experiment& what() const noexcept { return what_; }
  std::uint32_t number() const noexcept { return number_; }
  const fault_space& space() const noexcept { return space_; }
  /// Planned trials.
  std::uint64_t trials() const noexcept { return trials_; }
  /// Whether every site is hit once.
  bool exhaustive() const noexcept { return order_.has_value() && trials_ == space_.sites(); }
  bool activations_only() const noexcept { return activations_only_; }

  /// The sites of a trial.
  std::vector<fault_site> sites_of(std::uint64_t trial) const {
    if (order_)
      return {space_.at(order_->at(static_cast<index_t>(trial)))};
    return draw_sites(space_, what_.amount, key(fault_stream, trial));
  }
  /// The first of the inputs that a trial runs on, and how many they are.
  std::pair<std::uint64_t, std::uint64_t> inputs_of(std::uint64_t trial,
                                                    std::uint64_t inputs) const {
    if (what_.all_inputs)
      return {0, inputs};
    const random_stream stream(key(input_stream, trial));
    return {random_source(stream, 0, 0, 0).below(inputs), 1};
  }
  /// What value faults of a trial draw from.
  random_stream values_of(std::uint64_t trial) const {
    return random_stream(key(value_stream, trial));
  }

private:
  static constexpr std::uint32_t fault_stream = 0;
  static constexpr std::uint32_t order_stream = 1;
  static constexpr std::uint32_t input_stream = 2;
  static constexpr std::uint32_t value_stream = 3;
  static constexpr std::uint32_t streams_each = 4;

  [[noreturn]] void refuse(const std::string& what) const {
    throw std::invalid_argument("bitfault: campaign: experiment '" + what_.name + what);
  }
  std::string plan_text() const {
    const sample_plan& plan = *what_.plan;
    char text[128];
    std::snprintf(text, sizeof text, "plan (margin %g, confidence %g, expected %g)", plan.margin,
                  plan.confidence, plan.expected);
    return text;
  }
  /// At least 1. A share that is expected to be 0 or 1 would take none.
  std::uint64_t planned_trials() const {
    const sample_plan& plan = *what_.plan;
    const auto inside = [](double x) { return x > 0 && x < 1; };
    if (!inside(plan.margin) || !inside(plan.confidence) || !inside(plan.expected))
      refuse("'s " + plan_text() + " cannot be met: all three lie between 0 and 1");
    return sample_size(population_of(what_, space_.sites()), plan.margin, plan.confidence,
                       plan.expected);
  }

  fault_key key(std::uint32_t stream, std::uint64_t trial) const noexcept {
    return {.seed = seed_, .trial = trial, .stream = number_ * streams_each + stream};
  }

  experiment what_;
  std::uint32_t number_;
  std::uint64_t seed_;
  fault_space space_;
  std::uint64_t trials_ = 0;
  bool activations_only_ = false;
  std::optional<keyed_permutation> order_;
};

} // namespace bitfault::campaign
