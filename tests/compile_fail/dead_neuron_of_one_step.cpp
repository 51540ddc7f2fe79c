// expect: bitfault::make_injector: dead and saturated neurons and stuck outputs last
// SPDX-License-Identifier: MIT
#include <bitfault/embedded.hpp>

using namespace bitfault;

int main() {
#ifndef CONTROL
  const auto dead = make_injector(dead_neuron{}, at{0});
  static_cast<void>(dead);
#else
  const auto dead = make_injector(dead_neuron{}, at{0}, permanent{});
  static_cast<void>(dead);
#endif
}
