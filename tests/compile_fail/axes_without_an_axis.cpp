// expect: bitfault: axes: no axis given
// SPDX-License-Identifier: MIT
#include <bitfault/embedded.hpp>

using namespace bitfault;

int main() {
#ifndef CONTROL
  static_cast<void>(broadcast_over(axes{}, make_injector(bit_flip{}, exactly{1})));
#else
  static_cast<void>(broadcast_over(axes{0}, make_injector(bit_flip{}, exactly{1})));
#endif
}
