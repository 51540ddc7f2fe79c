// expect: bitfault::view: the argument is a temporary that owns its data
// SPDX-License-Identifier: MIT
#include <bitfault/embedded.hpp>

#include <vector>

using namespace bitfault;

int main() {
#ifndef CONTROL
  static_cast<void>(view(std::vector<float>(3)));
#else
  std::vector<float> owner(3);
  static_cast<void>(view(owner));
#endif
}
