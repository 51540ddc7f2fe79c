// expect: bitfault: during: no scope ends with a time step
// SPDX-License-Identifier: MIT
#include <bitfault/embedded.hpp>

using namespace bitfault;

int main() {
#ifndef CONTROL
  float memory[8]{};
  const auto timed = during(one_step(3), make_injector(bit_flip{}, exactly{1}));
  timed.scoped(view(memory), fault_key{});
#else
  float memory[8]{};
  const auto timed = during(one_step(3), make_injector(bit_flip{}, exactly{1}));
  static_cast<void>(timed.apply(view(memory), fault_key{}));
#endif
}
