// expect: bitfault::view: the sequence's value type is not known as an element
// SPDX-License-Identifier: MIT
#include <bitfault/embedded.hpp>

#include <string>
#include <vector>

using namespace bitfault;

int main() {
#ifndef CONTROL
  std::vector<std::string> words(3);
  static_cast<void>(view(words));
#else
  std::vector<std::int16_t> words(3);
  static_cast<void>(view(words));
#endif
}
