// SPDX-License-Identifier: MIT
// Faults only where a boolean mask says so: here, in the weights that pruning has left.

#include <bitfault/bitfault.hpp>

#include <array>
#include <cstdio>
#include <vector>

int main() {
  std::vector<float> weights(1000);
  for (std::size_t i = 0; i < weights.size(); ++i)
    weights[i] = i % 4 == 0 ? 0.5f : 0.0f; // three of four weights were pruned
  const bitfault::fault_key key{.seed = 42};

  // [mask]
  std::array<bool, 1000> kept{};
  for (std::size_t i = 0; i < kept.size(); ++i)
    kept[i] = weights[i] != 0.0f;

  const auto chosen = bitfault::where(kept); // the list of elements; a region refers to it
  const auto injector =
      bitfault::make_injector(bitfault::zero{}, bitfault::exactly{20}, chosen.region());
  injector.apply(bitfault::view(weights), key).or_throw();
  // [/mask]

  std::size_t left = 0;
  for (const float w : weights)
    left += w != 0.0f ? 1u : 0u;
  std::printf("%zu of 250 weights are left\n", left);
  return left == 230 ? 0 : 1;
}
