// expect: bitfault::make_injector: something given is neither a policy nor a fault model
// SPDX-License-Identifier: MIT
#include <bitfault/embedded.hpp>

using namespace bitfault;

int main() {
#ifndef CONTROL
  static_cast<void>(make_injector(bit_flip{}, 100));
#else
  static_cast<void>(make_injector(bit_flip{}, exactly{1}, region{range{0, 8}}));
#endif
}
