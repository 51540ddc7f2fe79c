// SPDX-License-Identifier: MIT
#pragma once

// What the spiking demo asks: which faults, in which part of a network. The parts follow from the
// network's layers, so that any network can be asked the same.

#include "../network.hpp"

#include <bitfault/campaign/experiment.hpp>
#include <bitfault/campaign/target.hpp>
#include <bitfault/fault_list/name_pattern.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <string>
#include <variant>
#include <vector>

namespace spiking {

/// How much is tried. The same sizes and seed, the same results.
struct campaign_sizes {
  std::uint64_t seed = 1;
  std::uint64_t trials = 600;      ///< of each model of a single fault in each layer
  std::uint64_t set_trials = 100;  ///< of each set of faults in each layer (and time step)
  std::uint64_t sweep_trials = 40; ///< of each rate
  bool all_rates = false;          ///< 65 rates instead of a few
};

/// A layer with weights and the neurons that it feeds, where it feeds any: a column of the tables.
struct network_part {
  std::string synapses, neurons; ///< names of the layers; one of them may be empty
  bool fires = false;            ///< the neurons spike; a readout's do not
  float largest_weight = 0;      ///< in absolute value

  [[nodiscard]] std::string name() const {
    return synapses + (synapses.empty() || neurons.empty() ? "" : ", ") + neurons;
  }
};

[[nodiscard]] inline std::vector<network_part> parts_of(const network<float>& net) {
  std::vector<network_part> parts;
  for (const layer<float>& one : net.layers()) {
    if (const auto* group = std::get_if<neurons<float>>(&one.kind)) {
      if (parts.empty() || !parts.back().neurons.empty())
        parts.emplace_back();
      parts.back().neurons = one.name;
      parts.back().fires = group->rule.reset != reset_kind::never;
      continue;
    }
    std::visit(
        [&](const auto& kind) {
          if constexpr (requires { kind.connections; }) {
            network_part part{one.name, {}, false, 0};
            const auto& w = kind.connections.weight;
            for (index_t i = 0; i < w.size(); ++i)
              part.largest_weight =
                  std::max(part.largest_weight, std::abs(static_cast<float>(w.data()[i])));
            parts.push_back(std::move(part));
          }
        },
        one.kind);
  }
  return parts;
}

/// A row of the tables: one fault model, tried in each part of the network.
struct fault_row {
  std::string name;
  enum place { neuron, synapse } where = neuron;
  std::string tensor; ///< what follows the layer's name in the target's name
  bitfault::campaign::fault_description fault;
  double rate = 0;         ///< probability per element; 0: one fault in each trial
  bool at_largest = false; ///< the value is the largest weight of the layer
};

/// All fault models, in the order in which they are shown.
[[nodiscard]] inline std::vector<fault_row> fault_rows() {
  using kind = bitfault::campaign::fault_description::kind;
  constexpr double infinity = std::numeric_limits<double>::infinity();
  const auto constant = [](double x) {
    return bitfault::campaign::fault_description{kind::constant, x, 0, {}};
  };
  const auto times = [](double x) {
    return bitfault::campaign::fault_description{kind::scale, x, 0, {}};
  };
  return {
      {"dead neuron", fault_row::neuron, ".output", constant(0)},
      {"saturated neuron", fault_row::neuron, ".threshold", constant(-infinity)},
      {"output stuck at 1", fault_row::neuron, ".output", constant(1)},
      {"threshold doubled", fault_row::neuron, ".threshold", times(2)},
      {"threshold halved", fault_row::neuron, ".threshold", times(0.5)},
      {"leak factor halved", fault_row::neuron, ".leak", times(0.5)},
      {"reset to 0.5", fault_row::neuron, ".reset", constant(0.5)},
      {"refractory, 2 steps", fault_row::neuron, ".refractory_period", constant(2)},
      {"membrane, bit flip", fault_row::neuron, ".membrane@*", {}},
      {"one more spike", fault_row::neuron, "@*", constant(1)},
      {"5 % of spikes lost", fault_row::neuron, "@*", {kind::zero, 0, 0, {}}, 0.05},
      {"5 % of spikes late", fault_row::neuron, ".delay", constant(1), 0.05},
      {"1 % spikes more", fault_row::neuron, "@*", constant(1), 0.01},
      {"synapse dead", fault_row::synapse, ".weight", {kind::zero, 0, 0, {}}},
      {"synapse saturated", fault_row::synapse, ".weight", constant(0), 0, true},
      {"synapse, bit flip", fault_row::synapse, ".weight", {}},
      {"synapse doubled", fault_row::synapse, ".weight", times(2)},
      {"synapse of 2 bits", fault_row::synapse, ".bits", constant(2)},
  };
}

/// An experiment of a campaign, and where it stands in the tables.
struct table_cell {
  std::size_t row = 0, part = 0;
  std::size_t step = 0; ///< of the tables by time step
  bitfault::campaign::experiment asked;
};

[[nodiscard]] inline bool has_target(const std::vector<bitfault::campaign::target>& targets,
                                     const std::string& pattern) {
  return std::any_of(targets.begin(), targets.end(),
                     [&](const auto& t) { return bitfault::fits_pattern(t.name, pattern); });
}

/// Each fault model in each part of the network that has such a target, one recording in each
/// trial.
[[nodiscard]] inline std::vector<table_cell>
faults_by_model(const campaign_sizes& sizes, const std::vector<network_part>& parts,
                const std::vector<bitfault::campaign::target>& targets) {
  namespace bc = bitfault::campaign;
  std::vector<table_cell> cells;
  const auto rows = fault_rows();
  for (std::size_t row = 0; row < rows.size(); ++row) {
    const fault_row& r = rows[row];
    for (std::size_t part = 0; part < parts.size(); ++part) {
      const network_part& p = parts[part];
      const std::string& name = r.where == fault_row::neuron ? p.neurons : p.synapses;
      if (name.empty() || !has_target(targets, name + r.tensor) || (r.tensor == "@*" && !p.fires))
        continue;
      bc::experiment e;
      e.name = r.name + ", " + name;
      e.targets = {name + r.tensor};
      e.fault = r.fault;
      if (r.at_largest)
        e.fault.a = static_cast<double>(p.largest_weight);
      if (r.rate > 0)
        e.amount = {bc::fault_amount::kind::per_element, 1, r.rate};
      else
        e.amount.which = bc::fault_amount::kind::exactly; // drawn anew each time
      e.trials = r.rate > 0 ? sizes.set_trials : sizes.trials;
      cells.push_back({row, part, 0, e});
    }
  }
  return cells;
}

/// What strikes in one time step; each has a table and a figure by step.
struct step_row {
  std::string name;
  std::string tensor;
  bitfault::campaign::fault_description fault;
  bool needs_spikes = false;
};
inline constexpr double step_rate = 0.05; ///< for each neuron of the layer

[[nodiscard]] inline std::vector<step_row> step_rows() {
  using kind = bitfault::campaign::fault_description::kind;
  return {{"5 % of membranes, bit flip", ".membrane", {}},
          {"5 % of neurons spike", "", {kind::constant, 1, 0, {}}, true}};
}

/// Each of them in each part of the network and each time step.
[[nodiscard]] inline std::vector<table_cell>
faults_by_step(const campaign_sizes& sizes, const std::vector<network_part>& parts,
               const std::vector<bitfault::campaign::target>& targets, std::size_t steps) {
  namespace bc = bitfault::campaign;
  std::vector<table_cell> cells;
  const auto rows = step_rows();
  for (std::size_t row = 0; row < rows.size(); ++row) {
    for (std::size_t part = 0; part < parts.size(); ++part) {
      for (std::size_t step = 0; step < steps; ++step) {
        const network_part& p = parts[part];
        const std::string target = p.neurons + rows[row].tensor + "@" + std::to_string(step);
        if (p.neurons.empty() || !has_target(targets, target) ||
            (rows[row].needs_spikes && !p.fires))
          continue;
        bc::experiment e;
        e.name = rows[row].name + ", " + target;
        e.targets = {target};
        e.fault = rows[row].fault;
        e.amount = {bc::fault_amount::kind::per_element, 1, step_rate};
        e.trials = sizes.set_trials;
        cells.push_back({row, part, step, e});
      }
    }
  }
  return cells;
}

/// What a sweep strikes, a line of its figure.
struct sweep_line {
  std::string name, short_name;
  std::vector<std::string> targets;
};

/// enpheeph's four (activations, weights, activations in fixed point, values of sparse ones), and
/// spikes, which are what is sparse here.
[[nodiscard]] inline std::vector<sweep_line> sweep_lines(const std::vector<network_part>& parts) {
  sweep_line activations{"activations", "activations", {}};
  sweep_line words{"activations in Q7.24", "..., Q7.24", {}};
  sweep_line spikes{"spikes", "spikes", {}};
  sweep_line values{"values of sparse spikes", "..., sparse", {}};
  for (const network_part& p : parts) {
    if (!p.synapses.empty()) {
      activations.targets.push_back(p.synapses + "@*");
      words.targets.push_back(p.synapses + ".word@*");
    }
    if (p.fires) {
      spikes.targets.push_back(p.neurons + "@*");
      values.targets.push_back(p.neurons + ".value@*");
    }
  }
  return {{"weights", "weights", {"@weights"}}, activations, words, spikes, values};
}

/// enpheeph's 65 rates: 0, 1 to 9 times 10^-7 to 10^-1, and 1; or nine.
[[nodiscard]] inline std::vector<double> sweep_rates(bool all) {
  if (!all)
    return {0, 1e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1};
  std::vector<double> rates{0};
  double tenth = 1e7;
  for (int decade = -7; decade < 0; ++decade, tenth /= 10)
    for (int digit = 1; digit < 10; ++digit)
      rates.push_back(digit / tenth);
  rates.push_back(1);
  return rates;
}

/// Each element is hit with a probability, and then one random bit of it flips.
[[nodiscard]] inline std::vector<bitfault::campaign::experiment>
sweeps(const campaign_sizes& sizes, const std::vector<network_part>& parts) {
  namespace bc = bitfault::campaign;
  std::vector<bc::experiment> list;
  for (const sweep_line& line : sweep_lines(parts)) {
    for (const double rate : sweep_rates(sizes.all_rates)) {
      bc::experiment e;
      char name[32];
      std::snprintf(name, sizeof name, ", rate %.0e", rate);
      e.name = line.name + name;
      e.targets = line.targets;
      e.amount = {bc::fault_amount::kind::per_element, 1, rate};
      e.trials = sizes.sweep_trials;
      list.push_back(e);
    }
  }
  return list;
}

} // namespace spiking
