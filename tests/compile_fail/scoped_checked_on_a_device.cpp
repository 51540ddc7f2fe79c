// expect: bitfault: scoped_checked: it is for the host's memory; on a device use scoped
// SPDX-License-Identifier: MIT
#include "no_system.hpp"

using namespace bitfault;

int main() {
  float memory[8]{};
  const device_view<float, 2> tensor(memory, extents{2, 4});
  const device_executor<no_system> device{no_system{}};
#ifndef CONTROL
  const auto scope =
      make_injector(bit_flip{}, exactly{1}).scoped_checked(device, tensor, fault_key{});
  static_cast<void>(scope);
#else
  static_cast<void>(make_injector(bit_flip{}, exactly{1}).apply(device, tensor, fault_key{}));
#endif
}
