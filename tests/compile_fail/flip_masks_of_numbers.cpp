// expect: bitfault: flip_masks: the masks belong to the caller
// SPDX-License-Identifier: MIT
#include <bitfault/embedded.hpp>

static const unsigned two[2]{1, 2};

using namespace bitfault;

int main() {
#ifndef CONTROL
  float memory[8]{};
  const auto injector = make_injector(flip_masks{1u, 2u}, exactly{2});
  static_cast<void>(injector.apply(view(memory), fault_key{}));
#else
  float memory[8]{};
  const auto injector = make_injector(flip_masks{two}, exactly{2});
  static_cast<void>(injector.apply(view(memory), fault_key{}));
#endif
}
