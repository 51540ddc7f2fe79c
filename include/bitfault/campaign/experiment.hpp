// SPDX-License-Identifier: MIT
#pragma once

#include "../statistics/population.hpp"
#include "criterion.hpp"
#include "fault_description.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace bitfault::campaign {

/// Ends an experiment before its planned trials, as soon as the anytime-valid interval of the share
/// of trials with at least `tau` SDC inputs is narrow enough. It looks at the longest complete
/// prefix of trials only, so that it stops at the same trial whatever finished first.
struct stop_rule {
  double half_width = 0; ///< of the interval, absolute
  double confidence = 0.95;

  friend bool operator==(const stop_rule&, const stop_rule&) = default;
};

/// How sure the result shall be: the number of trials follows from this and the number of sites
/// (see `sample_size`).
struct sample_plan {
  double margin = 0.01;     ///< of the interval to either side, absolute
  double confidence = 0.95; ///< between 0 and 1
  double expected = 0.5;    ///< the share of critical trials; 0.5 is the worst case

  friend bool operator==(const sample_plan&, const sample_plan&) = default;
};

/// Whether an experiment is split into strata: see `experiment::strata`.
enum class strata_kind : std::uint8_t { none, targets, targets_and_bits };

/// What the number of trials of an experiment with strata is about: each of them, or all together,
/// of which each gets its part by its number of sites.
enum class allocation_kind : std::uint8_t { each, proportional };

/// All trials of one configuration; it owns one estimate.
struct experiment {
  std::string name;
  /// Which targets: names, or patterns with * and ?. A parameter is named as the model names it, a
  /// layer's output by the layer's name. Kinds stand for all of their kind: "@weights", "@biases",
  /// "@state", "@parameters", "@activations" (all layers but the input), "@input".
  std::vector<std::string> targets{"@parameters"};
  fault_description fault{};
  fault_amount amount{};
  /// 0: every site once (`single` only; the experiment is then exhaustive).
  std::uint64_t trials = 0;
  /// Instead of `trials`: as many as it takes.
  std::optional<sample_plan> plan{};
  /// Inputs that each trial runs on: all of the campaign's, or one drawn at random (then trials
  /// are independent, and Wilson's interval holds). A fault in a layer's output strikes in each.
  bool all_inputs = false;
  /// A trial counts as critical if the headline criterion holds for at least so many inputs.
  std::uint32_t tau = 1;
  std::optional<stop_rule> stop{};
  /// A campaign makes one experiment for each target, or for each bit of each target, of this one;
  /// trials, plan and stop rule hold for each of them (see `strata_of`).
  strata_kind strata = strata_kind::none;
  /// `proportional` holds for trials and plan of `single` faults, and knows no stop rule.
  allocation_kind allocation = allocation_kind::each;
  std::string stratum_of{}; ///< the name of the experiment that this is a stratum of, if it is one

  friend bool operator==(const experiment&, const experiment&) = default;
};

/// How many distinct trials there are to draw from without replacement, if the experiment, or a
/// part of it, has so many sites: the sites, where a site comes out the same way each time. That
/// takes single faults, on all inputs, whose values are not drawn; else a trial is a draw from
/// something without an end, and even one trial for each site is no census.
constexpr std::uint64_t population_of(const experiment& e, std::uint64_t sites) noexcept {
  return e.amount.which == fault_amount::kind::single && e.all_inputs && !draws_value(e.fault.which)
             ? sites
             : unlimited;
}

/// A campaign takes at most so many threads or child processes, whoever asks for them.
inline constexpr unsigned most_threads = 4096;

/// What a campaign is asked to do beside its experiments. The first part decides what comes out;
/// the second one only how long it takes, and whether a crash ends the campaign.
struct settings {
  std::string name = "campaign";
  std::uint64_t seed = 1;
  std::vector<criterion> criteria{};   ///< empty: classification_criteria()
  std::string headline = "sdc_1";      ///< the criterion that decides between SDC and tolerable
  std::vector<std::string> monitors{}; ///< layers to watch, names or patterns as for targets
  std::vector<std::string> declared_dead{}; ///< targets whose probe may change nothing
  std::uint32_t golden_repeats = 2;         ///< golden runs that are compared; at least 1
  bool output_check = false; ///< the system checks its output: non-finite ones count as DUE
  double time_limit = 10;    ///< seconds for one trial under `isolate`; beyond, it is a hang

  unsigned threads = 1;
  std::uint64_t cache_bytes = std::uint64_t{256} << 20U; ///< for golden outputs of layers
  bool start_at_fault = true;                            ///< skip the layers before the fault
  bool stop_if_masked = true;                            ///< skip layers whose inputs are golden
  bool share_batches = true; ///< several activation faults in different rows of one batch
  bool isolate = false;      ///< run trials in child processes, to survive crashes and hangs
};

} // namespace bitfault::campaign
