// expect: bitfault: bits::sign: this element type has no sign bit
// SPDX-License-Identifier: MIT
#include <bitfault/embedded.hpp>

using namespace bitfault;

int main() {
#ifndef CONTROL
  unsigned memory[8]{};
  const auto injector = make_injector(bit_flip{}, exactly{1}, bits::sign{});
  static_cast<void>(injector.apply(view(memory), fault_key{}));
#else
  unsigned memory[8]{};
  const auto injector = make_injector(bit_flip{}, exactly{1}, bits::given{from_msb(0)});
  static_cast<void>(injector.apply(view(memory), fault_key{}));
#endif
}
