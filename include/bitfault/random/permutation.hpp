// SPDX-License-Identifier: MIT
#pragma once

#include "../core/bits.hpp"
#include "fault_key.hpp"
#include "feistel_lanes.hpp"

#include <cstddef>
#include <cstdint>

namespace bitfault {

/// A permutation of [0, size) that a key chooses, computed one value at a time, in both directions
/// and without memory: the draw of `exactly`. An unbalanced Feistel network over
/// [0, blocks) x [0, 2^half_bits) whose left half is added modulo `blocks`, with cycle walking for
/// the few values past the end. Marginals and pairs are uniform as far as tests see (see
/// docs/design/sampling.md); it is not a cipher.
/// Requires 1 <= size <= 2^62. Host, device, freestanding.
struct permutation_shape {
  index_t size = 1;
  std::uint32_t blocks = 1;   ///< range of the left half
  std::uint8_t half_bits = 1; ///< width of the right half
  std::uint8_t rounds = 32;

  static constexpr unsigned max_rounds = 32;
  static constexpr unsigned max_bits = 62;

  constexpr permutation_shape() = default;
  BITFAULT_FN constexpr explicit permutation_shape(index_t n) noexcept : size(n) {
    const int width = detail::ceil_log2(n);
    const unsigned half = static_cast<unsigned>(width < 2 ? 2 : width) / 2;
    half_bits = static_cast<std::uint8_t>(half);
    blocks = static_cast<std::uint32_t>(((n - 1) >> half) + 1);
    const unsigned mixing = (32 + half - 1) / half;
    const unsigned least = half < 8 ? 8 : 6;
    const unsigned even = mixing + (mixing & 1u);
    rounds = static_cast<std::uint8_t>(even > least ? even : least);
  }
};

namespace detail {

BITFAULT_FN BITFAULT_INLINE constexpr std::uint32_t feistel_mix(std::uint32_t x,
                                                                std::uint32_t key) noexcept {
  std::uint32_t t = (x ^ key) * 0x9E3779B1u;
  t ^= t >> 16;
  return t * 0x85EBCA6Bu;
}

} // namespace detail

/// A permutation_shape together with its round keys.
class keyed_permutation {
public:
  BITFAULT_FN constexpr keyed_permutation(const permutation_shape& shape,
                                          const random_stream& stream) noexcept
      : shape_(shape) {
    // Only the keys of the rounds are read; a constant must have a value in the others too.
    if (__builtin_is_constant_evaluated())
      for (std::uint32_t& key : keys_)
        key = 0;
    for (unsigned j = 0; j < shape.rounds; j += 4)
      make_round_keys(stream, j);
  }

  /// Without round keys: for threads that share one permutation and the work of making them.
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init)
  BITFAULT_FN explicit keyed_permutation(const permutation_shape& shape) noexcept : shape_(shape) {}
  /// Makes round keys j to j + 3. Requires that j is a multiple of 4 below `max_rounds`; those of
  /// the rounds that there are have to be made before the first value is asked for.
  BITFAULT_FN constexpr void make_round_keys(const random_stream& stream, unsigned j) noexcept {
    const philox_block b = stream.block(purpose::permutation, j / 4);
    for (unsigned i = 0; i < 4; ++i)
      keys_[j + i] = b.word[i];
  }

  BITFAULT_FN constexpr index_t size() const noexcept { return shape_.size; }

  /// The value at place i < size: site number i of a draw.
  BITFAULT_FN constexpr index_t at(index_t i) const noexcept {
    do
      i = forward(i);
    while (i >= shape_.size);
    return i;
  }

  /// The place of a value: at(place_of(v)) == v.
  BITFAULT_FN constexpr index_t place_of(index_t value) const noexcept {
    do
      value = backward(value);
    while (value >= shape_.size);
    return value;
  }

