// SPDX-License-Identifier: MIT
// Faults in weights: they are there while the scope lasts, and gone bit for bit after it.

#include <bitfault/bitfault.hpp>

#include <cstdio>
#include <cstring>
#include <vector>

namespace {

// Stands for the inference code that you have: it knows nothing of faults.
float infer(const std::vector<float>& weights) {
  float sum = 0;
  for (const float w : weights)
    sum += w;
  return sum;
}

} // namespace

int main() {
  std::vector<float> weights(10'000, 0.5f);
  const std::vector<float> untouched = weights;
  float faulty = 0;

  // [weights]
  const auto injector = bitfault::make_injector(bitfault::bit_flip{}, bitfault::exactly{100});
  const bitfault::fault_key key{.seed = 42, .trial = 7, .stream = 3};
  {
    auto injected = injector.scoped(bitfault::view(weights), key);
    faulty = infer(weights); // exactly 100 distinct bits are flipped
  }
  const float golden = infer(weights); // and bit for bit back again
  // [/weights]

  std::printf("faulty: %g, golden: %g\n", static_cast<double>(faulty), static_cast<double>(golden));
  const auto bytes = weights.size() * sizeof(float);
  const bool restored = std::memcmp(weights.data(), untouched.data(), bytes) == 0;
  return restored && faulty != golden ? 0 : 1;
}
