// expect: bitfault: formats::fixed_point: elements must be floating point
// SPDX-License-Identifier: MIT
#include <bitfault/embedded.hpp>

#include <cstdint>

using namespace bitfault;

int main() {
#ifndef CONTROL
  std::int32_t memory[8]{};
  const auto injector = make_injector(bit_flip{}, exactly{1}, formats::fixed_point<7, 24>{});
  static_cast<void>(injector.apply(view(memory), fault_key{}));
#else
  float memory[8]{};
  const auto injector = make_injector(bit_flip{}, exactly{1}, formats::fixed_point<7, 24>{});
  static_cast<void>(injector.apply(view(memory), fault_key{}));
#endif
}
