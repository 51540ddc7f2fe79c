// expect: bitfault: flip_masks: the masks must be as wide as the elements
// SPDX-License-Identifier: MIT
#include <bitfault/embedded.hpp>

using namespace bitfault;

static const std::uint8_t narrow[8]{};
static const std::uint32_t wide[8]{};

int main() {
#ifndef CONTROL
  float memory[8]{};
  const auto injector = make_injector(flip_masks<std::uint8_t>{narrow}, exactly{3});
  static_cast<void>(injector.apply(view(memory), fault_key{}));
#else
  float memory[8]{};
  const auto injector = make_injector(flip_masks<std::uint32_t>{wide}, exactly{3});
  static_cast<void>(injector.apply(view(memory), fault_key{}));
#endif
}
