// expect: bitfault: multi_cell_upset needs a bit fault, not a value fault
// SPDX-License-Identifier: MIT
#include <bitfault/embedded.hpp>

using namespace bitfault;

int main() {
#ifndef CONTROL
  float memory[8]{};
  const auto injector = make_injector(chain{bit_flip{}, zero{}}, exactly{1}, multi_cell_upset{2});
  static_cast<void>(injector.apply(view(memory), fault_key{}));
#else
  float memory[8]{};
  const auto injector =
      make_injector(chain{bit_flip{}, stuck_at_0{}}, exactly{1}, multi_cell_upset{2});
  static_cast<void>(injector.apply(view(memory), fault_key{}));
#endif
}
