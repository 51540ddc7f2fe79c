// SPDX-License-Identifier: MIT
#pragma once

#include "../core/element.hpp"
#include "tensor_ref.hpp"

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace bitfault::campaign {

/// Bits of one word whose flips move the value the same way, each further than the ones before it.
using bit_ladder = std::vector<unsigned>;

/// The ladders of a word, lowest bit first; together they have each bit once, and none is empty.
/// - Floats: bits that are 0 (their flips raise the magnitude) and bits that are 1 (they lower it),
///   from the mantissa up through the exponent; the sign bit alone.
/// - Integers: bits whose flips raise the value and bits whose flips lower it. The sign bit of a
///   two's complement is the longest step of its ladder.
inline std::vector<bit_ladder> bit_ladders(const code_layout& layout, std::uint64_t word) {
  std::array<bit_ladder, 3> ladders;
  const bool is_float = layout.exponent_bits > 0;
  const unsigned magnitude = layout.bits - layout.sign_bits;
  for (unsigned bit = 0; bit < layout.bits; ++bit) {
    const bool set = (word >> bit & 1U) != 0;
    if (bit < magnitude)
      ladders[set ? 1 : 0].push_back(bit);
    else if (is_float)
      ladders[2].push_back(bit);
    else // flipping a sign of 0 lowers the value
      ladders[set ? 0 : 1].push_back(bit);
  }
  std::vector<bit_ladder> result;
  for (bit_ladder& ladder : ladders)
    if (!ladder.empty())
      result.push_back(std::move(ladder));
  return result;
}

/// What a search found in one element.
struct critical_bits {
  std::uint64_t mask = 0; ///< the bits that count as critical: from each ladder's boundary up
  std::uint32_t evaluations = 0;
  /// The lowest critical bit of each ladder, in the order of `bit_ladders`; -1: none is.
  std::vector<int> boundaries{};

  friend bool operator==(const critical_bits&, const critical_bits&) = default;
};

/// BinFI's search for the critical bits of an element: if a flip is critical, so is each that moves
/// the value further the same way. Then binary search finds the lowest critical bit of each ladder
/// in at most log2(bits) + 1 evaluations, where trying all takes one per bit.
///
/// `critical(bit)` says whether flipping that bit of the element is critical. That the answers are
/// monotone is an assumption (a flip that makes a NaN is no SDC, for one): `check_monotonicity`
/// counts where it fails.
///
/// Source: Z. Chen et al., BinFI: An Efficient Fault Injector for Safety-Critical Machine Learning
/// Systems, SC'19. The ladders of integers are ours.
template <class Critical>
critical_bits find_critical_bits(const code_layout& layout, std::uint64_t word,
                                 Critical&& critical) {
  critical_bits found;
  for (const bit_ladder& ladder : bit_ladders(layout, word)) {
    std::size_t low = 0, high = ladder.size();
    while (low < high) {
      const std::size_t middle = low + (high - low) / 2;
      ++found.evaluations;
      if (critical(ladder[middle]))
        high = middle;
      else
        low = middle + 1;
    }
    found.boundaries.push_back(low < ladder.size() ? static_cast<int>(ladder[low]) : -1);
    for (std::size_t i = low; i < ladder.size(); ++i)
      found.mask |= std::uint64_t{1} << ladder[i];
  }
  return found;
}

/// The same for an element of a tensor and `critical(element, bit)`. Requires element < t.size().
template <class Critical>
critical_bits find_critical_bits(const tensor_ref& t, index_t element, Critical&& critical) {
  return find_critical_bits(t.type().layout, t.load(element),
                            [&](unsigned bit) { return critical(element, bit); });
}

/// How often the search's assumption failed.
struct monotonicity_check {
  std::uint64_t elements = 0;
  std::uint64_t bits = 0;
  std::uint64_t critical = 0;     ///< bits that are critical
  std::uint64_t missed = 0;       ///< critical bits that the search takes for safe
  std::uint64_t false_alarms = 0; ///< safe bits that it takes for critical
  /// Safe bits above a critical one of their ladder.
  std::uint64_t violations = 0;
  std::uint64_t ladders = 0;
  std::uint64_t ladders_not_monotone = 0;
  std::uint64_t search_evaluations = 0; ///< what the search alone would have taken

  /// One more element, of which the mask of all critical bits is known. Returns what the search
  /// finds in it.
  critical_bits add(const code_layout& layout, std::uint64_t word, std::uint64_t truth) {
    const auto is_critical = [truth](unsigned bit) { return (truth >> bit & 1U) != 0; };
    critical_bits found = find_critical_bits(layout, word, is_critical);
    ++elements;
    bits += layout.bits;
    critical += static_cast<std::uint64_t>(std::popcount(truth));
    missed += static_cast<std::uint64_t>(std::popcount(truth & ~found.mask));
    false_alarms += static_cast<std::uint64_t>(std::popcount(found.mask & ~truth));
    search_evaluations += found.evaluations;
    for (const bit_ladder& ladder : bit_ladders(layout, word)) {
      std::uint64_t safe_above = 0;
      bool critical_below = false;
      for (const unsigned bit : ladder) {
        safe_above += critical_below && !is_critical(bit) ? 1 : 0;
        critical_below = critical_below || is_critical(bit);
      }
      violations += safe_above;
      ++ladders;
      ladders_not_monotone += safe_above > 0 ? 1 : 0;
    }
    return found;
  }

  /// Share of the critical bits that the search finds; 1 if there are none.
  double recall() const noexcept {
    return critical == 0 ? 1
                         : static_cast<double>(critical - missed) / static_cast<double>(critical);
  }
};

/// The mask of the critical bits of an element, by trying each.
template <class Critical>
std::uint64_t try_all_bits(const code_layout& layout, Critical&& critical) {
  std::uint64_t mask = 0;
  for (unsigned bit = 0; bit < layout.bits; ++bit)
    if (critical(bit))
      mask |= std::uint64_t{1} << bit;
  return mask;
}

/// Tries every bit of the given elements and compares with what the search says. With all elements
/// of a tensor it is exhaustive; with a random sample, an estimate. `critical(element, bit)` is
/// asked once for each bit. Requires elements below t.size().
template <class Critical>
monotonicity_check check_monotonicity(const tensor_ref& t, std::span<const std::uint64_t> elements,
                                      Critical&& critical) {
  monotonicity_check check;
  const code_layout layout = t.type().layout;
  for (const std::uint64_t e : elements) {
    const auto element = static_cast<index_t>(e);
    check.add(layout, t.load(element),
              try_all_bits(layout, [&](unsigned bit) { return critical(element, bit); }));
  }
  return check;
}

} // namespace bitfault::campaign
