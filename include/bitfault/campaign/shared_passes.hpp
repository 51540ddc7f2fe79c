// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <vector>

namespace bitfault::campaign {

/// Which trials can share a pass through a model whose rows are independent: trial i runs on input
/// inputs[i], and those of a pass have rows of their own in one batch. As few passes as possible;
/// trials on one input take one after the other. O(n log n).
inline std::vector<std::vector<std::size_t>> shared_passes(std::span<const std::uint64_t> inputs,
                                                           std::uint64_t batch) {
  std::vector<std::size_t> order(inputs.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return inputs[a] < inputs[b]; });
  std::vector<std::vector<std::size_t>> passes;
  std::size_t first = 0; // pass of the batch that order[i] lies in
  std::size_t next = 0;  // pass for the next trial on the same input
  for (std::size_t i = 0; i < order.size(); ++i) {
    const std::uint64_t input = inputs[order[i]];
    if (i == 0 || inputs[order[i - 1]] / batch != input / batch)
      first = next = passes.size();
    else if (inputs[order[i - 1]] != input)
      next = first;
    if (next == passes.size())
      passes.emplace_back();
    passes[next++].push_back(order[i]);
  }
  return passes;
}

} // namespace bitfault::campaign
