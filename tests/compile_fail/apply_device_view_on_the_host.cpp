// expect: bitfault: a device view needs a device executor; the host must not write there
// SPDX-License-Identifier: MIT
#include <bitfault/embedded.hpp>

using namespace bitfault;

int main() {
#ifndef CONTROL
  float memory[8]{};
  const auto injector = make_injector(bit_flip{}, exactly{1});
  static_cast<void>(injector.apply(device_view<float>(memory, extents{8}), fault_key{}));
#else
  float memory[8]{};
  const auto injector = make_injector(bit_flip{}, exactly{1});
  static_cast<void>(injector.apply(view(memory, extents{8}), fault_key{}));
#endif
}
