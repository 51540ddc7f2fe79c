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
    if (const status own = check(width); !own.ok()) {
      state = detail::first_refusal(state, own);
      return upset;
    }
    upset.elements = e.size();
    upset.words_per_row = words_per_row;
    // No more rows and columns than the array has.
    const index_t array_rows = e.size() / words_per_row + (e.size() % words_per_row != 0 ? 1 : 0);
    // Of a row that the tensor does not fill, those that its groups of words take.
    const index_t groups = e.size() / interleaving + (e.size() % interleaving != 0 ? 1 : 0);
    const index_t in_use =
        groups < words_per_row / interleaving ? groups * interleaving : words_per_row;
    const index_t array_columns = in_use * width; // `check` has seen that this fits
    upset.rows = rows < array_rows ? rows : array_rows;
    upset.columns = columns < array_columns ? columns : array_columns;
    if (index_t cells = 0; !detail::multiply_fits(upset.rows, upset.columns, cells)) {
      state = detail::first_refusal(state, {refusal::space_too_large, 0, 0, 8 * sizeof(index_t),
                                            "multi_cell_upset: rows times columns"});
      upset.rows = upset.columns = 1;
    }
    upset.degree = divider(interleaving);
    upset.row_length = divider(words_per_row);
    upset.column_count = divider(upset.columns == 0 ? 1 : upset.columns);
    upset.width = width;
    return upset;
  }

private:
  BITFAULT_FN constexpr status check(unsigned width) const noexcept {
    if (columns == 0)
      return detail::size_refused("multi_cell_upset: columns (at least 1)");
    if (rows == 0)
      return detail::size_refused("multi_cell_upset: rows (at least 1)");
    if (interleaving == 0)
      return detail::size_refused("multi_cell_upset: interleaving (at least 1)");
    if (words_per_row == 0)
      return detail::size_refused("multi_cell_upset: words_per_row (at least 1)");
    if (words_per_row % interleaving != 0)
      return {refusal::bad_parameter, 0,
              detail::bit_cast<std::uint64_t>(static_cast<double>(interleaving)), words_per_row,
              "multi_cell_upset: interleaving (must divide words_per_row)"};
    // Twice, because a cell's column is that of its anchor and up to a row more.
    index_t bits = 0;
    if (!detail::multiply_fits(words_per_row, width, bits) || bits > detail::uncountable / 2)
      return {refusal::space_too_large, 0, 0, 8 * sizeof(index_t) - 1,
              "multi_cell_upset: bits in words_per_row"};
    return {};
  }
};

} // namespace bitfault
