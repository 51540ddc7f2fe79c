// SPDX-License-Identifier: MIT
#include <bitfault/core/serial.hpp>

#include "catch.hpp"

#include <vector>

using bitfault::index_t;
using bitfault::detail::piece_begin;

TEST_CASE("pieces of work follow each other without a gap and differ by one unit at most") {
  for (const unsigned pieces : {1u, 2u, 3u, 7u, 256u})
    for (const index_t units : {index_t{0}, index_t{1}, index_t{6}, index_t{7}, index_t{1000},
                                index_t{1} << 62, (index_t{1} << 62) - 1}) {
      bool right = piece_begin(units, pieces, 0) == 0;
      for (unsigned piece = 0; piece < pieces; ++piece) {
        const index_t length =
            piece_begin(units, pieces, piece + 1) - piece_begin(units, pieces, piece);
        right = right && (length == units / pieces || length == units / pieces + 1);
      }
      CAPTURE(pieces, units);
      CHECK(right);
      CHECK(piece_begin(units, pieces, pieces) == units);
    }
}

TEST_CASE("the serial executor runs each piece once, in order") {
  std::vector<unsigned> ran;
  bitfault::serial{}.run(3, [&](unsigned piece) { ran.push_back(piece); });
  CHECK(ran == std::vector<unsigned>{0, 1, 2});
  CHECK(bitfault::serial{}.pieces(1'000'000) == 1);
}
