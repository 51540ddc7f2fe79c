// expect: bitfault: where: an injector does not own the list; name the list and pass .region()
// SPDX-License-Identifier: MIT
#include <bitfault/bitfault.hpp>

#include <vector>

using namespace bitfault;

void hit(std::vector<float>& weights, const std::vector<float>& mask) {
#ifndef CONTROL
  make_injector(bit_flip{}, exactly{1}, where(mask)).apply(view(weights), {}).or_throw();
#else
  const auto chosen = where(mask);
  make_injector(bit_flip{}, exactly{1}, chosen.region()).apply(view(weights), {}).or_throw();
#endif
}
