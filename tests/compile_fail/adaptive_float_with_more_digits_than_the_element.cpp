// expect: bitfault: formats::adaptive_float: the element type has too few digits
// SPDX-License-Identifier: MIT
#include <bitfault/embedded.hpp>
#include <bitfault/formats/adaptive_float.hpp>

using namespace bitfault;

int main() {
#ifndef CONTROL
  half memory[8]{};
  const auto injector = make_injector(bit_flip{}, exactly{1}, formats::adaptive_float<2, 11>{});
  static_cast<void>(injector.apply(view(memory), fault_key{}));
#else
  float memory[8]{};
  const auto injector = make_injector(bit_flip{}, exactly{1}, formats::adaptive_float<2, 11>{});
  static_cast<void>(injector.apply(view(memory), fault_key{}));
#endif
}
