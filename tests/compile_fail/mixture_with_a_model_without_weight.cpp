// expect: bitfault: mixture: how often each? Give every model its weight, as in
// SPDX-License-Identifier: MIT
#include <bitfault/embedded.hpp>

using namespace bitfault;

int main() {
#ifndef CONTROL
  float memory[8]{};
  const auto injector = make_injector(mixture{weighted{1, stuck_at_0{}}, zero{}}, exactly{1});
  static_cast<void>(injector.apply(view(memory), fault_key{}));
#else
  float memory[8]{};
  const auto injector =
      make_injector(mixture{weighted{1, stuck_at_0{}}, weighted{1, zero{}}}, exactly{1});
  static_cast<void>(injector.apply(view(memory), fault_key{}));
#endif
}
