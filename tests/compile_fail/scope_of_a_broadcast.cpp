// expect: bitfault: broadcast_over: it has no scope
// SPDX-License-Identifier: MIT
#include <bitfault/embedded.hpp>

using namespace bitfault;

int main() {
#ifndef CONTROL
  float memory[8]{};
  const auto all = broadcast_over(axes{0}, make_injector(bit_flip{}, exactly{1}));
  all.scoped(view(memory), fault_key{});
#else
  float memory[8]{};
  const auto all = broadcast_over(axes{0}, make_injector(bit_flip{}, exactly{1}));
  static_cast<void>(all.apply(view(memory), fault_key{}));
#endif
}
