// SPDX-License-Identifier: MIT
#pragma once

#include "../contracts/combinations.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

/// The policies of the core that `combinations` leaves out: with them each has been on a device.
namespace combinations {

/// Numbers, and zeros among them: what spikes look like.
template <class T>
std::vector<T> spikes(index_t n) {
  std::vector<T> values = numbers<T>(n, 5);
  for (index_t i = 0; i < n; i += 3)
    values[i] = T{};
  return values;
}

template <class F>
void for_each_other_policy(F f) {
  const auto list = list_of_elements();
  const std::span<const index_t> some(list);
  f("half", make_injector(bit_flip{}, exactly{900}, formats::half{}));
  f("bfloat16", make_injector(stuck_at_1{}, exactly{900}, formats::bfloat16{}, burst{2}));
  f("float8_e5m2", make_injector(bit_flip{}, rate::per_bit(0.02), formats::float8_e5m2{}));
  f("minifloat", make_injector(bit_flip{}, exactly{500}, formats::minifloat<3, 2>{}));
  f("adaptive float",
    make_injector(stuck_at_0{}, exactly{900}, formats::adaptive_float<4, 3>{-10}));
  f("fixed point", make_injector(bit_flip{}, exactly{900}, formats::fixed_point<4, 11>{}));
  f("int4", make_injector(bit_flip{}, exactly{900}, formats::quantized<std::int8_t, 4>{1.5, 1}));

  f("dead neurons", make_injector(dead_neuron{}, exactly{90}, permanent{}));
  f("saturated neurons",
    make_injector(saturated_neuron{2}, rate::per_element(0.1), intermittent{0.5}));
  f("stuck outputs", make_injector(stuck_output{0.25f}, exactly{90}, permanent{}, row{}));
  f("dropped spikes", make_injector(dropped_spike{}, rate::per_element(0.4)));
  f("extra spikes", make_injector(extra_spike{}, exactly{400}));
  f("offset", make_injector(offset{-0.3}, exactly{200}, tile{2, 2}));
  f("quantize", make_injector(quantize{4, -1.0, 1.0}, exactly{200}));
  f("scale by a uniform number", make_injector(random_scale{uniform{-1, 1}}, every{}));
  f("uniform replacement", make_injector(replacement{uniform{-3, -1}}, exactly{50}));

  f("any bit", make_injector(bit_flip{}, exactly{90}, bits::any{}, time_step(2)));
  f("signs of a slice",
    make_injector(bit_flip{}, rate::per_bit(0.3), bits::sign{}, slice(3, range{1, 6, 2})));
  f("all but a list", make_injector(stuck_at_1{}, exactly{200}, complement{elements{some}}));
  f("some of each entry", make_injector(bit_flip{}, each_entry{fraction{0.01}}, channel(0)));
}

} // namespace combinations
