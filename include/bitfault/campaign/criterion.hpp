// SPDX-License-Identifier: MIT
#pragma once

#include "top_answer.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>

namespace bitfault::campaign {

/// The two outputs of one input, as doubles, and what it should have been.
struct compared_outputs {
  compared_outputs(std::span<const double> golden_output, std::span<const double> faulty_output,
                   std::optional<std::uint32_t> its_label = {},
                   std::uint64_t its_input = 0) noexcept
      : golden(golden_output), faulty(faulty_output), label(its_label), input(its_input),
        golden_top(top_answer(golden)), faulty_top(top_answer(faulty)) {}

  std::span<const double> golden;
  std::span<const double> faulty;
  std::optional<std::uint32_t> label;
  std::uint64_t input;
  std::size_t golden_top; ///< the index of the largest value: looked up once for all criteria
  std::size_t faulty_top;
};

/// A function of the two outputs: a flag (0 or 1), or a number such as a loss difference. It is
/// asked only where the faulty output is finite and differs from the golden one.
struct criterion {
  std::string name; ///< stands in tables and in the store
  std::function<double(const compared_outputs&)> value;
  bool is_flag = true; ///< whether it is 0 or 1, so that it can decide between SDC and tolerable
  std::size_t least_outputs = 0; ///< of fewer values it is always 0, so that it decides nothing
};

} // namespace bitfault::campaign
