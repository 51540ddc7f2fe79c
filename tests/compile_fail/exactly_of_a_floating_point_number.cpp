// expect: bitfault: exactly: the number of sites is a whole number, exactly{1000}
// SPDX-License-Identifier: MIT
#include <bitfault/embedded.hpp>

using namespace bitfault;

int main() {
#ifndef CONTROL
  float memory[8]{};
  const auto injector = make_injector(bit_flip{}, exactly{1e1});
  static_cast<void>(injector.apply(view(memory), fault_key{}));
#else
  float memory[8]{};
  const auto injector = make_injector(bit_flip{}, exactly{10});
  static_cast<void>(injector.apply(view(memory), fault_key{}));
#endif
}
