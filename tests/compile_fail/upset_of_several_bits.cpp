// expect: bitfault: multi_cell_upset needs faults in single bits
// SPDX-License-Identifier: MIT
#include <bitfault/embedded.hpp>

using namespace bitfault;

int main() {
#ifndef CONTROL
  float memory[8]{};
  const auto injector =
      make_injector(bit_flip{}, exactly{1}, multi_cell_upset{2}, bits::adjacent{2});
  static_cast<void>(injector.apply(view(memory), fault_key{}));
#else
  float memory[8]{};
  const auto injector = make_injector(bit_flip{}, exactly{1}, multi_cell_upset{2});
  static_cast<void>(injector.apply(view(memory), fault_key{}));
#endif
}
