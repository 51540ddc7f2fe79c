// SPDX-License-Identifier: MIT
#include <bitfault/campaign/overwritten_words.hpp>

#include "catch.hpp"

#include <bitfault/views/flat.hpp>

#include <cstdint>
#include <stdexcept>
#include <vector>

using namespace bitfault::campaign;

TEST_CASE("overwritten words come back, several times overwritten ones too") {
  std::vector<std::uint16_t> memory{1, 2, 3, 4};
  const tensor_ref tensor(bitfault::view(memory));
  {
    overwritten_words words;
    words.overwrite(tensor, 1, 20);
    words.overwrite(tensor, 3, 40);
    words.overwrite(tensor, 1, 21);
    CHECK(memory == std::vector<std::uint16_t>{1, 21, 3, 40});
  }
  CHECK(memory == std::vector<std::uint16_t>{1, 2, 3, 4});
}

TEST_CASE("words are what they were for a while, also when that ends with an exception") {
  std::vector<std::uint16_t> memory{1, 2, 3, 4};
  const tensor_ref tensor(bitfault::view(memory));
  overwritten_words words;
  words.overwrite(tensor, 0, 10);
  words.overwrite(tensor, 0, 11);
  std::vector<std::uint16_t> seen;
  words.without([&] { seen = memory; });
  CHECK(seen == std::vector<std::uint16_t>{1, 2, 3, 4});
  CHECK(memory == std::vector<std::uint16_t>{11, 2, 3, 4});
  CHECK_THROWS_AS(words.without([] { throw std::runtime_error("x"); }), std::runtime_error);
  CHECK(memory == std::vector<std::uint16_t>{11, 2, 3, 4});
}
