// expect: bitfault: injector::draw: fault lists are hosted; include
// SPDX-License-Identifier: MIT
#include <bitfault/embedded.hpp>

using namespace bitfault;

int main() {
  const auto injector = make_injector(bit_flip{}, exactly{1});
#ifndef CONTROL
  injector.draw<float>(extents{8}, fault_key{});
#else
  static_cast<void>(injector.bind<float>(extents{8}));
#endif
}
