// expect: bitfault: the view is of const data
// SPDX-License-Identifier: MIT
#include <bitfault/embedded.hpp>

using namespace bitfault;

int main() {
#ifndef CONTROL
  const float spikes[4]{};
  float memory[8]{};
  const auto late = delayed(1, make_injector(dropped_spike{}, every{}));
  static_cast<void>(late.apply(view(spikes), fault_key{}, memory));
#else
  float spikes[4]{};
  float memory[8]{};
  const auto late = delayed(1, make_injector(dropped_spike{}, every{}));
  static_cast<void>(late.apply(view(spikes), fault_key{}, memory));
#endif
}
