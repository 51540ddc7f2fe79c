// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>

namespace bitfault::campaign {

/// The two outputs of one input, as doubles, and what it should have been.
struct compared_outputs {
  std::span<const double> golden;
  std::span<const double> faulty;
  std::optional<std::uint32_t> label{};
  std::uint64_t input = 0;
};

/// A function of the two outputs: a flag (0 or 1), or a number such as a loss difference. It is
/// asked only where the faulty output is finite and differs from the golden one.
struct criterion {
  std::string name; ///< stands in tables and in the store
  std::function<double(const compared_outputs&)> value;
  bool is_flag = true; ///< whether it is 0 or 1, so that it can decide between SDC and tolerable
};

} // namespace bitfault::campaign
