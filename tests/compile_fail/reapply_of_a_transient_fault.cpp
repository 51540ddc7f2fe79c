// expect: bitfault: reapply is for lasting faults
// SPDX-License-Identifier: MIT
#include <bitfault/embedded.hpp>

using namespace bitfault;

int main() {
#ifndef CONTROL
  float memory[8]{};
  const auto injector = make_injector(bit_flip{}, exactly{1});
  static_cast<void>(injector.reapply(view(memory), fault_key{}));
#else
  float memory[8]{};
  const auto injector = make_injector(bit_flip{}, exactly{1}, permanent{});
  static_cast<void>(injector.reapply(view(memory), fault_key{}));
#endif
}
