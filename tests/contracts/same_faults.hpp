// SPDX-License-Identifier: MIT
#pragma once

#include "catch.hpp"
#include "combinations.hpp"

#include <string>
#include <vector>

namespace combinations {

/// Contract 1 for one injector: every layout, executor, batch size and order gives the words that
/// the calling thread gives in row-major memory; and what is not an element never changes.
template <class T, class Injector>
void check_same_everywhere(const std::string& name, const Injector& injector,
                           const std::vector<T>& golden) {
  INFO(name);
  const fault_key key{.seed = 2026, .trial = 5, .stream = 2, .step = 7};
  std::vector<T> expected = golden;
  REQUIRE(injector.apply(view(expected.data(), shape), key).ok());
  CHECK(words_that_differ(expected, golden) > 0);

  const auto flat = [&](const auto& executor) {
    std::vector<T> memory = golden;
    REQUIRE(injector.apply(executor, view(memory.data(), shape), key).ok());
    return same_bytes(memory, expected);
  };
  CHECK(flat(serial_executor<1>{}));
  for (const unsigned pieces : {1u, 2u, 13u, 64u})
    CHECK(flat(backwards{pieces}));
  for (const unsigned count : {1u, 2u, 8u})
    CHECK(flat(threads{count, 1}));

  const auto strided = [&](const auto& executor, const strides<4>& s, std::ptrdiff_t first,
                           index_t room) {
    std::vector<T> memory = any_bits<T>(room, 99);
    const std::vector<T> around = memory;
    std::vector<bool> is_element(room, false);
    const auto v = view(memory.data() + first, shape, s);
    for (index_t i = 0; i < size; ++i) {
      *v.address(i) = golden[i];
      is_element[static_cast<index_t>(v.address(i) - memory.data())] = true;
    }
    REQUIRE(injector.apply(executor, v, key).ok());
    bool same = true;
    for (index_t i = 0; i < size; ++i)
      same = same && to_word(*v.address(i)) == to_word(expected[i]);
    for (index_t i = 0; i < room; ++i)
      same = same && (is_element[i] || to_word(memory[i]) == to_word(around[i]));
    return same;
  };
  const auto dense = row_major_strides(shape);
  const strides<4> gaps{6 * 5 * 20, 5 * 20, 20, 2};
  const strides<4> mirrored{-6 * 5 * 7, 5 * 7, -7, 1};
  const std::ptrdiff_t corner = 3 * 6 * 5 * 7 + 4 * 7;
  CHECK(strided(serial{}, dense, 0, size));
  CHECK(strided(serial{}, column_major_strides(shape), 0, size));
  CHECK(strided(serial{}, gaps, 3, 4 * 6 * 5 * 20));
  CHECK(strided(serial{}, mirrored, corner, size));
  CHECK(strided(threads{8, 1}, column_major_strides(shape), 0, size));
  CHECK(strided(threads{2, 1}, gaps, 1, 4 * 6 * 5 * 20));
}

} // namespace combinations
