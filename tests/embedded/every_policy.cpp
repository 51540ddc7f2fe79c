// SPDX-License-Identifier: MIT
// The policies that firmware can use, one after the other.
#include <bitfault/embedded.hpp>

#include <cstdint>

using namespace bitfault;

#define POLICY(name, type, faults, ...)                                                            \
  extern "C" bool name(type* data, const extents<4>& e, const fault_key& key) {                    \
    return make_injector(__VA_ARGS__).apply(view(data, e), key).ok();                              \
  }
#include "../../examples/embedded/policies.def"
POLICY(two_models, float, 3, chain{scale{2.0}, zero{}}, exactly_elements{3})
POLICY(noise, float, 3, additive_noise{normal{0, 1}}, exactly_elements{3})
POLICY(seen_as_bfloat16, float, 3, bit_flip{}, exactly{3}, formats::bfloat16{})
POLICY(seen_as_fixed_point, float, 3, bit_flip{}, exactly{3}, formats::fixed_point<7, 24>{})
POLICY(high_rate, std::int8_t, 3, bit_flip{}, rate::per_bit(0.1))
POLICY(wide_words, double, 3, bit_flip{}, exactly{3})
POLICY(complements, float, 3, bit_flip{}, exactly{3}, complement{region{all, 3}})
#undef POLICY
