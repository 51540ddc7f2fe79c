// SPDX-License-Identifier: MIT
#include <bitfault/random/source.hpp>

#include "catch.hpp"
#include "chance.hpp"

#include <cstdint>
#include <set>
#include <vector>

using bitfault::fault_key;
using bitfault::purpose;
using bitfault::random_source;
using bitfault::random_stream;

TEST_CASE("a source gives the words of its element and mask, one after another") {
  const random_stream stream(fault_key{.seed = 1, .trial = 2, .stream = 3, .step = 4});
  for (const std::uint64_t element : {0ull, 5ull, 1ull << 40})
    for (const std::uint32_t mask : {0u, 1u, 63u}) {
      random_source source(stream, element, mask, 99);
      bool same = true;
      for (std::uint32_t call = 0; call < 5; ++call)
        for (const std::uint32_t word :
             stream.block(purpose::model, element, (mask << 16) + call).word)
          same = same && source.next32() == word;
      CHECK(same);
      CHECK(source.element() == element);
      CHECK(source.event() == 99);
    }
}

TEST_CASE("the event's number does not change the words") {
  const random_stream stream(fault_key{.seed = 1});
  random_source a(stream, 7, 3, 0), b(stream, 7, 3, 1000);
  for (int i = 0; i < 20; ++i)
    CHECK(a.next32() == b.next32());
}

TEST_CASE("64 bits are two words, the first one low") {
  const random_stream stream(fault_key{.seed = 2});
  random_source a(stream, 7, 3, 0), b(stream, 7, 3, 0);
  for (int i = 0; i < 9; ++i) {
    const std::uint64_t low = a.next32(), high = a.next32();
    CHECK(b.next64() == (low | (high << 32)));
  }
  // Across the end of a block of four words, too.
  random_source c(stream, 8, 0, 0), d(stream, 8, 0, 0);
  c.next32();
  d.next32();
  for (int i = 0; i < 9; ++i) {
    const std::uint64_t low = c.next32(), high = c.next32();
    CHECK(d.next64() == (low | (high << 32)));
  }
}

TEST_CASE("elements and masks have words of their own") {
  const random_stream stream(fault_key{.seed = 3});
  std::set<std::uint64_t> seen;
  std::size_t drawn = 0;
  for (std::uint64_t element = 0; element < 100; ++element)
    for (std::uint32_t mask = 0; mask < 64; ++mask) {
      random_source source(stream, element, mask, 0);
      for (int i = 0; i < 6; ++i, ++drawn)
        seen.insert(source.next64());
    }
  CHECK(seen.size() == drawn);
}

TEST_CASE("below(n) is uniform and stays below n") {
  // 200,000 numbers: finds relative errors of 1 % over 7 cells, of 2 % over 100.
  const random_stream stream(fault_key{.seed = 4});
  for (const std::uint64_t n : {1u, 2u, 7u, 100u}) {
    std::vector<std::uint32_t> counts(n, 0);
    for (std::uint64_t element = 0; element < 50'000; ++element) {
      random_source source(stream, element, 0, 0);
      for (int i = 0; i < 4; ++i)
        ++counts.at(source.below(n));
    }
    CAPTURE(n);
    CHECK(std::abs(chance::uniform_z(counts)) < chance::limit);
  }
  random_source source(stream, 0, 1, 0);
  const std::uint64_t large = (std::uint64_t{1} << 63) + 1;
  std::uint32_t upper = 0;
  for (int i = 0; i < 10'000; ++i) {
    const std::uint64_t x = source.below(large);
    CHECK(x < large);
    upper += x >= large / 2;
  }
  CHECK(std::abs(chance::binomial_z(upper, 10'000, 0.5)) < chance::limit);
}
