// SPDX-License-Identifier: MIT
#pragma once

#include "../fault_list/file_error.hpp"
#include "../random/fault_key.hpp"
#include "../random/permutation.hpp"
#include "../random/source.hpp"
#include "../statistics/clustered.hpp"
#include "../statistics/two_way.hpp"
#include "../statistics/wilson.hpp"
#include "audit.hpp"
#include "number_text.hpp"
#include "outcome.hpp"
#include "store.hpp"
#include "trial.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace bitfault::campaign {

/// What some faults did to some inputs, all of it known: the population of an audit.
struct crossed_population {
  std::uint64_t inputs = 0;
  std::vector<std::vector<std::uint32_t>> hits{}; ///< for each fault the inputs that it hit

  std::uint64_t pairs() const noexcept { return inputs * hits.size(); }
  double share() const noexcept {
    std::uint64_t n = 0;
    for (const auto& of_fault : hits)
      n += of_fault.size();
    return pairs() == 0 ? 0 : static_cast<double>(n) / static_cast<double>(pairs());
  }
};

/// The complete prefix of an experiment's trials, each on all inputs: which of them ended in SDC.
/// Inputs that were set aside are left out. Throws std::invalid_argument where trials did not run
/// on all inputs, or are fewer than two.
inline crossed_population crossed_population_of(const store& s, std::size_t experiment) {
  const stored_experiment& e = s.description().experiments.at(experiment);
  const auto refuse = [&](const std::string& what) {
    throw std::invalid_argument("bitfault: audit: experiment '" + e.asked.name + "' " + what);
  };
  if (!e.asked.all_inputs)
    refuse("ran each trial on one input; what is audited are all trials on all inputs");
  crossed_population known;
  s.for_each_trial(experiment, {0, s.complete_prefix(experiment)}, [&](const trial_record& r) {
    std::uint32_t input = 0;
    known.hits.emplace_back();
    for (const char letter : r.outcomes_by_input)
      if (letter != set_aside_letter) {
        if (letter == letter_of(outcome::sdc))
          known.hits.back().push_back(input);
        ++input;
      }
    if (known.hits.size() > 1 && input != known.inputs)
      refuse("judged " + std::to_string(input) + " inputs in trial " + std::to_string(r.number) +
             " and " + std::to_string(known.inputs) + " before");
    known.inputs = input;
  });
  if (known.hits.size() < 2 || known.inputs < 2)
    refuse("has " + std::to_string(known.hits.size()) + " trials on " +
           std::to_string(known.inputs) + " inputs; at least two of each are needed");
  return known;
}

/// Replays campaigns that cross faults with inputs on a population that is known: by each way of
/// counting, how often its interval held the share of all pairs of a fault and an input. Faults
/// are drawn without replacement, `trials` of them; where only some of the inputs are used, half of
/// them, drawn likewise. Reproducible from the seed. O(campaigns * hits in a campaign).
inline std::vector<audited_method> audit_crossed(const crossed_population& known,
                                                 const audit_options& o = {}) {
  using counts = std::vector<std::uint64_t>;
  const std::uint64_t faults = known.hits.size();
  const std::uint64_t tried = std::min(o.trials, faults);
  const double right = known.share();
  std::vector<audited_method> all;
  const auto sum = [](const counts& list) {
    std::uint64_t n = 0;
    for (const std::uint64_t x : list)
      n += x;
    return n;
  };

  // interval_of(hits by fault, hits by input used)
  const auto method = [&](std::string name, std::uint64_t inputs, auto&& interval_of) {
    audited_method m{std::move(name), std::to_string(tried)};
    double width = 0;
    for (std::uint64_t c = 0; c < o.campaigns; ++c) {
      const random_stream stream(fault_key{.seed = o.seed, .trial = c});
      const keyed_permutation order(permutation_shape(static_cast<index_t>(faults)), stream);
      const random_stream other(fault_key{.seed = o.seed, .trial = c, .stream = 1});
      const keyed_permutation input_order(permutation_shape(static_cast<index_t>(known.inputs)),
                                          other);
      std::vector<std::int64_t> place(known.inputs, -1); // among the inputs that are used
      for (std::uint64_t i = 0; i < inputs; ++i)
        place[static_cast<std::size_t>(input_order.at(static_cast<index_t>(i)))] =
            static_cast<std::int64_t>(i);
      counts by_fault(tried), by_input(inputs);
      for (std::uint64_t t = 0; t < tried; ++t)
        for (const std::uint32_t hit :
             known.hits[static_cast<std::size_t>(order.at(static_cast<index_t>(t)))])
          if (const std::int64_t used = place[hit]; used >= 0) {
            ++by_fault[static_cast<std::size_t>(t)];
            ++by_input[static_cast<std::size_t>(used)];
          }
      const interval i = interval_of(by_fault, by_input);
      m.covered += detail::holds(i, right) ? 1 : 0;
      width += i.width();
    }
    all.push_back(detail::finished(std::move(m), width, o));
  };
  const auto clustered = [&](const counts& by_fault, const counts& by_input) {
    return clustered_interval(by_fault, by_input.size(), o.confidence, faults);
  };
  const auto two_way = [&](const counts& by_fault, const counts& by_input) {
    return two_way_interval(by_fault, by_input, o.confidence);
  };
  const auto pairs = [&](const counts& by_fault, const counts& by_input) {
    return wilson_interval(sum(by_fault), by_fault.size() * by_input.size(), o.confidence);
  };
  const std::uint64_t half = std::max<std::uint64_t>(known.inputs / 2, 2);
  method("all inputs, clustered by fault", known.inputs, clustered);
  method("all inputs, Wilson over pairs", known.inputs, pairs);
  method("half of the inputs, two-way", half, two_way);
  method("half of the inputs, clustered by fault", half, clustered);
  method("half of the inputs, Wilson over pairs", half, pairs);
  return all;
}

/// The result of such an audit as text.
inline std::string audit_table(const crossed_population& known,
                               const std::vector<audited_method>& methods) {
  return grouped_text(known.hits.size()) + " faults on " + grouped_text(known.inputs) +
         " inputs: " + percent_text(known.share()) + " % of the pairs are SDC; " +
         detail::audit_rows(methods);
}

} // namespace bitfault::campaign
