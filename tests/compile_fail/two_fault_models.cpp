// expect: bitfault::make_injector: two fault models given
// SPDX-License-Identifier: MIT
#include <bitfault/embedded.hpp>

using namespace bitfault;

int main() {
#ifndef CONTROL
  const auto injector = make_injector(bit_flip{}, zero{}, exactly{1});
  static_cast<void>(injector);
#else
  const auto injector = make_injector(chain{bit_flip{}, zero{}}, exactly{1});
  static_cast<void>(injector);
#endif
}
