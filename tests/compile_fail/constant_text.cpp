// expect: bitfault: constant: the value must be a number or an element of a tensor
// SPDX-License-Identifier: MIT
#include <bitfault/embedded.hpp>

using namespace bitfault;

int main() {
#ifndef CONTROL
  float memory[8]{};
  const auto injector = make_injector(constant{"x"}, exactly{1});
  static_cast<void>(injector.apply(view(memory), fault_key{}));
#else
  float memory[8]{};
  const auto injector = make_injector(constant{'x'}, exactly{1});
  static_cast<void>(injector.apply(view(memory), fault_key{}));
#endif
}
