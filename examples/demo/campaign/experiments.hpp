// SPDX-License-Identifier: MIT
#pragma once

// What the demo asks: three campaigns, all of their experiments in the order in which they run.

#include "../network.hpp"
#include "truth_experiment.hpp"

#include <bitfault/campaign/experiment.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace demo {

/// How much is tried. The same sizes and seed, the same results.
struct campaign_sizes {
  std::uint64_t seed = 1;
  std::uint64_t trials = 6000;       ///< single faults of each bit, tensor and layer
  std::uint64_t sweep_trials = 160;  ///< sets of faults of each bit error rate
  std::uint64_t truth_trials = 8000; ///< at most, of the share whose truth is known
  std::size_t images = 10000;        ///< test images to draw from for single faults
};

/// Images on which all sets of faults of the sweep are tried.
inline constexpr std::size_t sweep_images = 200;

inline constexpr double sweep_rates[] = {1e-7, 3e-7, 1e-6, 3e-6, 1e-5, 3e-5,
                                         1e-4, 3e-4, 1e-3, 3e-3, 1e-2};

inline constexpr unsigned weight_bits = 32;
inline constexpr std::size_t tensors = 8;

/// Where the experiments on single faults stand in their campaign: first the bit positions.
inline constexpr std::size_t any_weight_bit = weight_bits;
inline constexpr std::size_t first_tensor = any_weight_bit + 1;
inline constexpr std::size_t first_layer = first_tensor + tensors;
inline constexpr std::size_t single_experiments = first_layer + layers.size();

/// Single flipped bits, each with an image of its own.
[[nodiscard]] inline std::vector<bitfault::campaign::experiment>
single_faults(const campaign_sizes& sizes) {
  namespace bc = bitfault::campaign;
  std::vector<bc::experiment> list;
  const auto add = [&](std::string name, std::string target, std::uint64_t trials) {
    bc::experiment e;
    e.name = std::move(name);
    e.targets = {std::move(target)};
    e.amount.which = bc::fault_amount::kind::exactly; // drawn anew each time: trials do not end
    e.trials = trials;
    list.push_back(e);
  };
  for (unsigned bit = 0; bit < weight_bits; ++bit) {
    add("bit " + std::to_string(bit), "@parameters", sizes.trials);
    list.back().fault.bits = {bc::mask_family::kind::given, {bit}};
  }
  add("any weight bit", "@parameters", 4 * sizes.trials);
  network shapes;
  for (const auto& tensor : shapes.parameters()) {
    add(tensor.name, tensor.name, sizes.trials);
  }
  for (const layer_info& layer : layers) {
    add("output of " + std::string(layer.name), std::string(layer.name), sizes.trials);
  }
  return list;
}

/// Each bit of all weights flips on its own with some probability.
[[nodiscard]] inline std::vector<bitfault::campaign::experiment>
error_rates(const campaign_sizes& sizes) {
  namespace bc = bitfault::campaign;
  std::vector<bc::experiment> list;
  for (const double rate : sweep_rates) {
    bc::experiment e;
    char name[32];
    std::snprintf(name, sizeof name, "bit error rate %.0e", rate);
    e.name = name;
    e.targets = {"@parameters"};
    e.amount = {bc::fault_amount::kind::per_bit, 1, rate};
    e.trials = sizes.sweep_trials;
    e.all_inputs = true;
    list.push_back(e);
  }
  return list;
}

/// Single faults on the images for which the outcome of all of them is known, until the interval of
/// the critical share is 1.5 points to either side.
[[nodiscard]] inline std::vector<bitfault::campaign::experiment>
known_faults(const campaign_sizes& sizes) {
  bitfault::campaign::experiment e = truth_experiment();
  e.trials = sizes.truth_trials;
  e.stop = bitfault::campaign::stop_rule{0.015, 0.95};
  return {e};
}

} // namespace demo