  /// at(first) .. at(first + count - 1), in vectors.
  BITFAULT_FN constexpr void fill(index_t first, unsigned count, index_t* out) const noexcept {
    for (; count >= lanes; count -= lanes, first += lanes, out += lanes)
      if (fill_lanes(first, out)) // past the end
        for (unsigned i = 0; i < lanes; ++i)
          while (out[i] >= shape_.size)
            out[i] = forward(out[i]);
    for (unsigned i = 0; i < count; ++i)
      out[i] = at(first + i);
  }

private:
  static constexpr unsigned lanes = 32;

  BITFAULT_FN constexpr index_t forward(index_t i) const noexcept {
    const unsigned h = shape_.half_bits;
    auto left = static_cast<std::uint32_t>(i >> h);
    auto right = static_cast<std::uint32_t>(i & ((index_t{1} << h) - 1));
    for (unsigned j = 0; j < shape_.rounds; j += 2) {
      left += detail::mul_high(detail::feistel_mix(right, keys_[j]), shape_.blocks);
      if (left >= shape_.blocks)
        left -= shape_.blocks;
      right ^= detail::feistel_mix(left, keys_[j + 1]) >> (32 - h);
    }
    return (static_cast<index_t>(left) << h) | right;
  }

  BITFAULT_FN constexpr index_t backward(index_t i) const noexcept {
    const unsigned h = shape_.half_bits;
    auto left = static_cast<std::uint32_t>(i >> h);
    auto right = static_cast<std::uint32_t>(i & ((index_t{1} << h) - 1));
    for (unsigned j = shape_.rounds; j != 0; j -= 2) {
      right ^= detail::feistel_mix(left, keys_[j - 1]) >> (32 - h);
      const std::uint32_t step =
          detail::mul_high(detail::feistel_mix(right, keys_[j - 2]), shape_.blocks);
      left = left >= step ? left - step : left + (shape_.blocks - step);
    }
    return (static_cast<index_t>(left) << h) | right;
  }

  /// `forward` for `lanes` values; whether one of them is past the end.
  BITFAULT_FN BITFAULT_INLINE constexpr bool fill_lanes(index_t first,
                                                        index_t* out) const noexcept {
#if BITFAULT_DETAIL_FEISTEL_LANES
    if (!__builtin_is_constant_evaluated())
      if (detail::has_feistel_lanes())
        return detail::feistel_lanes(keys_, shape_.rounds, shape_.half_bits, shape_.blocks,
                                     shape_.size, first, out);
#endif
    return fill_loops(first, out);
  }

  /// The same in loops that compilers vectorise.
  BITFAULT_FN BITFAULT_INLINE constexpr bool fill_loops(index_t first,
                                                        index_t* out) const noexcept {
    const unsigned h = shape_.half_bits;
    const unsigned shift = 32 - h;
    const std::uint32_t blocks = shape_.blocks;
    std::uint32_t left[lanes]{}, right[lanes]{};
    for (unsigned i = 0; i < lanes; ++i) {
      left[i] = static_cast<std::uint32_t>((first + i) >> h);
      right[i] = static_cast<std::uint32_t>((first + i) & ((index_t{1} << h) - 1));
    }
    for (unsigned j = 0; j < shape_.rounds; j += 2) {
      const std::uint32_t k0 = keys_[j], k1 = keys_[j + 1];
      for (unsigned i = 0; i < lanes; ++i) {
        const std::uint32_t sum =
            left[i] + detail::mul_high(detail::feistel_mix(right[i], k0), blocks);
        // sum - blocks wraps to a large number where sum < blocks: the smaller of the two is right.
        left[i] = sum - blocks < sum ? sum - blocks : sum;
        right[i] ^= detail::feistel_mix(left[i], k1) >> shift;
      }
    }
    index_t past_end = 0;
    for (unsigned i = 0; i < lanes; ++i) {
      out[i] = (static_cast<index_t>(left[i]) << h) | right[i];
      past_end |= static_cast<index_t>(out[i] >= shape_.size);
    }
    return past_end != 0;
  }

  permutation_shape shape_;
  std::uint32_t keys_[permutation_shape::max_rounds];
};

} // namespace bitfault
