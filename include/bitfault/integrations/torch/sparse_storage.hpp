// SPDX-License-Identifier: MIT
#pragma once

#include "sparse_faults.hpp"

#if __has_include(<ATen/SparseCsrTensorImpl.h>)

#include <string>
#include <vector>

namespace bitfault {

/// What a campaign strikes as if it were stored sparse, though it is dense: only what is not 0 is
/// there to be struck, and its indices are. Programs with compressed weights or activations unpack
/// them for the operators that read them, and so does this. (What is sparse in a module is struck
/// as it is.)
struct sparse_storage {
  /// Names, or patterns with * and ?, of weights that are stored as values and indices.
  std::vector<std::string> coo{};
  /// The same as rows and columns; all axes after the first count as columns.
  std::vector<std::string> csr{};
  /// Names of layers, or patterns, whose outputs are values and indices for their readers. There
  /// are as many of both as the output has elements; those after the last that is not 0 are not
  /// used, and faults there are without effect.
  std::vector<std::string> outputs{};
  /// What becomes of an index that a fault takes out of its range, here and in sparse weights.
  out_of_range policy = out_of_range::drop;
};

} // namespace bitfault

#endif
