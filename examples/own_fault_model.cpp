// SPDX-License-Identifier: MIT
// A fault model of your own: a function of the value, or of the word and the mask.

#include <bitfault/bitfault.hpp>

#include <cstdio>
#include <vector>

// [own model]
struct halve {
  template <class T>
  BITFAULT_FN constexpr T operator()(T value, auto& /*random*/) const noexcept {
    return value / 2;
  }
};
// [/own model]

int main() {
  std::vector<float> values(1000, 1.0f);
  const bitfault::fault_key key{.seed = 1};

  bitfault::make_injector(halve{}, bitfault::exactly{10})
      .apply(bitfault::view(values), key)
      .or_throw();

  // A lambda does as well. At word level it sees the element's bits and the mask of its site.
  const auto sometimes_flip = [](auto word, auto mask, auto& random) {
    return static_cast<decltype(word)>(random.next32() % 2 == 0 ? word ^ mask : word | mask);
  };
  bitfault::make_injector(sometimes_flip, bitfault::exactly{5}, bitfault::bits::mantissa{})
      .apply(bitfault::view(values), key)
      .or_throw();

  std::size_t halves = 0;
  for (const float v : values)
    halves += v == 0.5f ? 1u : 0u;
  std::printf("%zu values were halved\n", halves);
  return halves >= 5 && halves <= 10 ? 0 : 1;
}
