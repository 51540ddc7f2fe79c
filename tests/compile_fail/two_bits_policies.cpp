// expect: bitfault::make_injector: two bits policies given; an injector takes one
// SPDX-License-Identifier: MIT
#include <bitfault/embedded.hpp>

using namespace bitfault;

int main() {
#ifndef CONTROL
  const auto injector = make_injector(bit_flip{}, exactly{1}, bits::sign{}, bits::exponent{});
  static_cast<void>(injector);
#else
  const auto injector = make_injector(bit_flip{}, exactly{1}, bits::range{23, 31});
  static_cast<void>(injector);
#endif
}
