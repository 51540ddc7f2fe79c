// expect: bitfault: formats::adaptive_float: 1 to 8 exponent bits, 1 to 23 mantissa bits
// SPDX-License-Identifier: MIT
#include <bitfault/embedded.hpp>
#include <bitfault/formats/adaptive_float.hpp>

using namespace bitfault;

int main() {
#ifndef CONTROL
  float memory[8]{};
  const auto injector = make_injector(bit_flip{}, exactly{1}, formats::adaptive_float<4, 0>{});
  static_cast<void>(injector.apply(view(memory), fault_key{}));
#else
  float memory[8]{};
  const auto injector = make_injector(bit_flip{}, exactly{1}, formats::adaptive_float<4, 1>{});
  static_cast<void>(injector.apply(view(memory), fault_key{}));
#endif
}
