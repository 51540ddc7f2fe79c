// expect: bitfault: value_list: the values belong to the caller
// SPDX-License-Identifier: MIT
#include <bitfault/bitfault.hpp>

#include <vector>

static const std::vector<float> two{1, 2};

using namespace bitfault;

int main() {
#ifndef CONTROL
  float memory[8]{};
  const auto injector = make_injector(value_list{std::vector<float>{1, 2}}, exactly{2});
  static_cast<void>(injector.apply(view(memory), fault_key{}));
#else
  float memory[8]{};
  const auto injector = make_injector(value_list{two}, exactly{2});
  static_cast<void>(injector.apply(view(memory), fault_key{}));
#endif
}
