// expect: bitfault: on(...): the view is of host memory; a device needs a device_view{pointer,
// extents}

// SPDX-License-Identifier: MIT
#include "no_system.hpp"

using namespace bitfault;

int main() {
  float memory[8]{};
  const device_executor<no_system> device{no_system{}};
#ifndef CONTROL
  static_cast<void>(
      make_injector(bit_flip{}, exactly{1}).apply(device, view(memory, extents{8}), fault_key{}));
#else
  static_cast<void>(make_injector(bit_flip{}, exactly{1})
                        .apply(device, device_view<float>(memory, extents{8}), fault_key{}));
#endif
}
