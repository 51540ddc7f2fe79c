// SPDX-License-Identifier: MIT
#pragma once

#include "../core/element.hpp"
#include "../core/memory.hpp"
#include "../core/serial.hpp"
#include "../faults/fault_model.hpp"

#include <cstdint>

/// Dense work: faults in every word, or in so many that a sweep in address order is cheaper than
/// going from site to site. Pieces own whole elements, so plain memory does for any number of
/// threads.
namespace bitfault::detail {

/// Calls body(element) for each of `size` elements.
template <class Executor, class Body>
BITFAULT_FN constexpr void sweep(const Executor& executor, index_t size, Body body) noexcept {
  const unsigned pieces = executor.pieces(size);
  executor.run(pieces, [&](unsigned piece) {
    const index_t end = piece_begin(size, pieces, piece + 1);
    for (index_t i = piece_begin(size, pieces, piece); i < end; ++i)
      body(i);
  });
}

/// Applies bit i of a bitmap to bit i % w of element i / w.
template <bit_operation Operation, element T>
BITFAULT_FN constexpr void hit_bitmap(T* p, index_t elements, const std::uint32_t* words) noexcept {
  using word = word_t<T>;
  constexpr index_t word_bits = 8 * sizeof(word);
  for (index_t i = 0; i < elements; ++i) {
    word mask{};
    if constexpr (word_bits == 64)
      mask = static_cast<word>(words[2 * i] | (std::uint64_t{words[2 * i + 1]} << 32));
    else if constexpr (word_bits == 32)
      mask = static_cast<word>(words[i]);
    else
      mask = static_cast<word>(words[i * word_bits / 32] >> (i * word_bits % 32));
    if constexpr (Operation == bit_operation::flip)
      plain_memory::flip(p + i, mask);
    else if constexpr (Operation == bit_operation::set)
      plain_memory::set(p + i, mask);
    else
      plain_memory::clear(p + i, mask);
  }
}

/// Rates so high that each of `units` tiles comes as a bitmap of `tile_words` words of 32 sites:
/// whole words of faults at a time, in `size` elements from `data` on.
template <bit_operation Operation, element T, class Executor, class Draw>
BITFAULT_FN constexpr void hit_tiles(const Executor& executor, const Draw& draw, index_t units,
                                     index_t tile_words, T* data, index_t size) noexcept {
  const unsigned pieces = executor.pieces(units);
  const index_t elements_per_tile = tile_words * 32 / (8 * sizeof(T));
  executor.run(pieces, [&](unsigned piece) {
    draw.tiles(piece_begin(units, pieces, piece), piece_begin(units, pieces, piece + 1),
               [&](index_t unit, const std::uint32_t* words) {
                 const index_t first = unit * elements_per_tile;
                 const index_t rest = size - first;
                 hit_bitmap<Operation>(data + first,
                                       rest < elements_per_tile ? rest : elements_per_tile, words);
               });
  });
}

} // namespace bitfault::detail
