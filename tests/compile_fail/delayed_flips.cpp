// expect: bitfault: delayed: the injector must drop spikes
// SPDX-License-Identifier: MIT
#include <bitfault/embedded.hpp>

using namespace bitfault;

int main() {
#ifndef CONTROL
  const auto late = delayed(2, make_injector(bit_flip{}, exactly{1}));
  static_cast<void>(late);
#else
  const auto late = delayed(2, make_injector(dropped_spike{}, exactly_elements{1}));
  static_cast<void>(late);
#endif
}
