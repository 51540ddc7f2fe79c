// expect: bitfault: where: the list ends before its region; name the list, then call .region()
// SPDX-License-Identifier: MIT
#include <bitfault/bitfault.hpp>

#include <vector>

using namespace bitfault;

void hit(std::vector<float>& weights, const std::vector<float>& mask) {
#ifndef CONTROL
  const auto injector = make_injector(bit_flip{}, exactly{1}, where(mask).region());
#else
  const auto chosen = where(mask);
  const auto injector = make_injector(bit_flip{}, exactly{1}, chosen.region());
#endif
  injector.apply(view(weights), {}).or_throw();
}
