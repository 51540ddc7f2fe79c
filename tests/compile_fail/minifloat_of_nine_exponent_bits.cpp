// expect: bitfault: formats::minifloat: 1 to 8 exponent bits, 1 to 23 mantissa bits
// SPDX-License-Identifier: MIT
#include <bitfault/embedded.hpp>

using namespace bitfault;

int main() {
#ifndef CONTROL
  double memory[8]{};
  const auto injector = make_injector(bit_flip{}, exactly{1}, formats::minifloat<9, 2>{});
  static_cast<void>(injector.apply(view(memory), fault_key{}));
#else
  double memory[8]{};
  const auto injector = make_injector(bit_flip{}, exactly{1}, formats::minifloat<8, 2>{});
  static_cast<void>(injector.apply(view(memory), fault_key{}));
#endif
}
