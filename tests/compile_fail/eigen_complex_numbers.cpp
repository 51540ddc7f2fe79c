// expect: bitfault::view: Eigen's scalar type is not known as an element
// SPDX-License-Identifier: MIT
#include <bitfault/bitfault.hpp>
#include <bitfault/integrations/eigen.hpp>

#include <Eigen/Core>

using namespace bitfault;

int main() {
#ifndef CONTROL
  Eigen::MatrixXcf matrix(2, 3);
  static_cast<void>(view(matrix));
#else
  Eigen::MatrixXcf matrix(2, 3);
  static_cast<void>(view(matrix.real()));
#endif
}
