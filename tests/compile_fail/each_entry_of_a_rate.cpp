// expect: bitfault: each_entry: it repeats exactly, exactly_elements or fraction
// SPDX-License-Identifier: MIT
#include <bitfault/embedded.hpp>

using namespace bitfault;

int main() {
#ifndef CONTROL
  const auto injector = make_injector(bit_flip{}, each_entry{rate::per_bit(0.1)});
  static_cast<void>(injector);
#else
  const auto injector = make_injector(bit_flip{}, each_entry{fraction{0.1}});
  static_cast<void>(injector);
#endif
}
