// expect: bitfault: where: an injector does not own the list; name the list and pass .region()
// SPDX-License-Identifier: MIT
#include <bitfault/bitfault.hpp>

#include <vector>

using namespace bitfault;

void hit(std::vector<float>& weights, const std::vector<float>& mask) {
  const auto chosen = where(mask);
#ifndef CONTROL
  const auto injector = make_injector(bit_flip{}, exactly{1}, complement{chosen});
#else
  const auto injector = make_injector(bit_flip{}, exactly{1}, complement{chosen.region()});
#endif
  injector.apply(view(weights), {}).or_throw();
}
