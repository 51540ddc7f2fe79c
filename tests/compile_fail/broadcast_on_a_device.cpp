// expect: bitfault: broadcast_over: it does not inject on devices; inject into each slice, a
// strided_device_view, with the same key

// SPDX-License-Identifier: MIT
#include "no_system.hpp"

using namespace bitfault;

int main() {
  float memory[8]{};
  const device_view<float, 2> tensor(memory, extents{2, 4});
  const device_executor<no_system> device{no_system{}};
#ifndef CONTROL
  static_cast<void>(broadcast_over(axes{0}, make_injector(bit_flip{}, exactly{1}))
                        .apply(device, tensor, fault_key{}));
#else
  static_cast<void>(make_injector(bit_flip{}, exactly{1}).apply(device, tensor, fault_key{}));
#endif
}
