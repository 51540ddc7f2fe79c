// expect: bitfault: a device view needs a device executor; the host must not write there
// SPDX-License-Identifier: MIT
#include <bitfault/embedded.hpp>

using namespace bitfault;

int main() {
  float memory[8]{};
#ifndef CONTROL
  static_cast<void>(apply_faults({}, device_view<float>(memory, extents{8})));
#else
  static_cast<void>(apply_faults({}, view(memory)));
#endif
}
