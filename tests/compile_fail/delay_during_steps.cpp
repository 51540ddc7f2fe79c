// expect: bitfault: during: a delay has to see every step
// SPDX-License-Identifier: MIT
#include <bitfault/embedded.hpp>

using namespace bitfault;

int main() {
#ifndef CONTROL
  const auto drop = make_injector(dropped_spike{}, exactly_elements{1});
  static_cast<void>(during(one_step(3), delayed(2, drop)));
#else
  const auto drop = make_injector(dropped_spike{}, exactly_elements{1});
  static_cast<void>(delayed(2, during(one_step(3), drop)));
#endif
}
