// expect: bitfault: exactly_elements: the number of elements is a whole number
// SPDX-License-Identifier: MIT
#include <bitfault/embedded.hpp>

using namespace bitfault;

int main() {
#ifndef CONTROL
  float memory[8]{};
  const auto injector = make_injector(bit_flip{}, exactly_elements{1e1});
  static_cast<void>(injector.apply(view(memory), fault_key{}));
#else
  float memory[8]{};
  const auto injector = make_injector(bit_flip{}, exactly_elements{5});
  static_cast<void>(injector.apply(view(memory), fault_key{}));
#endif
}
