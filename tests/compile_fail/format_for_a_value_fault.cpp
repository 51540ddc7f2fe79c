// expect: bitfault: a format given for a value fault
// SPDX-License-Identifier: MIT
#include <bitfault/embedded.hpp>

using namespace bitfault;

int main() {
#ifndef CONTROL
  float memory[8]{};
  const auto injector = make_injector(zero{}, exactly{1}, formats::half{});
  static_cast<void>(injector.apply(view(memory), fault_key{}));
#else
  float memory[8]{};
  const auto injector = make_injector(bit_flip{}, exactly{1}, formats::half{});
  static_cast<void>(injector.apply(view(memory), fault_key{}));
#endif
}
