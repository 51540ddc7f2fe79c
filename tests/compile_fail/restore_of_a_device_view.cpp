// expect: bitfault: a device view needs a device executor; the host must not write there
// SPDX-License-Identifier: MIT
#include <bitfault/embedded.hpp>

using namespace bitfault;

int main() {
  float memory[8]{};
#ifndef CONTROL
  const auto bound = make_injector(bit_flip{}, exactly{1}).bind<float>(extents{8});
  static_cast<void>(bound.restore(serial{}, device_view<float>(memory, extents{8}), fault_key{}));
#else
  const auto bound = make_injector(bit_flip{}, exactly{1}).bind<float>(extents{8});
  static_cast<void>(bound.restore(serial{}, view(memory), fault_key{}));
#endif
}
