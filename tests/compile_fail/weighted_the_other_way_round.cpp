// expect: bitfault: weighted: weights are whole numbers, of which only the ratios count
// SPDX-License-Identifier: MIT
#include <bitfault/embedded.hpp>

using namespace bitfault;

int main() {
#ifndef CONTROL
  static_cast<void>(mixture{weighted{bit_flip{}, 1}});
#else
  static_cast<void>(mixture{weighted{1, bit_flip{}}});
#endif
}
