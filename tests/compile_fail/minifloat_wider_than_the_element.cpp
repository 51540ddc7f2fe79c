// expect: bitfault: formats::minifloat (half, bfloat16, float8): the element type does not hold
// SPDX-License-Identifier: MIT
#include <bitfault/embedded.hpp>

using namespace bitfault;

int main() {
#ifndef CONTROL
  half memory[8]{};
  const auto injector = make_injector(bit_flip{}, exactly{1}, formats::bfloat16{});
  static_cast<void>(injector.apply(view(memory), fault_key{}));
#else
  float memory[8]{};
  const auto injector = make_injector(bit_flip{}, exactly{1}, formats::bfloat16{});
  static_cast<void>(injector.apply(view(memory), fault_key{}));
#endif
}
