// expect: bitfault: injector::draw: extents have no element type
// SPDX-License-Identifier: MIT
#include <bitfault/bitfault.hpp>

using namespace bitfault;

int main() {
  float memory[8]{};
#ifndef CONTROL
  make_injector(bit_flip{}, exactly{1}).draw(extents{8}, fault_key{});
  static_cast<void>(memory);
#else
  make_injector(bit_flip{}, exactly{1}).draw<float>(extents{8}, fault_key{});
  static_cast<void>(memory);
#endif
}
