// SPDX-License-Identifier: MIT
#pragma once

#include "outcome.hpp"

#include <cstddef>
#include <cstdint>
#include <string>

namespace demo {

enum class fault_target : std::uint8_t {
  bit,         ///< one flip of a given bit, anywhere in the weights and biases
  weights,     ///< one flip of any bit in one tensor of weights or biases
  activations, ///< one flip of any bit in what one layer has written
  rate,        ///< every bit of all weights and biases flips with some probability
};

/// All trials of one configuration.
struct experiment {
  fault_target target{};
  std::size_t number = 0; ///< bit, tensor, or layer
  double rate = 0;        ///< only of fault_target::rate
  std::uint64_t trials = 0;
  std::uint32_t id = 0; ///< gives each experiment its own random numbers
  std::string name;
};

/// What came out of a trial: one fault and one image, or a set of faults and a block of images.
struct record {
  outcome what = outcome::masked; ///< of one image only
  std::uint32_t image = 0;        ///< or the first of the block
  std::uint32_t right = 0;        ///< images that the faulty network gets right
  std::uint32_t faults = 0;       ///< flipped bits
};

} // namespace demo
