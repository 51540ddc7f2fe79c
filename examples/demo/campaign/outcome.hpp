// SPDX-License-Identifier: MIT
#pragma once

#include "../network.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <span>

namespace demo {

/// What one fault did to the answer for one image.
enum class outcome : std::uint8_t {
  non_finite, ///< a logit is infinite or no number
  masked,     ///< bit for bit what it was without the fault
  sdc,        ///< SDC-1: silent data corruption, another class is the best one
  tolerable,  ///< the numbers differ, the class does not
};

/// Compares the logits of one image with those of the run without a fault. The first that holds, in
/// the order of `outcome`. Requires ten logits each.
[[nodiscard]] inline outcome classify(std::span<const float> golden,
                                      std::span<const float> faulty) {
  if (!std::ranges::all_of(faulty, [](float x) { return std::isfinite(x); })) {
    return outcome::non_finite;
  }
  if (std::memcmp(golden.data(), faulty.data(), golden.size_bytes()) == 0) {
    return outcome::masked;
  }
  return best_class(golden, 0) != best_class(faulty, 0) ? outcome::sdc : outcome::tolerable;
}

} // namespace demo
