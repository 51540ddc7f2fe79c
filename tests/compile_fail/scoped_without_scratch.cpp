// expect: bitfault: scoped: these faults need scratch; give it as a span, or include
// SPDX-License-Identifier: MIT
#include <bitfault/embedded.hpp>

using namespace bitfault;

int main() {
  float memory[8]{};
  const auto injector = make_injector(zero{}, exactly{1});
#ifndef CONTROL
  const auto scope = injector.scoped(view(memory), fault_key{});
#else
  std::uint32_t scratch[1];
  const auto scope = injector.scoped(view(memory), fault_key{}, scratch);
#endif
  static_cast<void>(scope);
}
