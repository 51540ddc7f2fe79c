// expect: bitfault::view: the argument is a temporary that owns its data
// SPDX-License-Identifier: MIT
#include <bitfault/bitfault.hpp>
#include <bitfault/integrations/eigen.hpp>

#include <Eigen/Core>

using namespace bitfault;

int main() {
#ifndef CONTROL
  static_cast<void>(view(Eigen::MatrixXf(2, 3)));
#else
  Eigen::MatrixXf matrix(2, 3);
  static_cast<void>(view(matrix.row(1)));
#endif
}
