// SPDX-License-Identifier: MIT
#pragma once

// Trials of a recorded model against whole passes of the module that it records.

#include <bitfault/campaign/campaign.hpp>
#include <bitfault/campaign/drawn_trial.hpp>
#include <bitfault/integrations/torch/operator_hook.hpp>
#include <bitfault/integrations/torch/recorded_model.hpp>

#include "bytes.hpp"
#include "catch.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <vector>

/// The output of a whole pass of a module with one flip in it, by a way of its own: the bit is
/// turned in the module's parameter, or in what the operator puts out, in all rows of the batch.
inline std::string whole_pass(const auto& module,
                              const std::function<at::Tensor(const at::Tensor&)>& run,
                              const at::Tensor& images, const bitfault::campaign::target& struck,
                              const bitfault::listed_fault& fault) {
  const c10::InferenceMode inference;
  // In the memory that the tensor is a part of: an in-place operator counts with all of it.
  const auto flip = [&](const at::Tensor& t, std::uint64_t element) {
    REQUIRE(t.scalar_type() == at::kFloat);
    REQUIRE(element < t.storage().nbytes() / 4);
    auto* const at = static_cast<std::byte*>(t.data_ptr()) - 4 * t.storage_offset() + 4 * element;
    std::uint32_t word = 0;
    std::memcpy(&word, at, 4);
    word ^= static_cast<std::uint32_t>(fault.mask);
    std::memcpy(at, &word, 4);
  };
  if (struck.is_parameter()) {
    const at::Tensor t = bitfault::module_tensors(module).find(struck.name).at(0).tensor;
    flip(t, fault.element);
    const std::string bytes = bytes_of(run(images));
    flip(t, fault.element);
    return bytes;
  }
  const auto in_rows = [&](const at::Tensor& t) {
    for (std::int64_t row = 0; row < images.size(0); ++row)
      flip(t, static_cast<std::uint64_t>(row) * struck.size + fault.element);
  };
  if (struck.kind == bitfault::campaign::target_kind::input) {
    const at::Tensor copy = images.clone();
    in_rows(copy);
    return bytes_of(run(copy));
  }
  bitfault::operator_hook hook(module, bitfault::pattern_of_layer(struck.name),
                               [&](const auto&, const at::Tensor& t) { in_rows(t); });
  const std::string bytes = bytes_of(run(images));
  hook.check();
  REQUIRE(hook.calls() == 1);
  return bytes;
}

/// Runs trials of single flips, each from the fault on and only as far as anything differs, and
/// once more as a whole. Returns how many outputs were not the golden one.
inline std::size_t
compare_trials(const std::function<std::unique_ptr<bitfault::recorded_model>()>& make,
               const auto& module, const std::function<at::Tensor(const at::Tensor&)>& run,
               const at::Tensor& images, const std::vector<std::string>& targets,
               std::uint64_t trials) {
  bitfault::campaign::experiment e;
  e.name = "flips";
  e.targets = targets;
  e.trials = trials;
  bitfault::campaign::campaign<bitfault::recorded_model> c(
      make, bitfault::campaign::settings{.seed = 9}, {e});
  const auto runner = c.make_runner();
  std::size_t differ = 0;
  const std::string golden = bytes_of(run(images));
  for (std::uint64_t trial = 0; trial < trials; ++trial) {
    const auto faults =
        bitfault::campaign::draw_trial(c.experiments()[0], trial, c.golden().inputs())
            .record.faults;
    REQUIRE(faults.size() == 1);
    std::string partial;
    const std::size_t bytes = golden.size() / static_cast<std::size_t>(images.size(0));
    runner->run_with(faults, [&](std::uint64_t, const std::byte* output) {
      partial.append(reinterpret_cast<const char*>(output), bytes);
    });
    const bitfault::campaign::target& struck = c.targets()[faults[0].target];
    const std::string whole = whole_pass(module, run, images, struck, faults[0].fault);
    INFO(struck.name << " element " << faults[0].fault.element << " mask " << faults[0].fault.mask);
    REQUIRE(partial == whole);
    differ += whole != golden ? 1 : 0;
  }
  return differ;
}
