// expect: bitfault::view: the argument is a temporary that owns its data
// SPDX-License-Identifier: MIT
#include <bitfault/bitfault.hpp>
#include <bitfault/integrations/xtensor.hpp>

#include <xtensor/xarray.hpp>

using namespace bitfault;

int main() {
#ifndef CONTROL
  static_cast<void>(view(xt::xarray<float>{1, 2}));
#else
  const xt::xarray<float> owner{1, 2};
  static_cast<void>(view(owner));
#endif
}
