// expect: bitfault: a list of values or masks needs a selector that numbers its events
// SPDX-License-Identifier: MIT
#include <bitfault/embedded.hpp>

using namespace bitfault;

static const float values[8]{};

int main() {
#ifndef CONTROL
  float memory[8]{};
  const auto injector =
      make_injector(mixture{weighted{1, value_list<float>{values}}}, rate::per_element(0.1));
  static_cast<void>(injector.apply(view(memory), fault_key{}));
#else
  float memory[8]{};
  const auto injector = make_injector(mixture{weighted{1, value_list<float>{values}}}, exactly{3});
  static_cast<void>(injector.apply(view(memory), fault_key{}));
#endif
}
