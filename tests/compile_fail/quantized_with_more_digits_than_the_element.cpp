// expect: bitfault: formats::quantized: the element type has too few digits to tell all codes apart
// SPDX-License-Identifier: MIT
#include <bitfault/embedded.hpp>

#include <cstdint>

using namespace bitfault;

int main() {
#ifndef CONTROL
  float memory[8]{};
  const auto injector = make_injector(bit_flip{}, exactly{1}, formats::quantized<std::int32_t>{});
  static_cast<void>(injector.apply(view(memory), fault_key{}));
#else
  double memory[8]{};
  const auto injector = make_injector(bit_flip{}, exactly{1}, formats::quantized<std::int32_t>{});
  static_cast<void>(injector.apply(view(memory), fault_key{}));
#endif
}
