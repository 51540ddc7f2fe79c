// expect: bitfault::view: this type is not known; include its integration
// SPDX-License-Identifier: MIT
#include <bitfault/embedded.hpp>

using namespace bitfault;

int main() {
#ifndef CONTROL
  struct matrix {
  } m;
  static_cast<void>(view(m));
#else
  float m[4]{};
  static_cast<void>(view(m));
#endif
}
