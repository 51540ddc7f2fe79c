// expect: bitfault::view: this xtensor expression has no memory of its own
// SPDX-License-Identifier: MIT
#include <bitfault/bitfault.hpp>
#include <bitfault/integrations/xtensor.hpp>

#include <xtensor/xarray.hpp>

using namespace bitfault;

int main() {
#ifndef CONTROL
  const xt::xarray<float> a{1, 2}, b{3, 4};
  static_cast<void>(view(a + b));
#else
  const xt::xarray<float> a{1, 2}, b{3, 4};
  const xt::xarray<float> sum = a + b;
  static_cast<void>(view(sum));
#endif
}
