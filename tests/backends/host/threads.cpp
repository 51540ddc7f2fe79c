// SPDX-License-Identifier: MIT
#include "../../contracts/combinations.hpp"
#include "catch.hpp"

#include <atomic>
#include <span>
#include <string>

using namespace combinations;

TEST_CASE("every piece runs exactly once, whatever the number of threads") {
  for (const unsigned count : {1u, 2u, 7u, 64u, 256u}) {
    std::vector<std::atomic<int>> ran(count);
    threads{count, 1}.run(count, [&](unsigned piece) { ++ran[piece]; });
    for (const auto& n : ran)
      CHECK(n == 1);
  }
}

TEST_CASE("small work stays in the calling thread, large work is spread") {
  CHECK(threads{8}.pieces(0) == 1);
  CHECK(threads{8}.pieces(4095) == 1);
  CHECK(threads{8}.pieces(4096) == 2);
  CHECK(threads{8}.pieces(1000000) == 8);
  CHECK(threads{3, 1}.pieces(2) == 3);
  CHECK(threads{3, 0}.pieces(100) == 3); // 0 units a thread means 1
  CHECK(threads{0}.pieces(index_t{1} << 40) >= 1);
}

TEST_CASE("more threads than there may be are refused by name") {
  CHECK_NOTHROW(threads{256});
  CHECK_THROWS_WITH(threads{257}, "bitfault: threads (at most 256): 257 is not allowed here");
  CHECK_THROWS_WITH(threads(-1), "bitfault: threads (at most 256): -1 is not allowed here");
  CHECK_THROWS_AS(threads(std::uint64_t{1} << 32), error);
}

TEST_CASE("0 threads mean one for each core, and no machine has too many cores for that") {
  using bitfault::detail::thread_count;
  CHECK(thread_count(0, 8, 256) == 8);
  CHECK(thread_count(0, 256, 256) == 256);
  CHECK(thread_count(0, 257, 256) == 256);
  CHECK(thread_count(0, 4096, 256) == 256);
  CHECK(thread_count(0, 0, 256) == 1); // not known
  CHECK(thread_count(5, 4096, 256) == 5);
  CHECK(thread_count(257, 2, 256) == 257); // asked for: refused, not reduced
  CHECK_NOTHROW(threads{});
}

TEST_CASE("threads that hit the same words lose no update") {
  // 30,000 faults in 8 words: every read-modify-write meets another one.
  const auto golden = any_bits<std::uint64_t>(8);
  const auto check = [&](const auto& injector) {
    auto expected = golden;
    REQUIRE(injector.apply(view(expected), {.seed = 4}).ok());
    for (int repeat = 0; repeat < 20; ++repeat) {
      auto memory = golden;
      REQUIRE(injector.apply(threads{8, 1}, view(memory), {.seed = 4}).ok());
      REQUIRE(memory == expected);
    }
  };
  std::vector<index_t> list(30000);
  for (index_t i = 0; i < list.size(); ++i)
    list[i] = i * i % 8;
  const std::span<const index_t> many(list);
  check(make_injector(bit_flip{}, at{many}));
  check(make_injector(stuck_at_1{}, at{many}, bits::range{5, 40}));
  check(make_injector(bit_flip{}, exactly{512}, burst{8}));
}

TEST_CASE("atomic and plain memory do the same") {
  const auto check = [](auto word) {
    using T = decltype(word);
    using W = word_t<T>;
    const auto m = static_cast<W>(0x5A);
    T a = word, b = word;
    CHECK(plain_memory::flip(&a, m) == atomic_memory::flip(&b, m));
    CHECK(to_word(a) == to_word(b));
    CHECK(plain_memory::set(&a, m) == atomic_memory::set(&b, m));
    CHECK(to_word(a) == to_word(b));
    CHECK(plain_memory::clear(&a, W{0x0F}) == atomic_memory::clear(&b, W{0x0F}));
    CHECK(to_word(a) == to_word(b));
    const auto twice = [](W w) { return static_cast<W>(w * 2u); };
    CHECK(plain_memory::update(&a, twice) == atomic_memory::update(&b, twice));
    CHECK(to_word(a) == to_word(b));
    plain_memory::store(&a, m);
    atomic_memory::store(&b, m);
    CHECK(to_word(a) == m);
    CHECK(to_word(b) == m);
  };
  check(std::uint8_t{0xC3});
  check(half::from_bits(0x7E01));
  check(from_word<float>(0x7FA00001u));
  check(-0.0);
}

TEST_CASE("dense sweeps and high rates give the same bytes for any number of threads") {
  const auto golden = any_bits<float>(100003);
  const auto check = [&](const auto& injector) {
    auto expected = golden;
    REQUIRE(injector.apply(view(expected), {.seed = 6}).ok());
    for (const unsigned count : {2u, 3u, 8u, 200u}) {
      auto memory = golden;
      REQUIRE(injector.apply(threads{count, 1}, view(memory), {.seed = 6}).ok());
      CHECK(same_bytes(memory, expected));
    }
  };
  check(make_injector(bit_flip{}, every{}, bits::as_one{bits::mantissa{}}));
  check(make_injector(stuck_at_0{}, rate::per_bit(0.25)));
  check(make_injector(bit_flip{}, rate::per_bit(0.01)));
  check(make_injector(bit_flip{}, rate::per_bit(1e-4)));
}
