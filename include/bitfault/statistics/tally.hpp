// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace bitfault {

/// So many of so many.
struct ratio {
  std::uint64_t hits = 0;
  std::uint64_t of = 0;

  /// 0 of 0 is 0.
  constexpr double value() const noexcept {
    return of == 0 ? 0 : static_cast<double>(hits) / static_cast<double>(of);
  }
  constexpr ratio& operator+=(const ratio& other) noexcept {
    hits += other.hits;
    of += other.of;
    return *this;
  }
  friend constexpr bool operator==(const ratio&, const ratio&) = default;
};

/// How often a criterion held, over each of the denominators in use. The headline is `all`: all
/// inputs, compared with golden, with detected and crashed ones in the denominator. Tallies of
/// parts add up in any order.
struct tally {
  ratio all;
  ratio golden_correct; ///< inputs on which golden agrees with the label, only
  ratio without_due;    ///< detected or unrecoverable ones (DUE) removed from the denominator

  /// What became of one input under one fault. What is a DUE meets no criterion.
  constexpr void add(bool hit, bool golden_is_correct, bool due = false) noexcept {
    const ratio one{hit && !due ? std::uint64_t{1} : std::uint64_t{0}, 1};
    all += one;
    if (golden_is_correct)
      golden_correct += one;
    if (!due)
      without_due += one;
  }
  constexpr tally& operator+=(const tally& other) noexcept {
    all += other.all;
    golden_correct += other.golden_correct;
    without_due += other.without_due;
    return *this;
  }
  friend constexpr bool operator==(const tally&, const tally&) = default;
};

} // namespace bitfault
