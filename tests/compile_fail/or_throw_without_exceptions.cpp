// expect: no member named
// SPDX-License-Identifier: MIT
// Compiled with -fno-exceptions.
#include <bitfault/embedded.hpp>

using namespace bitfault;

int main() {
  const status state = make_injector(bit_flip{}, exactly{1}).bind<float>(extents{8}).state();
#ifndef CONTROL
  state.or_throw();
#else
  static_cast<void>(state.ok());
#endif
}
