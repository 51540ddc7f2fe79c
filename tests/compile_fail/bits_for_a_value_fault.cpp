// expect: bitfault::make_injector: bits given for a value fault
// SPDX-License-Identifier: MIT
#include <bitfault/embedded.hpp>

using namespace bitfault;

int main() {
#ifndef CONTROL
  const auto injector = make_injector(zero{}, exactly{1}, bits::sign{});
  static_cast<void>(injector);
#else
  const auto injector = make_injector(bit_flip{}, exactly{1}, bits::sign{});
  static_cast<void>(injector);
#endif
}
