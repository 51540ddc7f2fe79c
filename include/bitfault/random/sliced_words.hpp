// SPDX-License-Identifier: MIT
#pragma once

#include "fault_key.hpp"
#include "philox_lanes.hpp"
#include "probability.hpp"

#include <cstdint>

namespace bitfault {

namespace detail {

/// xoroshiro128+, for a few dozen outputs from a seed of 128 Philox bits. W is a 64-bit word or a
/// vector of them.
/// Source: Blackman, Vigna, "Scrambled linear pseudorandom number generators", ACM TOMS 47 (2021).
template <class W>
struct short_stream {
  W s0;
  W s1;
  BITFAULT_FN BITFAULT_INLINE constexpr W next() noexcept {
    const W result = s0 + s1;
    s1 ^= s0;
    s0 = ((s0 << 24) | (s0 >> 40)) ^ s1 ^ (s1 << 16);
    s1 = (s1 << 37) | (s1 >> 27);
    return result;
  }
};

} // namespace detail

/// Independent Bernoulli trials with a probability above 1/64: 32 trials to a word, compared
/// with the binary digits of p from the first one on until each trial is decided (exact, early
/// exit). Four words make a quad; quad q takes its random bits from a stream of its own, seeded by
/// Philox(q), two outputs for each digit. So any quad can be had alone, and the bulk of the bits
/// costs a third of what Philox would. Host, device, freestanding.
class sliced_words {
public:
  static constexpr unsigned tile_words = 32;

  constexpr sliced_words() = default;
  BITFAULT_FN constexpr explicit sliced_words(const probability& p) noexcept
      : digits_(p.part.high), one_(p.one),
        levels_(static_cast<std::uint8_t>(64 - detail::count_trailing_zeros(p.part.high))) {}

  /// The words of tile t: trials [1024 t, 1024 t + 1024).
  BITFAULT_FN constexpr void tile(const random_stream& stream, std::uint64_t t,
                                  std::uint32_t* out) const noexcept {
    constexpr std::uint64_t quads = tile_words / 4;
    if (one_) {
      for (unsigned i = 0; i < tile_words; ++i)
        out[i] = ~std::uint32_t{0};
      return;
    }
#if BITFAULT_DETAIL_LANES
    if (!__builtin_is_constant_evaluated()) {
      decide_lanes(stream.key(), t * quads, out);
      return;
    }
#endif
    for (unsigned i = 0; i < quads; ++i)
      decide(stream, t * quads + i, out + 4 * i);
  }

  /// The words of quad q, the smallest part of a tile: trials [128 q, 128 q + 128).
  BITFAULT_FN constexpr void quad(const random_stream& stream, std::uint64_t q,
                                  std::uint32_t* out) const noexcept {
    if (!one_) {
      decide(stream, q, out);
      return;
    }
    for (unsigned i = 0; i < 4; ++i)
      out[i] = ~std::uint32_t{0};
  }

  /// Whether trial s succeeds: the same answer as its bit in `tile`.
  BITFAULT_FN constexpr bool trial(const random_stream& stream, std::uint64_t s) const noexcept {
    std::uint32_t words[4] = {~0u, ~0u, ~0u, ~0u};
    if (!one_)
      decide(stream, s / 128, words);
    return ((words[s / 32 % 4] >> (s % 32)) & 1u) != 0;
  }

private:
  /// Digit `level` of p, counted from the first behind the point.
  BITFAULT_FN constexpr bool digit(unsigned level) const noexcept {
    return ((digits_ >> (63 - level)) & 1u) != 0;
  }

  /// Compares the trials of quads (one to a lane of W) with the next digit of p.
  template <class W>
  struct decision {
    detail::short_stream<W> random;
    W undecided[2]{~W{}, ~W{}};
    W hit[2]{};

    // The digits of p are the same in every quad, so the branch is predicted.
    BITFAULT_FN BITFAULT_INLINE constexpr void take(bool digit) noexcept {
      for (unsigned half = 0; half < 2; ++half) {
        const W bits = random.next();
        if (digit) {
          hit[half] |= undecided[half] & ~bits;
          undecided[half] &= bits;
        } else {
          undecided[half] &= ~bits;
        }
      }
    }
  };

  BITFAULT_FN constexpr void decide(const random_stream& stream, std::uint64_t quad,
                                    std::uint32_t* out) const noexcept {
    const philox_block seed = stream.block(purpose::sliced, quad);
    decision<std::uint64_t> d{{seed.wide(0), seed.wide(1)}};
    for (unsigned level = 0; level < levels_; ++level) {
      d.take(digit(level));
      if ((d.undecided[0] | d.undecided[1]) == 0)
        break;
    }
    for (unsigned w = 0; w < 4; ++w)
      out[w] = static_cast<std::uint32_t>(d.hit[w / 2] >> (w % 2 * 32));
  }

#if BITFAULT_DETAIL_LANES
  /// `decide` for eight quads at once.
  void decide_lanes(philox_key key, std::uint64_t quad, std::uint32_t* out) const noexcept {
    using detail::word_lanes;
    constexpr unsigned groups = 8 / detail::lane_count;
    constexpr auto tag = static_cast<std::uint32_t>(purpose::sliced);
    decision<word_lanes> d[groups];
    for (unsigned g = 0; g < groups; ++g) {
      word_lanes even[1], odd[1];
      detail::philox_rows<1, 10>(key, quad + g * detail::lane_count, 0, tag, even, odd);
      d[g].random = {even[0], odd[0]};
    }
    for (unsigned level = 0; level < levels_; ++level) {
      word_lanes left{};
      const bool next = digit(level);
      for (decision<word_lanes>& group : d) {
        group.take(next);
        left |= group.undecided[0] | group.undecided[1];
      }
      if (level < 6)
        continue; // 1024 trials are hardly ever decided so soon
      std::uint64_t any = 0;
      for (unsigned i = 0; i < detail::lane_count; ++i)
        any |= left[i];
      if (any == 0)
        break;
    }
    for (unsigned g = 0; g < groups; ++g)
      detail::store_pairs(d[g].hit[0], d[g].hit[1], out + 4 * detail::lane_count * g);
  }
#endif

  std::uint64_t digits_ = 0;
  bool one_ = false;
  std::uint8_t levels_ = 0;
};

} // namespace bitfault
