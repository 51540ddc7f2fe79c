// SPDX-License-Identifier: MIT
#pragma once

#include "bound_experiment.hpp"
#include "criterion.hpp"
#include "trial.hpp"
#include "trial_ranges.hpp"
#include "truth.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace bitfault::campaign {

/// Turns the trials of one exhaustive experiment into a truth, and keeps nothing else. A flag among
/// the criteria is set for a site if it held for at least `tau` inputs; beside them stand
/// "non_finite" (at least `tau` inputs) and "masked" (all inputs).
class truth_store {
public:
  truth_store(const bound_experiment& e, const std::vector<criterion>& criteria)
      : experiment_(&e), known_(e.space().sites(), names(criteria)) {
    for (std::size_t i = 0; i < criteria.size(); ++i)
      if (criteria[i].is_flag)
        flags_.push_back(i);
  }
  truth& known() noexcept { return known_; }

  void add(std::size_t, std::span<const trial_record> records) {
    const std::uint32_t tau = experiment_->what().tau;
    for (const trial_record& r : records) {
      const std::uint64_t site = experiment_->sites_of(r.number).front().number;
      const auto count = [&](outcome o) { return r.outcomes[static_cast<std::size_t>(o)]; };
      for (std::size_t i = 0; i < flags_.size(); ++i)
        if (r.criteria[flags_[i]] >= tau)
          known_.set(i, site);
      if (count(outcome::non_finite) >= tau)
        known_.set(flags_.size(), site);
      if (count(outcome::masked) == r.inputs)
        known_.set(flags_.size() + 1, site);
      stored_.add(r.number);
    }
  }
  const trial_ranges& stored(std::size_t) const noexcept { return stored_; }
  template <class F>
  void for_each_trial(std::size_t, const trial_range&, F&&) const noexcept {}
  std::optional<std::uint64_t> stopped_at(std::size_t) const noexcept { return {}; }
  void set_stopped_at(std::size_t, std::uint64_t) {
    throw std::invalid_argument("bitfault: a truth has all sites; its experiment has no stop rule");
  }
  std::uint32_t record_death(std::size_t, std::uint64_t, outcome) const noexcept { return 2; }

private:
  static std::vector<std::string> names(const std::vector<criterion>& criteria) {
    std::vector<std::string> list;
    for (const criterion& c : criteria)
      if (c.is_flag)
        list.push_back(c.name);
    list.emplace_back("non_finite");
    list.emplace_back("masked");
    return list;
  }

  const bound_experiment* experiment_;
  std::vector<std::size_t> flags_;
  truth known_;
  trial_ranges stored_;
};

} // namespace bitfault::campaign
