// expect: bitfault: bits given for a value fault
// SPDX-License-Identifier: MIT
#include <bitfault/embedded.hpp>

using namespace bitfault;

int main() {
#ifndef CONTROL
  float memory[8]{};
  const auto injector = make_injector(chain{zero{}, scale{2}}, exactly{1}, bits::sign{});
  static_cast<void>(injector.apply(view(memory), fault_key{}));
#else
  float memory[8]{};
  const auto injector = make_injector(chain{bit_flip{}, scale{2}}, exactly{1}, bits::sign{});
  static_cast<void>(injector.apply(view(memory), fault_key{}));
#endif
}
