// expect: and its call operator is const
// SPDX-License-Identifier: MIT
#include <bitfault/embedded.hpp>

using namespace bitfault;

int main() {
  float memory[8]{};
#ifndef CONTROL
  const auto halve = [](float v, auto&) mutable { return v / 2; };
  static_cast<void>(make_injector(halve, exactly{1}).apply(view(memory), fault_key{}));
#else
  const auto halve = [](float v, auto&) { return v / 2; };
  static_cast<void>(make_injector(halve, exactly{1}).apply(view(memory), fault_key{}));
#endif
}
