// SPDX-License-Identifier: MIT
#pragma once

#include "memory.hpp"

namespace bitfault {

/// The executor that runs everything in the calling thread. `Batch` sites are drawn before the
/// first of them is applied, so that the memory accesses overlap; 1 keeps the stack small.
template <unsigned Batch>
struct serial_executor {
  using memory = plain_memory;
  static constexpr unsigned batch = Batch;

  /// Into how many pieces `run` cuts the work; at most `max_pieces`.
  static constexpr unsigned max_pieces = 1;
  BITFAULT_FN constexpr unsigned pieces(index_t /*units*/) const noexcept { return 1; }

  /// Calls body(piece) for each piece.
  template <class Body>
  BITFAULT_FN constexpr void run(unsigned count, Body body) const noexcept {
    for (unsigned piece = 0; piece < count; ++piece)
      body(piece);
  }
};

#if __STDC_HOSTED__
using serial = serial_executor<128>;
#else
using serial = serial_executor<1>;
#endif

} // namespace bitfault
