// expect: bitfault: exactly_elements: how many? Give it a number: exactly_elements{100}
// SPDX-License-Identifier: MIT
#include <bitfault/embedded.hpp>

using namespace bitfault;

int main() {
#ifndef CONTROL
  const exactly_elements nothing{};
#else
  const exactly_elements nothing{0};
#endif
  static_cast<void>(nothing);
}
