// expect: bitfault::make_injector: no fault model given
// SPDX-License-Identifier: MIT
#include <bitfault/embedded.hpp>

using namespace bitfault;

int main() {
#ifndef CONTROL
  const auto injector = make_injector(exactly{1});
  static_cast<void>(injector);
#else
  const auto injector = make_injector(exactly{1}, bit_flip{});
  static_cast<void>(injector);
#endif
}
