// expect: bitfault: on(...): the list of elements (where(mask), elements_at) lies in the host's
// memory; copy its numbers() to managed or pinned memory and give the device
// elements{copy}

// SPDX-License-Identifier: MIT
#include "no_system.hpp"

using namespace bitfault;

int main() {
  float memory[8]{};
  const device_view<float> tensor(memory, extents{8});
  const device_executor<no_system> device{no_system{}};
#ifndef CONTROL
  const bool mask[8]{true, false, false, true};
  const auto chosen = where(mask);
  static_cast<void>(
      make_injector(bit_flip{}, exactly{1}, chosen.region()).apply(device, tensor, fault_key{}));
#else
  const bool mask[8]{true, false, false, true};
  const auto chosen = where(mask);
  const elements copy{chosen.numbers()};
  static_cast<void>(make_injector(bit_flip{}, exactly{1}, copy).apply(device, tensor, fault_key{}));
#endif
}
