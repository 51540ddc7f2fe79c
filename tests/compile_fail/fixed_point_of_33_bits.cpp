// expect: bitfault: formats::fixed_point: 2 to 32 bits, the sign included
// SPDX-License-Identifier: MIT
#include <bitfault/embedded.hpp>

using namespace bitfault;

int main() {
#ifndef CONTROL
  float memory[8]{};
  const auto injector = make_injector(bit_flip{}, exactly{1}, formats::fixed_point<8, 24>{});
  static_cast<void>(injector.apply(view(memory), fault_key{}));
#else
  float memory[8]{};
  const auto injector = make_injector(bit_flip{}, exactly{1}, formats::fixed_point<7, 24>{});
  static_cast<void>(injector.apply(view(memory), fault_key{}));
#endif
}
