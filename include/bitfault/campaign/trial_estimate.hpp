// SPDX-License-Identifier: MIT
#pragma once

#include "../statistics/interval.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace bitfault::campaign {

/// Where an estimate's interval comes from. It follows from how trials were sampled.
enum class interval_method : std::uint8_t {
  none,            ///< no interval holds here, or there are no data: all that is possible
  exact,           ///< every site was tried on every input: the value is the truth, no interval
  wilson,          ///< independent trials: a random input for each
  clopper_pearson, ///< distinct faults; corrected for how many there are
  clustered,       ///< faults crossed with the same inputs: the fault is the unit
  two_way,         ///< the same, as samples of faults and of inputs
  anytime,         ///< a stop rule ended the experiment: holds whenever one looks
  bounded_mean,    ///< a mean of numbers of any distribution
};

inline constexpr std::array<std::string_view, 8> interval_method_names{
    "none",      "exact",   "wilson",  "clopper_pearson",
    "clustered", "two_way", "anytime", "bounded_mean"};

/// A letter for each, for tables.
inline constexpr std::array<char, 8> interval_method_letters{'-', 'E', 'W', 'C',
                                                             'F', 'T', 'A', 'M'};

constexpr std::string_view name_of(interval_method m) noexcept {
  return interval_method_names[static_cast<std::size_t>(m)];
}

/// A share or a mean, and how sure it is.
struct trial_estimate {
  std::uint64_t hits = 0; ///< of a share; 0 for a mean
  std::uint64_t of = 0;   ///< what they are counted among, or the number of values
  double value = 0;       ///< 0 where `of` is 0
  interval bounds{};
  interval_method method = interval_method::none;

  friend bool operator==(const trial_estimate&, const trial_estimate&) = default;
};

} // namespace bitfault::campaign
