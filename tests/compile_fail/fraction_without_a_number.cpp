// expect: bitfault: fraction: which share? Give it a number: fraction{0.01}
// SPDX-License-Identifier: MIT
#include <bitfault/embedded.hpp>

using namespace bitfault;

int main() {
#ifndef CONTROL
  float memory[8]{};
  const auto injector = make_injector(bit_flip{}, fraction{});
  static_cast<void>(injector.apply(view(memory), fault_key{}));
#else
  float memory[8]{};
  const auto injector = make_injector(bit_flip{}, fraction{0});
  static_cast<void>(injector.apply(view(memory), fault_key{}));
#endif
}
