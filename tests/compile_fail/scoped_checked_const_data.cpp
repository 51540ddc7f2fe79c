// expect: bitfault: the view is of const data; faults cannot be injected into it
// SPDX-License-Identifier: MIT
#include <bitfault/backends/host/scratch.hpp>
#include <bitfault/embedded.hpp>

using namespace bitfault;

int main() {
#ifndef CONTROL
  const float memory[8]{};
  const auto injector = make_injector(bit_flip{}, exactly{1});
  const auto scope = injector.scoped_checked(view(memory), fault_key{});
  static_cast<void>(scope);
#else
  float memory[8]{};
  const auto injector = make_injector(bit_flip{}, exactly{1});
  const auto scope = injector.scoped_checked(view(memory), fault_key{});
  static_cast<void>(scope);
#endif
}
