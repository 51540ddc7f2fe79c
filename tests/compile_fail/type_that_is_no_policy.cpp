// expect: bitfault::make_injector: something given is neither a policy nor a fault model
// SPDX-License-Identifier: MIT
#include <bitfault/embedded.hpp>

using namespace bitfault;

int main() {
#ifndef CONTROL
  float memory[8]{};
  const auto injector = make_injector(42, exactly{1});
  static_cast<void>(injector.apply(view(memory), fault_key{}));
#else
  float memory[8]{};
  const auto injector = make_injector(bit_flip{}, exactly{1});
  static_cast<void>(injector.apply(view(memory), fault_key{}));
#endif
}
