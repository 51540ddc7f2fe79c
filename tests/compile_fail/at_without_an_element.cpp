// expect: bitfault: at: no element given
// SPDX-License-Identifier: MIT
#include <bitfault/embedded.hpp>

using namespace bitfault;

int main() {
  float memory[8]{};
#ifndef CONTROL
  const at nothing{};
  static_cast<void>(nothing);
  static_cast<void>(memory);
#else
  const at one{3};
  static_cast<void>(one);
  static_cast<void>(memory);
#endif
}
