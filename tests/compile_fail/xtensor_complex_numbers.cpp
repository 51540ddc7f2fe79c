// expect: bitfault::view: xtensor's value type is not known as an element
// SPDX-License-Identifier: MIT
#include <bitfault/bitfault.hpp>
#include <bitfault/integrations/xtensor.hpp>

#include <xtensor/xarray.hpp>

#include <complex>

using namespace bitfault;

int main() {
#ifndef CONTROL
  xt::xarray<std::complex<float>> numbers{1, 2};
  static_cast<void>(view(numbers));
#else
  xt::xarray<float> numbers{1, 2};
  static_cast<void>(view(numbers));
#endif
}
