// expect: bitfault: bits::as_one: it joins the single bits of another policy
// SPDX-License-Identifier: MIT
#include <bitfault/embedded.hpp>

using namespace bitfault;

int main() {
#ifndef CONTROL
  float memory[8]{};
  const auto injector = make_injector(bit_flip{}, exactly{1}, bits::as_one{3});
  static_cast<void>(injector.apply(view(memory), fault_key{}));
#else
  float memory[8]{};
  const auto injector = make_injector(bit_flip{}, exactly{1}, bits::as_one{bits::given{3}});
  static_cast<void>(injector.apply(view(memory), fault_key{}));
#endif
}
