// expect: bitfault: each_entry: the region must be the whole tensor or a box
// SPDX-License-Identifier: MIT
#include <bitfault/embedded.hpp>

using namespace bitfault;

int main() {
#ifndef CONTROL
  float memory[8]{};
  const auto injector = make_injector(bit_flip{}, each_entry{exactly{1}}, elements{});
  static_cast<void>(injector.apply(view(memory), fault_key{}));
#else
  float memory[8]{};
  const auto injector = make_injector(bit_flip{}, each_entry{exactly{1}}, region{range{0, 2}});
  static_cast<void>(injector.apply(view(memory), fault_key{}));
#endif
}
