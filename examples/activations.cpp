// SPDX-License-Identifier: MIT
// Faults in an activation that inference writes anew each time: apply, nothing to take back.

#include <bitfault/bitfault.hpp>

#include <cstdio>
#include <vector>

int main() {
  const bitfault::extents extents{8, 16, 12, 12};       // batch, channels, height, width
  std::vector<float> activations(extents.size(), 0.0f); // what a ReLU leaves where it is shut
  const bitfault::fault_key key{.seed = 42, .trial = 7, .stream = 3};

  // [activations]
  // Exponent bits of channel 3, each stuck at 1 with probability 10^-3.
  const auto exponent =
      bitfault::make_injector(bitfault::stuck_at_1{}, bitfault::rate::per_bit(1e-3),
                              bitfault::bits::exponent{}, bitfault::region{bitfault::all, 3});
  exponent.apply(bitfault::view(activations.data(), extents), key).or_throw();
  // [/activations]

  std::size_t changed = 0, outside = 0;
  for (std::size_t i = 0; i < activations.size(); ++i)
    if (activations[i] != 0.0f) {
      ++changed;
      outside += (i / (12 * 12)) % 16 != 3 ? 1u : 0u;
    }
  std::printf("%zu activations changed, %zu of them outside channel 3\n", changed, outside);
  return changed > 0 && outside == 0 ? 0 : 1;
}
