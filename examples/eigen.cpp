// SPDX-License-Identifier: MIT
// Eigen matrices: row- and column-major memory get the same faults.

#include <bitfault/bitfault.hpp>
#include <bitfault/integrations/eigen.hpp>

#include <cstdio>

int main() {
  Eigen::MatrixXf by_column = Eigen::MatrixXf::Constant(64, 32, 1.0f);
  Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor> by_row = by_column;

  const auto injector = bitfault::make_injector(bitfault::zero{}, bitfault::exactly{10});
  injector.apply(bitfault::view(by_column), {.seed = 5}).or_throw();
  injector.apply(bitfault::view(by_row), {.seed = 5}).or_throw();

  // A part of a matrix is a view as well.
  const auto in_block = bitfault::make_injector(bitfault::constant{9.0f}, bitfault::every{});
  in_block.apply(bitfault::view(by_column.block(0, 0, 2, 2)), {}).or_throw();
  in_block.apply(bitfault::view(by_row.block(0, 0, 2, 2)), {}).or_throw();

  std::printf("the same faults in both: %s\n", by_column == by_row ? "yes" : "no");
  return by_column == by_row && by_row(1, 1) == 9.0f ? 0 : 1;
}
