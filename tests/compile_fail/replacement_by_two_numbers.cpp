// expect: bitfault: replacement: it takes a distribution (uniform{a, b}, normal{mean, deviation}
// SPDX-License-Identifier: MIT
#include <bitfault/embedded.hpp>

using namespace bitfault;

int main() {
#ifndef CONTROL
  float memory[8]{};
  const auto injector = make_injector(replacement{0, 1}, exactly{1});
  static_cast<void>(injector.apply(view(memory), fault_key{}));
#else
  float memory[8]{};
  const auto injector = make_injector(replacement{normal{0, 1}}, exactly{1});
  static_cast<void>(injector.apply(view(memory), fault_key{}));
#endif
}
