// expect: bitfault: injector::apply: it takes (view, key) or (executor, view, key)
// SPDX-License-Identifier: MIT
#include <bitfault/embedded.hpp>

using namespace bitfault;

int main() {
#ifndef CONTROL
  float memory[8]{};
  static_cast<void>(make_injector(bit_flip{}, exactly{1}).apply(view(memory)));
#else
  float memory[8]{};
  static_cast<void>(make_injector(bit_flip{}, exactly{1}).apply(view(memory), {42}));
#endif
}
