// SPDX-License-Identifier: MIT
// Faults of spiking neurons in firmware: at given time steps, in all batch entries, and late
// spikes.

#include <bitfault/embedded.hpp>

#include <cstdint>

extern "C" bool upset_a_membrane(float* membrane, std::uint32_t size, std::uint32_t step) {
  const auto upset = bitfault::during(
      bitfault::one_step(17), bitfault::make_injector(bitfault::bit_flip{}, bitfault::exactly{1}));
  return upset.apply(bitfault::view(membrane, size), {.seed = 42, .step = step}).ok();
}

extern "C" bool kill_a_neuron(std::int8_t* spikes, std::uint32_t batch, std::uint32_t neurons,
                              std::uint32_t step) {
  const auto dead = bitfault::broadcast_over(bitfault::axes{0},
                                             bitfault::make_injector(bitfault::dead_neuron{},
                                                                     bitfault::exactly_elements{1},
                                                                     bitfault::permanent{}));
  return dead
      .reapply(bitfault::view(spikes, bitfault::extents{batch, neurons}),
               {.seed = 42, .step = step})
      .ok();
}

extern "C" bool delay_spikes(std::int8_t* spikes, std::int8_t* memory, std::uint32_t size,
                             std::uint32_t step) {
  const auto late = bitfault::delayed(
      3, bitfault::make_injector(bitfault::dropped_spike{}, bitfault::rate::per_element(0.01)));
  return late
      .apply(bitfault::view(spikes, size), {.seed = 42, .step = step},
             bitfault::span<std::int8_t>(memory, 4 * size))
      .ok();
}

extern "C" bool drift(float* threshold, float* weight, std::uint32_t size) {
  const auto higher = bitfault::make_injector(bitfault::offset{0.25f}, bitfault::at{3});
  const auto coarse = bitfault::make_injector(bitfault::quantize{4, -1, 1}, bitfault::every{});
  return higher.apply(bitfault::view(threshold, size), {}).ok() &&
         coarse.apply(bitfault::view(weight, size), {}).ok();
}
