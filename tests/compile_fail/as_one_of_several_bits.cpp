// expect: bitfault: bits::as_one: it joins the single bits of another policy
// SPDX-License-Identifier: MIT
#include <bitfault/embedded.hpp>

using namespace bitfault;

int main() {
#ifndef CONTROL
  const auto injector = make_injector(bit_flip{}, every{}, bits::as_one{bits::adjacent{2}});
  static_cast<void>(injector);
#else
  const auto injector = make_injector(bit_flip{}, every{}, bits::as_one{bits::exponent{}});
  static_cast<void>(injector);
#endif
}
