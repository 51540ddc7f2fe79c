// expect: bitfault: bits::sign: this element type has no sign bit
// SPDX-License-Identifier: MIT
#include <bitfault/embedded.hpp>

#include <cstdint>

using namespace bitfault;

int main() {
#ifndef CONTROL
  float memory[8]{};
  const auto injector =
      make_injector(bit_flip{}, exactly{1}, formats::quantized<std::uint8_t>{}, bits::sign{});
  static_cast<void>(injector.apply(view(memory), fault_key{}));
#else
  float memory[8]{};
  const auto injector =
      make_injector(bit_flip{}, exactly{1}, formats::quantized<std::int8_t>{}, bits::sign{});
  static_cast<void>(injector.apply(view(memory), fault_key{}));
#endif
}
