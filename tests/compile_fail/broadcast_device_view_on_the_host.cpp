// expect: bitfault: a device view needs a device executor
// SPDX-License-Identifier: MIT
#include <bitfault/embedded.hpp>

using namespace bitfault;

int main() {
#ifndef CONTROL
  float memory[4]{};
  const auto all = broadcast_over(axes{0}, make_injector(bit_flip{}, exactly{1}));
  static_cast<void>(all.apply(device_view(&memory[0], extents{4}), fault_key{}));
#else
  float memory[4]{};
  const auto all = broadcast_over(axes{0}, make_injector(bit_flip{}, exactly{1}));
  static_cast<void>(all.apply(view(memory), fault_key{}));
#endif
}
