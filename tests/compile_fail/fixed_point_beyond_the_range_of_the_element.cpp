// expect: bitfault: formats::fixed_point: the range of the element type is smaller than that of the
// SPDX-License-Identifier: MIT
#include <bitfault/embedded.hpp>

using namespace bitfault;

int main() {
#ifndef CONTROL
  half memory[8]{};
  const auto injector = make_injector(bit_flip{}, exactly{1}, formats::fixed_point<16, 8>{});
  static_cast<void>(injector.apply(view(memory), fault_key{}));
#else
  float memory[8]{};
  const auto injector = make_injector(bit_flip{}, exactly{1}, formats::fixed_point<16, 8>{});
  static_cast<void>(injector.apply(view(memory), fault_key{}));
#endif
}
