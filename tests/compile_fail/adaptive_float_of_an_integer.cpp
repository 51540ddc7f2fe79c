// expect: bitfault: formats::adaptive_float: elements must be floating point
// SPDX-License-Identifier: MIT
#include <bitfault/embedded.hpp>
#include <bitfault/formats/adaptive_float.hpp>

#include <cstdint>

using namespace bitfault;

int main() {
#ifndef CONTROL
  std::int8_t memory[8]{};
  const auto injector = make_injector(bit_flip{}, exactly{1}, formats::adaptive_float<4, 3>{});
  static_cast<void>(injector.apply(view(memory), fault_key{}));
#else
  float memory[8]{};
  const auto injector = make_injector(bit_flip{}, exactly{1}, formats::adaptive_float<4, 3>{});
  static_cast<void>(injector.apply(view(memory), fault_key{}));
#endif
}
