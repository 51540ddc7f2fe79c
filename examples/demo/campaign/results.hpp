// SPDX-License-Identifier: MIT
#pragma once

#include "experiments.hpp"

#include <bitfault/campaign/overview.hpp>
#include <bitfault/campaign/store.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace demo {

/// A campaign's file and what its trials add up to.
struct campaign_results {
  const bitfault::campaign::store* file;
  std::vector<bitfault::campaign::experiment_overview> experiments;

  explicit campaign_results(const bitfault::campaign::store& s)
      : file(&s), experiments(bitfault::campaign::overviews_of(s)) {}
};

/// The share of all single faults that change an answer on the images of the truth.
struct known_share {
  double share = 0;
  std::uint64_t faults = 0;
  bool same_build = true; ///< this program's golden outputs are those of the program that made it
};

/// Everything that tables and figures show.
struct demo_results {
  campaign_sizes sizes;
  campaign_results single, rates, known;
  std::optional<known_share> truth; ///< none for other weights than those that it is about
  double golden = 0;                ///< accuracy without faults, on the images of `single`

  [[nodiscard]] std::span<const bitfault::campaign::experiment_overview> bits() const {
    return std::span(single.experiments).subspan(0, weight_bits);
  }
  [[nodiscard]] const bitfault::campaign::experiment_overview& any_bit() const {
    return single.experiments[any_weight_bit];
  }
  [[nodiscard]] std::span<const bitfault::campaign::experiment_overview> tensors_part() const {
    return std::span(single.experiments).subspan(first_tensor, tensors);
  }
  [[nodiscard]] std::span<const bitfault::campaign::experiment_overview> layers_part() const {
    return std::span(single.experiments).subspan(first_layer, layers.size());
  }
};

[[nodiscard]] inline bitfault::campaign::trial_estimate
sdc_of(const bitfault::campaign::experiment_overview& e) {
  return e.sums.sdc_share(e.sums.all());
}
[[nodiscard]] inline double share_of(const bitfault::campaign::experiment_overview& e,
                                     bitfault::campaign::outcome o) {
  return e.sums.outcome_share(e.sums.all(), o).value;
}

/// Sign, exponent or mantissa of a 32-bit float.
[[nodiscard]] constexpr const char* field_of(std::size_t bit) noexcept {
  return bit == 31 ? "sign" : bit >= 23 ? "exponent" : "mantissa";
}

} // namespace demo
