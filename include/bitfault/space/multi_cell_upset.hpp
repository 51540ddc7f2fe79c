// SPDX-License-Identifier: MIT
#pragma once

#include "pattern.hpp"

#include <cstddef>
#include <cstdint>

namespace bitfault {

namespace detail {

struct bound_upset {
  static constexpr bool is_single = false;
  static constexpr bool moves_bits = true;
  index_t elements = 0;
  index_t words_per_row = 1;
  index_t rows = 1, columns = 1;
  divider degree{1};
  divider row_length{1};
  divider column_count{1};
  unsigned width = 1;

  BITFAULT_FN constexpr index_t cells() const noexcept { return rows * columns; }

  BITFAULT_FN constexpr bool cell_at(const cell& anchor, index_t i, cell& out) const noexcept {
    const index_t down = column_count.quotient(i);
    const index_t right = i - down * columns;
    const index_t row = row_length.quotient(anchor.element);
    const index_t word = anchor.element - row * words_per_row;
    // Column of bit b of word w: groups of `degree` words share their bit lines, bit by bit.
    const index_t group = degree.quotient(word);
    const index_t lane = word - group * degree.divisor();
    const auto bit = static_cast<index_t>(count_trailing_zeros(anchor.mask));
    const index_t group_columns = degree.divisor() * width;
    const index_t column = group * group_columns + bit * degree.divisor() + lane + right;

    const index_t new_group = column / group_columns;
    const index_t inside = column - new_group * group_columns;
    const index_t new_bit = degree.quotient(inside);
    const index_t new_word = new_group * degree.divisor() + inside - new_bit * degree.divisor();
    if (new_word >= words_per_row)
      return false;
    out.element = (row + down) * words_per_row + new_word;
    out.mask = std::uint64_t{1} << new_bit;
    return out.element < elements;
  }
};

} // namespace detail

/// A multi-cell upset: one particle flips `columns` x `rows` neighbouring cells of a memory array.
/// The tensor's elements fill the array in row-major order, `words_per_row` of them to a physical
/// row. With column interleaving of degree d, bit b of d neighbouring words lie side by side, so
/// that neighbouring cells belong to different words; degree 1 means that words lie one after
/// another. Needs single bits; clipped at the border of the array.
/// Source of the layout: Baeg, Wen, Wong, "SRAM interleaving distance selection with a soft error
/// failure model", IEEE Trans. Nucl. Sci. 56 (2009).
struct multi_cell_upset {
  static constexpr kind policy_kind = kind::pattern;
  index_t columns = 2;
  index_t rows = 1;
  index_t interleaving = 1;
  index_t words_per_row = 1;

  template <std::size_t Capacity>
  BITFAULT_FN constexpr auto bind(const extents<Capacity>& e, unsigned width,
                                  status& state) const noexcept {
    detail::bound_upset upset;
    const bool divides = interleaving != 0 && words_per_row % interleaving == 0;
    if (columns == 0 || rows == 0 || words_per_row == 0 || !divides) {
      if (state.ok())
        state = {refusal::bad_parameter, 0,
                 detail::bit_cast<std::uint64_t>(static_cast<double>(interleaving)), 0,
                 "multi_cell_upset: columns, rows and words_per_row must not be 0 and the "
                 "interleaving must divide words_per_row"};
      return upset;
    }
    upset.elements = e.size();
    upset.words_per_row = words_per_row;
    // No more rows and columns than the array has.
    const index_t array_rows = e.size() / words_per_row + (e.size() % words_per_row != 0 ? 1 : 0);
    index_t array_columns = 0;
    if (!detail::multiply_fits(words_per_row, width, array_columns))
      array_columns = columns;
    upset.rows = rows < array_rows ? rows : array_rows;
    upset.columns = columns < array_columns ? columns : array_columns;
    upset.degree = divider(interleaving);
    upset.row_length = divider(words_per_row);
    upset.column_count = divider(upset.columns == 0 ? 1 : upset.columns);
    upset.width = width;
    return upset;
  }
};

} // namespace bitfault
