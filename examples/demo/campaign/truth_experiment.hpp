// SPDX-License-Identifier: MIT
#pragma once

#include <bitfault/campaign/experiment.hpp>

#include <cstddef>

namespace demo {

/// How many images, the first ones of the test set, the truth is about.
inline constexpr std::size_t truth_images = 100;

/// Every single bit flip in every weight and bias, each on all of these images.
[[nodiscard]] inline bitfault::campaign::experiment truth_experiment() {
  bitfault::campaign::experiment e;
  e.name = "every weight bit";
  e.targets = {"@parameters"};
  e.all_inputs = true;
  return e;
}

} // namespace demo
