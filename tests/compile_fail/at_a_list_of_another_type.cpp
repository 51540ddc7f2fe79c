// expect: bitfault: at: elements are whole numbers, coordinates of one rank
// SPDX-License-Identifier: MIT
#include <bitfault/embedded.hpp>

static const int ints[2]{1, 2};
static const bitfault::index_t indices[2]{1, 2};

using namespace bitfault;

int main() {
#ifndef CONTROL
  float memory[8]{};
  const auto injector = make_injector(bit_flip{}, at{ints});
  static_cast<void>(injector.apply(view(memory), fault_key{}));
#else
  float memory[8]{};
  const auto injector = make_injector(bit_flip{}, at{indices});
  static_cast<void>(injector.apply(view(memory), fault_key{}));
#endif
}
