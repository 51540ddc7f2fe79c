// SPDX-License-Identifier: MIT
#pragma once

// Trials of a recorded model against the classes for faults in one tensor.

#include <bitfault/bitfault.hpp>
#include <bitfault/campaign/campaign.hpp>
#include <bitfault/campaign/drawn_trial.hpp>
#include <bitfault/integrations/torch/recorded_model.hpp>
#include <bitfault/integrations/torch/sparse_faults.hpp>

#include "bytes.hpp"
#include "catch.hpp"

#include <bit>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace by_hand {

inline const bitfault::fault_key key{.seed = 1};

/// Two of five elements, at random; the others are 0.
inline at::Tensor pruned(at::IntArrayRef sizes) {
  return at::randn(sizes) * at::rand(sizes).lt(0.4);
}

inline auto flip_at(std::uint64_t element, unsigned bit) {
  return bitfault::make_injector(bitfault::bit_flip{}, bitfault::at{element},
                                 bitfault::bits::given{bit});
}
using flip = decltype(flip_at(0, 0));

/// "fc.weight" and "scale" for "fc.weight.scale".
inline std::pair<std::string, std::string> parts(const std::string& target) {
  const std::size_t dot = target.rfind('.');
  return {target.substr(0, dot), target.substr(dot + 1)};
}

using whole_pass = std::function<at::Tensor(const std::string& target, const flip&)>;

/// Runs trials of single flips, from the fault on and only as far as anything differs. Returns how
/// many outputs were not the golden one.
inline std::size_t compare(const std::function<std::unique_ptr<bitfault::recorded_model>()>& make,
                           const std::vector<std::string>& targets, std::uint64_t trials,
                           const at::Tensor& golden, const whole_pass& other,
                           const std::vector<unsigned>& bits = {}) {
  bitfault::campaign::experiment e;
  e.name = "flips";
  e.targets = targets;
  e.trials = trials;
  if (!bits.empty()) {
    e.fault.bits.which = bitfault::campaign::mask_family::kind::given;
    e.fault.bits.bits = bits;
  }
  bitfault::campaign::campaign<bitfault::recorded_model> c(
      make, bitfault::campaign::settings{.seed = 4}, {e});
  const auto runner = c.make_runner();
  const std::string golden_bytes = bytes_of(golden);
  std::size_t differ = 0;
  std::set<std::string> struck_targets;
  for (std::uint64_t trial = 0; trial < trials; ++trial) {
    const auto faults =
        bitfault::campaign::draw_trial(c.experiments()[0], trial, c.golden().inputs())
            .record.faults;
    REQUIRE(faults.size() == 1);
    const bitfault::campaign::target& struck = c.targets()[faults[0].target];
    struck_targets.insert(struck.name);
    const auto bit = static_cast<unsigned>(std::countr_zero(faults[0].fault.mask));
    std::string partial;
    const std::size_t bytes = golden_bytes.size() / static_cast<std::size_t>(golden.size(0));
    runner->run_with(faults, [&](std::uint64_t, const std::byte* output) {
      partial.append(reinterpret_cast<const char*>(output), bytes);
    });
    const at::NoGradGuard no_gradients;
    const std::string whole = bytes_of(other(struck.name, flip_at(faults[0].fault.element, bit)));
    INFO(struck.name << " element " << faults[0].fault.element << " bit " << bit);
    REQUIRE((partial == whole));
    differ += whole != golden_bytes ? 1 : 0;
  }
  CHECK(struck_targets.size() >= targets.size());
  return differ;
}

/// What `run` gives while an array of a sparse tensor has a fault.
inline at::Tensor faulty_sparse(const at::Tensor& t, const std::string& array, const flip& f,
                                bitfault::out_of_range policy,
                                const std::function<at::Tensor()>& run) {
  if (array == "values") {
    const auto scope = bitfault::sparse_value_faults(t, f, key);
    return run();
  }
  const auto which = array == "indices"        ? bitfault::index_array::indices
                     : array == "crow_indices" ? bitfault::index_array::crow_indices
                                               : bitfault::index_array::col_indices;
  const auto scope = bitfault::sparse_index_faults(t, which, policy, f, key);
  return run();
}

} // namespace by_hand
