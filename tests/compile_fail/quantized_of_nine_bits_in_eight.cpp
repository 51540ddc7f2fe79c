// expect: bitfault: formats::quantized: 2 to 32 bits, no more than the integer has
// SPDX-License-Identifier: MIT
#include <bitfault/embedded.hpp>

#include <cstdint>

using namespace bitfault;

int main() {
#ifndef CONTROL
  float memory[8]{};
  const auto injector = make_injector(bit_flip{}, exactly{1}, formats::quantized<std::int8_t, 9>{});
  static_cast<void>(injector.apply(view(memory), fault_key{}));
#else
  float memory[8]{};
  const auto injector = make_injector(bit_flip{}, exactly{1}, formats::quantized<std::int8_t, 4>{});
  static_cast<void>(injector.apply(view(memory), fault_key{}));
#endif
}
