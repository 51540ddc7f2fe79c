// expect: bitfault: rate::per_bit takes the single-bit families only
// SPDX-License-Identifier: MIT
#include <bitfault/embedded.hpp>

using namespace bitfault;

int main() {
#ifndef CONTROL
  float memory[8]{};
  const auto injector = make_injector(bit_flip{}, rate::per_bit(0.1), bits::adjacent{2});
  static_cast<void>(injector.apply(view(memory), fault_key{}));
#else
  float memory[8]{};
  const auto injector = make_injector(bit_flip{}, rate::per_element(0.1), bits::adjacent{2});
  static_cast<void>(injector.apply(view(memory), fault_key{}));
#endif
}
