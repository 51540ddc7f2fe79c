// expect: bitfault: the plan is bound to another element type than the view's
// SPDX-License-Identifier: MIT
#include <bitfault/embedded.hpp>

using namespace bitfault;

int main() {
#ifndef CONTROL
  double memory[8]{};
  const auto bound = make_injector(bit_flip{}, exactly{1}).bind<float>(extents{8});
  static_cast<void>(bound.apply(serial{}, view(memory), fault_key{}));
#else
  float memory[8]{};
  const auto bound = make_injector(bit_flip{}, exactly{1}).bind<float>(extents{8});
  static_cast<void>(bound.apply(serial{}, view(memory), fault_key{}));
#endif
}
