// SPDX-License-Identifier: MIT
#include <bitfault/backends/host/threads.hpp>
#include <bitfault/injector/dense.hpp>

#include "catch.hpp"
#include "chance.hpp"

#include <cstdint>
#include <vector>

using bitfault::bit_operation;
using bitfault::index_t;
using bitfault::word_t;

namespace {

std::vector<std::uint32_t> any_words(std::size_t n) {
  chance::numbers any(140);
  std::vector<std::uint32_t> words(n);
  for (std::uint32_t& w : words)
    w = static_cast<std::uint32_t>(any.next());
  return words;
}

/// Site by site, as the docstring says.
template <bit_operation Operation, class T>
void naive_bitmap(T* p, index_t elements, const std::uint32_t* words) {
  constexpr index_t width = 8 * sizeof(T);
  for (index_t site = 0; site < elements * width; ++site) {
    if ((words[site / 32] >> (site % 32) & 1) == 0)
      continue;
    const auto bit = static_cast<word_t<T>>(word_t<T>{1} << (site % width));
    word_t<T> w = bitfault::to_word(p[site / width]);
    w = static_cast<word_t<T>>(Operation == bit_operation::flip  ? w ^ bit
                               : Operation == bit_operation::set ? w | bit
                                                                 : w & ~bit);
    p[site / width] = bitfault::from_word<T>(w);
  }
}

template <bit_operation Operation, class T>
bool bitmap_is_right(index_t elements) {
  const auto bitmap = any_words(64);
  const auto start = any_words(64);
  std::vector<T> a(elements + 1), b(elements + 1);
  for (index_t i = 0; i <= elements; ++i)
    a[i] = b[i] = bitfault::from_word<T>(static_cast<word_t<T>>(start[i] * 0x9E3779B97F4A7C15u));
  bitfault::detail::hit_bitmap<Operation>(a.data(), elements, bitmap.data());
  naive_bitmap<Operation>(b.data(), elements, bitmap.data());
  bool same = true;
  for (index_t i = 0; i <= elements; ++i) // nothing behind the last one
    same = same && bitfault::to_word(a[i]) == bitfault::to_word(b[i]);
  return same;
}

/// A draw whose tiles are given; notes which of them were asked for.
struct given_tiles {
  const std::uint32_t* words;
  index_t words_per_tile;
  template <class Sink>
  void tiles(index_t first, index_t last, Sink&& sink) const {
    for (; first < last; ++first)
      sink(first, words + first * words_per_tile);
  }
};

} // namespace

TEST_CASE("a bitmap goes to the words of every width as it goes bit by bit") {
  for (const index_t elements : {0u, 1u, 5u, 31u, 32u}) {
    CAPTURE(elements);
    CHECK(bitmap_is_right<bit_operation::flip, std::uint8_t>(elements));
    CHECK(bitmap_is_right<bit_operation::set, std::int16_t>(elements));
    CHECK(bitmap_is_right<bit_operation::clear, std::uint32_t>(elements));
    CHECK(bitmap_is_right<bit_operation::flip, std::uint64_t>(elements));
  }
}

TEST_CASE("tiles cover the tensor once, the last one as far as it goes") {
  const auto bitmaps = any_words(40);
  for (const index_t size : {8u, 9u, 15u, 16u, 39u, 40u}) {
    const index_t units = (size + 7) / 8; // eight words of 32 bits to a tile
    std::vector<std::uint32_t> expected(40), serial(40), threaded(40);
    naive_bitmap<bit_operation::flip>(expected.data(), size, bitmaps.data());
    const given_tiles draw{bitmaps.data(), 8};
    bitfault::detail::hit_tiles<bit_operation::flip>(bitfault::serial{}, draw, units, 8,
                                                     serial.data(), size);
    bitfault::detail::hit_tiles<bit_operation::flip>(bitfault::threads(3, 1), draw, units, 8,
                                                     threaded.data(), size);
    CAPTURE(size);
    CHECK(serial == expected);
    CHECK(threaded == expected);
  }
}

TEST_CASE("a sweep visits every element once, for any number of threads") {
  for (const unsigned n : {1u, 2u, 7u}) {
    std::vector<int> visits(1001);
    bitfault::detail::sweep(bitfault::threads(n, 1), 1000, [&](index_t i) { ++visits[i]; });
    std::vector<int> expected(1000, 1);
    expected.push_back(0);
    CHECK(visits == expected);
  }
}
