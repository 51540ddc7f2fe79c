// expect: bitfault::view: this Eigen expression has no memory of its own
// SPDX-License-Identifier: MIT
#include <bitfault/bitfault.hpp>
#include <bitfault/integrations/eigen.hpp>

#include <Eigen/Core>

using namespace bitfault;

int main() {
#ifndef CONTROL
  const Eigen::MatrixXf a(2, 3), b(2, 3);
  static_cast<void>(view(a + b));
#else
  const Eigen::MatrixXf a(2, 3), b(2, 3);
  const Eigen::MatrixXf sum = a + b;
  static_cast<void>(view(sum));
#endif
}
