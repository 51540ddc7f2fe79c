// expect: bitfault: bits::exponent: this element type has no exponent
// SPDX-License-Identifier: MIT
#include <bitfault/embedded.hpp>

#include <cstdint>

using namespace bitfault;

int main() {
#ifndef CONTROL
  float memory[8]{};
  const auto injector =
      make_injector(bit_flip{}, exactly{1}, formats::quantized<std::int8_t>{}, bits::exponent{});
  static_cast<void>(injector.apply(view(memory), fault_key{}));
#else
  float memory[8]{};
  const auto injector =
      make_injector(bit_flip{}, exactly{1}, formats::float8_e5m2{}, bits::exponent{});
  static_cast<void>(injector.apply(view(memory), fault_key{}));
#endif
}
