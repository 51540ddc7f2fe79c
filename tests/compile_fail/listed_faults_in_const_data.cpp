// expect: bitfault: the view is of const data; faults cannot be injected into it
// SPDX-License-Identifier: MIT
#include <bitfault/embedded.hpp>

using namespace bitfault;

int main() {
  float memory[8]{};
#ifndef CONTROL
  const float fixed[8]{};
  static_cast<void>(restore_faults({}, view(fixed), {}));
  static_cast<void>(memory);
#else
  static_cast<void>(restore_faults({}, view(memory), {}));
#endif
}
