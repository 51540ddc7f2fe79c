// expect: bitfault: the view is of const data; faults cannot be injected into it
// SPDX-License-Identifier: MIT
#include <bitfault/embedded.hpp>

using namespace bitfault;

int main() {
#ifndef CONTROL
  const half memory[8]{};
  const auto injector = make_injector(bit_flip{}, exactly{1});
  static_cast<void>(injector.apply(view(memory), fault_key{}));
#else
  half memory[8]{};
  const auto injector = make_injector(bit_flip{}, exactly{1});
  static_cast<void>(injector.apply(view(memory), fault_key{}));
#endif
}
