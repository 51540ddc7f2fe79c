// expect: bitfault: at: elements are whole numbers, coordinates of one rank
// SPDX-License-Identifier: MIT
#include <bitfault/embedded.hpp>

using namespace bitfault;

int main() {
#ifndef CONTROL
  float memory[8]{};
  const auto injector = make_injector(bit_flip{}, at{1.5});
  static_cast<void>(injector.apply(view(memory), fault_key{}));
#else
  float memory[8]{};
  const auto injector = make_injector(bit_flip{}, at{1});
  static_cast<void>(injector.apply(view(memory), fault_key{}));
#endif
}
