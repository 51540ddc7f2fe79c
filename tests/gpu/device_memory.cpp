// SPDX-License-Identifier: MIT
#include "catch.hpp"

#include <bitfault/backends/thrust/device_memory.hpp>
#include <bitfault/embedded.hpp>

#include <cstdint>
#include <cstring>
#include <random>
#include <thread>
#include <vector>

using namespace bitfault;
using bitfault::detail::device_memory;

namespace {

/// Each operation on each element of a tensor that begins at `offset` in its first 32-bit word,
/// against plain memory.
template <class T>
void check_operations(index_t offset, index_t count) {
  alignas(8) T memory[32]{}, expected[32]{};
  std::mt19937 next(5);
  for (index_t i = 0; i < 32; ++i)
    memory[i] = expected[i] = from_word<T>(static_cast<word_t<T>>(next()));
  const device_memory words(memory + offset, memory + offset + count);
  bool same = true;
  for (index_t i = offset; i < offset + count; ++i) {
    const auto mask = static_cast<word_t<T>>(next());
    const auto add = [mask](word_t<T> w) { return static_cast<word_t<T>>(w + mask); };
    same = same && words.flip(memory + i, mask) == plain_memory::flip(expected + i, mask);
    same = same && words.set(memory + i, static_cast<word_t<T>>(mask & 3u)) ==
                       plain_memory::set(expected + i, static_cast<word_t<T>>(mask & 3u));
    same = same && words.clear(memory + i, static_cast<word_t<T>>(mask & 6u)) ==
                       plain_memory::clear(expected + i, static_cast<word_t<T>>(mask & 6u));
    same = same && words.update(memory + i, add) == plain_memory::update(expected + i, add);
    same = same && std::memcmp(memory, expected, sizeof memory) == 0;
  }
  CHECK(same);
}

} // namespace

TEST_CASE("words of a device are changed as plain memory, wherever the tensor begins and ends") {
  for (index_t offset = 0; offset < 5; ++offset)
    for (const index_t count : {1u, 2u, 3u, 4u, 5u, 9u}) {
      check_operations<std::uint8_t>(offset, count);
      check_operations<std::int16_t>(offset, count);
      check_operations<float>(offset, count);
      check_operations<double>(offset, count);
    }
}

TEST_CASE("threads that flip neighbours in one 32-bit word lose no flip") {
  std::vector<std::uint8_t> memory(4 + 7, 0); // ragged at both ends
  std::uint8_t* const first = memory.data() + 3;
  const device_memory words(first, first + 7);
  {
    std::vector<std::jthread> workers;
    for (unsigned bit = 0; bit < 4; ++bit)
      workers.emplace_back([=] {
        for (unsigned round = 0; round < 9999; ++round) // odd: each bit ends up flipped
          for (unsigned i = 0; i < 7; ++i)
            words.flip(first + i, static_cast<std::uint8_t>(1u << bit));
      });
    workers.emplace_back([=] {
      for (unsigned round = 0; round < 1001; ++round)
        for (unsigned i = 0; i < 7; ++i)
          words.update(first + i,
                       [](std::uint8_t w) { return static_cast<std::uint8_t>(w ^ 16u); });
    });
  }
  CHECK(memory == std::vector<std::uint8_t>{0, 0, 0, 31, 31, 31, 31, 31, 31, 31, 0});
}

TEST_CASE("memory behind a ragged end may be gone: no byte outside of the tensor is read") {
  // The address sanitizer's builds are what this is for.
  for (const std::size_t bytes : {1u, 2u, 3u, 5u, 6u, 7u}) {
    std::vector<std::uint8_t> memory(bytes, 0);
    const device_memory words(memory.data(), memory.data() + bytes);
    for (std::uint8_t& b : memory)
      words.flip(&b, std::uint8_t{1});
    CHECK(memory == std::vector<std::uint8_t>(bytes, 1));
  }
}
