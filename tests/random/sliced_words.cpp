// SPDX-License-Identifier: MIT
#include <bitfault/random/sliced_words.hpp>

#include "catch.hpp"
#include "chance.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <vector>

using bitfault::fault_key;
using bitfault::probability;
using bitfault::random_stream;
using bitfault::sliced_words;

namespace {

constexpr double one_ulp = 0x1p-53;

random_stream stream(std::uint64_t trial) {
  return random_stream(fault_key{.seed = 5, .trial = trial});
}

using tile_of_words = std::array<std::uint32_t, sliced_words::tile_words>;

constexpr tile_of_words tile(const sliced_words& words, const random_stream& random,
                             std::uint64_t t) {
  tile_of_words result{};
  words.tile(random, t, result.data());
  return result;
}

bool bit(const tile_of_words& words, unsigned i) { return ((words[i / 32] >> (i % 32)) & 1) != 0; }

} // namespace

TEST_CASE("a trial alone has the answer of its bit in the tile") {
  for (const double p : {0x1.0000000000001p-6, 0x1p-5, 0.05, 0.1, 0.25, 0.3, 0.5, 0.5 + one_ulp * 2,
                         0.5 - one_ulp, 0.75, 0.999, 1 - one_ulp, 1.0}) {
    const sliced_words words{probability(p)};
    bool same = true;
    for (const std::uint64_t t :
         {0ull, 1ull, 5ull, (1ull << 32) - 1, 1ull << 32, (1ull << 52) - 1}) {
      const tile_of_words got = tile(words, stream(1), t);
      for (unsigned i = 0; i < 1024; ++i)
        same = same && bit(got, i) == words.trial(stream(1), 1024 * t + i);
    }
    CAPTURE(p);
    CHECK(same);
  }
}

TEST_CASE("tiles are the same at compile time") {
  // The compile-time path is the one of machines without vector units.
  constexpr sliced_words words{probability(0.3)};
  constexpr tile_of_words got = tile(words, random_stream(fault_key{.seed = 5, .trial = 1}), 3);
  CHECK(got == tile(words, stream(1), 3));
  constexpr sliced_words half{probability(0.5)};
  constexpr tile_of_words of_half = tile(half, random_stream(fault_key{.seed = 5, .trial = 1}), 0);
  CHECK(of_half == tile(half, stream(1), 0));
}

TEST_CASE("probability 1 hits everything") {
  const tile_of_words got = tile(sliced_words{probability(1.0)}, stream(2), 9);
  CHECK(
      std::all_of(got.begin(), got.end(), [](std::uint32_t w) { return w == ~std::uint32_t{0}; }));
}

TEST_CASE("a larger probability hits what a smaller one hits, and more") {
  // Each trial compares one random number with p, down to the last digit. Probabilities that differ
  // by 2^-53 share all their hits here, although the number of their digits differs by 50.
  const std::vector<double> rates = {
      0.02,        0.1, 0.25 - one_ulp / 2, 0.25, 0.3, 0.5 - one_ulp, 0.5, 0.5 + 2 * one_ulp, 0.9,
      1 - one_ulp, 1.0};
  bool grows = true, near = true, far = true;
  for (std::uint64_t t = 0; t < 20; ++t)
    for (std::size_t i = 1; i < rates.size(); ++i) {
      const auto less = tile(sliced_words{probability(rates[i - 1])}, stream(3), t);
      const auto more = tile(sliced_words{probability(rates[i])}, stream(3), t);
      for (unsigned w = 0; w < less.size(); ++w)
        grows = grows && (less[w] & ~more[w]) == 0;
      if (rates[i] - rates[i - 1] < 1e-10)
        near = near && less == more;
      else
        far = far && less != more;
    }
  CHECK(grows);
  CHECK(near);
  CHECK(far);
}

TEST_CASE("every place of a tile is hit with probability p") {
  // 4000 tiles. All of them: relative error of the rate of 0.5 % at p = 1/50 found, 0.2 % at 0.1.
  // Place by place: a bias of 16 % at p = 1/50, of 7 % at 0.1.
  for (const double p : {0x1.0000000000001p-6, 0.02, 0.1, 0.25, 1.0 / 3, 0.5, 0.7, 0.98}) {
    const sliced_words words{probability(p)};
    constexpr unsigned tiles = 4000;
    std::vector<std::uint32_t> place(1024, 0), of_word(33, 0);
    double all = 0;
    for (unsigned t = 0; t < tiles; ++t) {
      const tile_of_words got = tile(words, stream(t % 2), t);
      for (unsigned i = 0; i < 1024; ++i)
        place[i] += bit(got, i);
      for (const std::uint32_t w : got)
        ++of_word[static_cast<unsigned>(__builtin_popcount(w))];
    }
    for (const std::uint32_t n : place)
      all += n;
    CAPTURE(p);
    CHECK(std::abs(chance::binomial_z(all, 1024.0 * tiles, p)) < chance::limit);
    // A binomial count has the factor 1 - p in its variance.
    double chi_square = 0;
    for (const std::uint32_t n : place)
      chi_square += (n - p * tiles) * (n - p * tiles) / (tiles * p * (1 - p));
    CHECK(std::abs(chance::chi_square_z(chi_square, 1024)) < chance::limit);
    // The number of hits in a word is Binomial(32, p).
    std::vector<double> expected(33);
    for (int k = 0; k <= 32; ++k)
      expected[static_cast<unsigned>(k)] =
          32.0 * tiles *
          std::exp(std::lgamma(33.0) - std::lgamma(k + 1.0) - std::lgamma(33.0 - k) +
                   k * std::log(p) + (32 - k) * std::log1p(-p));
    CHECK(std::abs(chance::fit_z(of_word, expected)) < chance::limit);
  }
}

TEST_CASE("trials do not go together at any distance up to 256") {
  // 6000 tiles; for each distance d the number of pairs (s, s + d) that are both hit. Correlations
  // of 0.0025 are found. 3 * 256 comparisons: the limit is 6 (2e-9 each).
  for (const double p : {0.05, 0.3, 0.5}) {
    const sliced_words words{probability(p)};
    constexpr std::uint64_t tiles = 6000, length = 1024 * tiles;
    std::vector<std::uint64_t> bits(length / 64 + 17, 0);
    for (std::uint64_t t = 0; t < tiles; ++t) {
      const tile_of_words got = tile(words, stream(4), t);
      for (unsigned i = 0; i < 16; ++i)
        bits[16 * t + i] = got[2 * i] | (std::uint64_t{got[2 * i + 1]} << 32);
    }
    double worst = 0;
    unsigned where = 0;
    for (unsigned d = 1; d <= 256; ++d) {
      std::uint64_t both = 0;
      const unsigned w = d / 64, b = d % 64;
      for (std::uint64_t i = 0; i + 17 < bits.size(); ++i) {
        const std::uint64_t moved =
            b == 0 ? bits[i + w] : (bits[i + w] >> b) | (bits[i + w + 1] << (64 - b));
        both += static_cast<unsigned>(__builtin_popcountll(bits[i] & moved));
      }
      // Given the rate, pairs have mean n p^2 and variance n p^2 (1 - p^2) + 2 n (p^3 - p^4).
      const double n = static_cast<double>(length) - d;
      const double variance = n * (p * p * (1 - p * p) + 2 * (p * p * p - p * p * p * p));
      const double z = (static_cast<double>(both) - n * p * p) / std::sqrt(variance);
      if (std::abs(z) > worst)
        worst = std::abs(z), where = d;
    }
    CAPTURE(p, where);
    CHECK(worst < 6);
  }
}
