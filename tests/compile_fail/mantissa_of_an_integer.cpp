// expect: bitfault: bits::mantissa: this element type has no mantissa
// SPDX-License-Identifier: MIT
#include <bitfault/embedded.hpp>

using namespace bitfault;

int main() {
#ifndef CONTROL
  int memory[8]{};
  const auto injector = make_injector(bit_flip{}, exactly{1}, bits::mantissa{});
  static_cast<void>(injector.apply(view(memory), fault_key{}));
#else
  int memory[8]{};
  const auto injector = make_injector(bit_flip{}, exactly{1}, bits::range{0, 3});
  static_cast<void>(injector.apply(view(memory), fault_key{}));
#endif
}
