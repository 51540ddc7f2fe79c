// expect: bitfault: exactly: how many? Give it a number: exactly{100}
// SPDX-License-Identifier: MIT
#include <bitfault/embedded.hpp>

using namespace bitfault;

int main() {
#ifndef CONTROL
  const exactly nothing{};
#else
  const exactly nothing{0};
#endif
  static_cast<void>(nothing);
}
