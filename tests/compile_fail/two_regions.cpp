// expect: bitfault::make_injector: two regions given; an injector takes one
// SPDX-License-Identifier: MIT
#include <bitfault/embedded.hpp>

using namespace bitfault;

int main() {
#ifndef CONTROL
  const auto injector = make_injector(bit_flip{}, exactly{1}, channel(1), batch_entry(2));
  static_cast<void>(injector);
#else
  const auto injector = make_injector(bit_flip{}, exactly{1}, region{2, 1});
  static_cast<void>(injector);
#endif
}
