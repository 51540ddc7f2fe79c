// expect: bitfault: injector::apply: the executor comes first
// SPDX-License-Identifier: MIT
#include <bitfault/embedded.hpp>

using namespace bitfault;

int main() {
  float memory[8]{};
#ifndef CONTROL
  static_cast<void>(
      make_injector(bit_flip{}, exactly{1}).apply(view(memory), fault_key{}, serial{}));
#else
  static_cast<void>(
      make_injector(bit_flip{}, exactly{1}).apply(serial{}, view(memory), fault_key{}));
#endif
}
