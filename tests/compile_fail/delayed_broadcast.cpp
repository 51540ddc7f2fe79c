// expect: bitfault: delayed: it takes an injector, or one of during
// SPDX-License-Identifier: MIT
#include <bitfault/embedded.hpp>

using namespace bitfault;

int main() {
#ifndef CONTROL
  const auto drop = make_injector(dropped_spike{}, exactly_elements{1});
  static_cast<void>(delayed(2, broadcast_over(axes{0}, drop)));
#else
  const auto drop = make_injector(dropped_spike{}, exactly_elements{1});
  static_cast<void>(delayed(2, during(one_step(3), drop)));
#endif
}
