// SPDX-License-Identifier: MIT
#pragma once

#include "memory.hpp"

namespace bitfault {

namespace detail {

/// The first unit of a piece, where `units` of work are cut into `pieces` that differ by one at
/// most; the end of the last piece is piece_begin(units, pieces, pieces).
BITFAULT_FN constexpr index_t piece_begin(index_t units, unsigned pieces, unsigned piece) noexcept {
  const index_t each = units / pieces, rest = units % pieces;
  return each * piece + (piece < rest ? piece : rest);
}

} // namespace detail

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
