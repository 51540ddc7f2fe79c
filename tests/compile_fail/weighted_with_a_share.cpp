// expect: bitfault: weighted: weights are whole numbers, of which only the ratios count
// SPDX-License-Identifier: MIT
#include <bitfault/embedded.hpp>

using namespace bitfault;

int main() {
#ifndef CONTROL
  float memory[8]{};
  const auto injector = make_injector(mixture{weighted{0.5, bit_flip{}}}, exactly{1});
  static_cast<void>(injector.apply(view(memory), fault_key{}));
#else
  float memory[8]{};
  const auto injector = make_injector(mixture{weighted{5, bit_flip{}}}, exactly{1});
  static_cast<void>(injector.apply(view(memory), fault_key{}));
#endif
}
