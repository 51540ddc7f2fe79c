// SPDX-License-Identifier: MIT
#pragma once

#include <bitfault/embedded.hpp>

#include <vector>

/// What the host draws, from a source file of its own: fault lists are for the host's compiler.
namespace device_test {

struct host_draw {
  std::vector<bitfault::listed_fault> faults;
  std::vector<float> words; ///< what applying them leaves
};

inline auto drawn_flips() {
  return bitfault::make_injector(bitfault::bit_flip{}, bitfault::exactly{300});
}
inline auto drawn_rate() {
  return bitfault::make_injector(bitfault::stuck_at_0{}, bitfault::rate::per_bit(0.01));
}
inline auto drawn_values() {
  return bitfault::make_injector(bitfault::scale{-3}, bitfault::rate::per_element(0.4));
}

host_draw host_draw_of_flips(const bitfault::fault_key& key);
host_draw host_draw_of_rate(const bitfault::fault_key& key);
host_draw host_draw_of_values(const bitfault::fault_key& key);

} // namespace device_test
