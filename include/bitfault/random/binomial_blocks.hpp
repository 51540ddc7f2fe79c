// SPDX-License-Identifier: MIT
#pragma once

#include "fault_key.hpp"
#include "probability.hpp"

#include <cstdint>

namespace bitfault {

/// Independent Bernoulli trials with a small probability, drawn a block of 2^exponent trials at a
/// time: a block has a binomial count (inverted with 64 uniform bits against exact thresholds) and
/// then as many distinct places. All integers; a table is made once for each probability. For
/// 0 < p <= 1/64. Host, device, freestanding.
struct binomial_blocks {
  static constexpr unsigned max_count = 80;

  std::uint64_t threshold[max_count]{}; ///< count > j exactly where U >= threshold[j]; ascending
  std::uint8_t size = 0;                ///< thresholds in use
  std::uint8_t exponent = 0;            ///< a block has 2^exponent trials, at most 2^62

  constexpr binomial_blocks() = default;

  /// Mean count of a block: in [8, 16) for p >= 2^-7 (blocks of at most 2^10 trials, kept as
  /// bitmaps), in [2, 4) below.
  BITFAULT_FN constexpr explicit binomial_blocks(fraction128 p) noexcept {
    const int magnitude = p.high != 0  ? 1 + __builtin_clzll(p.high)
                          : p.low != 0 ? 65 + __builtin_clzll(p.low)
                                       : 128; // p lies in [2^-magnitude, 2^(1-magnitude))
    const int wanted = magnitude <= 7 ? magnitude + 3 : magnitude + 1;
    exponent = static_cast<std::uint8_t>(wanted > 62 ? 62 : wanted);
    const std::uint64_t trials = std::uint64_t{1} << exponent;

    const fraction128 q = detail::complement(p);
    const fraction128 odds = detail::divide(p, q);
    fraction128 mass = q;
    for (unsigned i = 0; i < exponent; ++i)
      mass = detail::multiply(mass, mass);
    for (std::uint64_t& t : threshold)
      t = ~std::uint64_t{0};
    fraction128 below = mass;
    for (std::uint32_t j = 0; j < max_count; ++j) {
      threshold[j] = below.high;
      size = static_cast<std::uint8_t>(j + 1);
      // Divide before multiplying: the product stays below 2^64 and keeps its low bits.
      mass = detail::multiply(mass, detail::scale(detail::divide(odds, j + 1), trials - j));
      if (mass.high == 0 && threshold[j] >= 0xFFFFFFFFFFFFFFF0u)
        break;
      const fraction128 next = detail::add(below, mass);
      below = next.high < below.high ? fraction128{~std::uint64_t{0}, ~std::uint64_t{0}} : next;
    }
  }

  /// The count that 64 uniform bits stand for. The first steps are without branches, because their
  /// outcome cannot be predicted.
  BITFAULT_FN constexpr unsigned count(std::uint64_t uniform) const noexcept {
    constexpr unsigned usual = 8;
    unsigned c = 0;
    for (unsigned j = 0; j < usual; ++j)
      c += static_cast<unsigned>(uniform >= threshold[j]);
    if (c < usual)
      return c;
    if (c > size)
      c = size;
    while (c < size && uniform >= threshold[c])
      ++c;
    return c;
  }

  /// Whether blocks are small enough to be kept as bitmaps of 32-bit words.
  BITFAULT_FN constexpr bool small() const noexcept { return exponent <= 10; }
};

/// Cuts random 32-bit words into places of `width` bits: as many as fit into a word, lowest first;
/// places wider than 32 bits take two words. The words of block t are Philox(t, 1), (t, 2) ...
class place_cutter {
public:
  BITFAULT_FN constexpr place_cutter(const random_stream& stream, std::uint64_t block,
                                     unsigned width) noexcept
      : stream_(&stream), block_number_(block), width_(width),
        per_word_(width > 32 ? 1 : 32 / width) {}

  /// Starts from a block of words that was made elsewhere, which stands for call 1.
  BITFAULT_FN constexpr void first_words(const philox_block& words) noexcept {
    words_ = words;
    call_ = 1;
    used_ = 0;
  }

  BITFAULT_FN constexpr std::uint64_t next() noexcept {
    if (width_ > 32) {
      const std::uint64_t low = next_word();
      return (low | (std::uint64_t{next_word()} << 32)) & detail::low_bits(width_);
    }
    if (left_ == 0) {
      word_ = next_word();
      left_ = per_word_;
    }
    const std::uint64_t place = word_ & detail::low_bits(width_);
    word_ = width_ == 32 ? 0 : word_ >> width_;
    --left_;
    return place;
  }

private:
  BITFAULT_FN constexpr std::uint32_t next_word() noexcept {
    if (used_ == 4) {
      words_ = stream_->block(purpose::block, block_number_, ++call_);
      used_ = 0;
    }
    return words_.word[used_++];
  }

  const random_stream* stream_;
  std::uint64_t block_number_;
  unsigned width_;
  unsigned per_word_;
  philox_block words_{};
  std::uint32_t call_ = 0;
  unsigned used_ = 4;
  unsigned left_ = 0;
  std::uint32_t word_ = 0;
};

} // namespace bitfault
