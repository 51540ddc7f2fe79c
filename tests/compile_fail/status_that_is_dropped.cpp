// expect: ignoring return
// SPDX-License-Identifier: MIT
#include <bitfault/embedded.hpp>

#pragma GCC diagnostic error "-Wunused-result"

using namespace bitfault;

int main() {
  float memory[8]{};
  const auto injector = make_injector(bit_flip{}, exactly{1});
#ifndef CONTROL
  injector.apply(view(memory), fault_key{});
#else
  return injector.apply(view(memory), fault_key{}).ok() ? 0 : 1;
#endif
}
