// expect: bitfault: the view is of const data; faults cannot be injected into it
// SPDX-License-Identifier: MIT
#include <bitfault/bitfault.hpp>
#include <bitfault/integrations/eigen.hpp>

#include <Eigen/Core>

using namespace bitfault;

int main() {
#ifndef CONTROL
  const Eigen::MatrixXf matrix = Eigen::MatrixXf::Zero(2, 3);
  const auto injector = make_injector(bit_flip{}, exactly{1});
  static_cast<void>(injector.apply(view(matrix), fault_key{}));
#else
  Eigen::MatrixXf matrix = Eigen::MatrixXf::Zero(2, 3);
  const auto injector = make_injector(bit_flip{}, exactly{1});
  static_cast<void>(injector.apply(view(matrix), fault_key{}));
#endif
}
