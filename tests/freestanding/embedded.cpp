// SPDX-License-Identifier: MIT
// What firmware does: faults in a buffer of weights, of activations, of quantized values.

#include <bitfault/embedded.hpp>

#include <cstdint>

extern "C" bool flip_three_bits(float* weights, std::uint32_t size, std::uint64_t trial) {
  const auto injector = bitfault::make_injector(bitfault::bit_flip{}, bitfault::exactly{3});
  const bitfault::fault_key key{.seed = 42, .trial = trial, .stream = 3};
  return injector.apply(bitfault::view(weights, size), key).ok();
}

extern "C" bool stick_at_a_rate(std::int8_t* activations, std::uint32_t size, std::uint64_t trial) {
  const auto injector =
      bitfault::make_injector(bitfault::stuck_at_1{}, bitfault::rate::per_bit(1e-4));
  const bitfault::fault_key key{.seed = 42, .trial = trial, .stream = 4};
  return injector.apply(bitfault::view(activations, size), key).ok();
}
