// expect: bitfault: injector::apply: it takes (view, key) or (executor, view, key)
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
