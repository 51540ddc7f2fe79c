// SPDX-License-Identifier: MIT
#pragma once

#include "../core/element.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace bitfault::campaign {

/// Which masks an element offers; the run-time form of the core's bits policies.
struct mask_family {
  enum class kind : std::uint8_t {
    any,      ///< any one bit
    given,    ///< any one of `bits`
    sign,     ///< the sign bit
    exponent, ///< any one bit of the exponent
    mantissa, ///< any one bit of the mantissa
    adjacent, ///< any window of `width` neighbouring bits
    all,      ///< the whole word, as one mask
  };
  kind which = kind::any;
  std::vector<unsigned> bits{}; ///< of `given`, counted from the least significant one
  unsigned width = 2;           ///< of `adjacent`

  friend bool operator==(const mask_family&, const mask_family&) = default;
};

/// What happens at a site; the run-time form of the core's fault models. Models after
/// quantized_flip set the whole value and take `mask_family::kind::all`.
struct fault_description {
  enum class kind : std::uint8_t {
    bit_flip,
    stuck_at_0,
    stuck_at_1,
    quantized_flip, ///< bits flip in round(value / `b`), an integer of `a` bits: see `stored_as`
    zero,
    constant,      ///< becomes `a`
    scale,         ///< is multiplied by `a`
    random_value,  ///< becomes a number drawn uniformly from [a, b)
    uniform_noise, ///< plus a number drawn uniformly from [a, b)
    normal_noise,  ///< plus a normal number with mean `a` and standard deviation `b`
  };
  kind which = kind::bit_flip;
  double a = 0;
  double b = 0;
  mask_family bits{};

  friend bool operator==(const fault_description&, const fault_description&) = default;
};

/// Whether a fault model sets the value and looks at no mask.
constexpr bool sets_value(fault_description::kind k) noexcept {
  return k >= fault_description::kind::zero;
}

/// Whether a fault model draws the value that it sets: the same site comes out differently in
/// another trial.
constexpr bool draws_value(fault_description::kind k) noexcept {
  return k >= fault_description::kind::random_value;
}

/// How many faults a trial has; the run-time form of the core's selectors. All but
/// `per_target` count over the sites of all targets together, so that a target is hit in proportion
/// to its number of sites.
struct fault_amount {
  enum class kind : std::uint8_t {
    single,      ///< trial t has the one site pi(t): no site comes twice before all have come
    exactly,     ///< `count` distinct sites, drawn anew in each trial
    fraction,    ///< the share `rate` of the sites, drawn anew in each trial
    per_bit,     ///< each site with probability `rate`; single-bit masks only
    per_element, ///< each element with probability `rate`, then one of its masks
    per_target,  ///< each target with probability `rate`, then one of its sites
  };
  kind which = kind::single;
  std::uint64_t count = 1;
  double rate = 0;

  friend bool operator==(const fault_amount&, const fault_amount&) = default;
};

} // namespace bitfault::campaign
