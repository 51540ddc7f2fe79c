// expect: ignoring return
// SPDX-License-Identifier: MIT
#include <bitfault/embedded.hpp>

#pragma GCC diagnostic error "-Wunused-result"

using namespace bitfault;

int main() {
  float memory[8]{};
  const auto injector = make_injector(bit_flip{}, exactly{1});
#ifndef CONTROL
  injector.scoped(view(memory), fault_key{});
#else
  const auto scope = injector.scoped(view(memory), fault_key{});
  static_cast<void>(scope);
#endif
}
