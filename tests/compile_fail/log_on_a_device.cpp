// expect: bitfault: on(...): a log of faults is kept on the host; on a device, draw them:
// on(...).draw(injector, view, key)

// SPDX-License-Identifier: MIT
#include "no_system.hpp"

using namespace bitfault;

int main() {
  float memory[8]{};
  const device_executor<no_system> device{no_system{}};
#ifndef CONTROL
  static_cast<void>(make_injector(bit_flip{}, exactly{1}, record_to{})
                        .apply(device, device_view<float>(memory, extents{8}), fault_key{}));
#else
  static_cast<void>(make_injector(bit_flip{}, exactly{1})
                        .apply(device, device_view<float>(memory, extents{8}), fault_key{}));
#endif
}
