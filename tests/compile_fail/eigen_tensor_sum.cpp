// expect: bitfault::view: this Eigen tensor expression has no memory of its own
// SPDX-License-Identifier: MIT
#include <bitfault/bitfault.hpp>
#include <bitfault/integrations/eigen_tensor.hpp>

#include <unsupported/Eigen/CXX11/Tensor>

using namespace bitfault;

int main() {
#ifndef CONTROL
  const Eigen::Tensor<float, 3> a(2, 3, 4), b(2, 3, 4);
  static_cast<void>(view(a + b));
#else
  const Eigen::Tensor<float, 3> a(2, 3, 4), b(2, 3, 4);
  const Eigen::Tensor<float, 3> sum = a + b;
  static_cast<void>(view(sum));
#endif
}
