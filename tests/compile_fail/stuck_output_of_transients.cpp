// expect: bitfault::make_injector: dead and saturated neurons and stuck outputs last
// SPDX-License-Identifier: MIT
#include <bitfault/embedded.hpp>

using namespace bitfault;

int main() {
#ifndef CONTROL
  const auto stuck = make_injector(transient{}, stuck_output{0.5f}, exactly_elements{1});
  static_cast<void>(stuck);
#else
  const auto stuck = make_injector(intermittent{0.5}, stuck_output{0.5f}, exactly_elements{1});
  static_cast<void>(stuck);
#endif
}
