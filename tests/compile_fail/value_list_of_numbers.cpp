// expect: bitfault: value_list: the values belong to the caller
// SPDX-License-Identifier: MIT
#include <bitfault/embedded.hpp>

static const float two[2]{1, 2};

using namespace bitfault;

int main() {
#ifndef CONTROL
  float memory[8]{};
  const auto injector = make_injector(value_list{1.0f, 2.0f}, exactly{2});
  static_cast<void>(injector.apply(view(memory), fault_key{}));
#else
  float memory[8]{};
  const auto injector = make_injector(value_list{two}, exactly{2});
  static_cast<void>(injector.apply(view(memory), fault_key{}));
#endif
}
