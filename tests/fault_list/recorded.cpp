// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "tensors.hpp"

#include <bitfault/bitfault.hpp>

#include <cstdint>
#include <sstream>
#include <string>
#include <vector>

using fault_list_tests::has;
using fault_list_tests::tensor;

TEST_CASE("the log of an injector replays as a list, with the words before and after") {
  // 300 of 640 bits and half of them inactive: events meet in words, and slots stay empty.
  std::vector<bitfault::fault_record> log(300);
  bitfault::index_t count = 0;
  const auto injector =
      bitfault::make_injector(bitfault::bit_flip{}, bitfault::exactly{300},
                              bitfault::intermittent{0.5}, bitfault::record_to{log, &count});
  const bitfault::fault_key key{9, 8, 7, 6};
  const tensor<float> golden(20);
  const tensor<float> injected(golden), replayed(golden);
  REQUIRE(injector.apply(bitfault::view(injected.data(), 20), key).ok());
  REQUIRE(count == 300);

  bitfault::recorded_faults r = bitfault::recorded<float>(log, bitfault::extents{20}, key);
  CHECK(r.faults.size() > 100);
  CHECK(r.faults.size() < 200);
  REQUIRE(r.before.size() == r.faults.size());
  CHECK(r.faults.header().key == key);
  CHECK(r.faults.words_before(bitfault::view(golden.data(), 20)) == r.before);

  std::stringstream file;
  r.faults.save_csv(file, r.before);
  CHECK(has(file.str(), "value,before,after\n"));
  bitfault::fault_list loaded = bitfault::fault_list::load(file);
  REQUIRE(loaded.apply(bitfault::view(replayed.data(), 20)).ok());
  CHECK(replayed == injected);
  REQUIRE(loaded.restore(bitfault::view(replayed.data(), 20)).ok());
  CHECK(replayed == golden);
}

TEST_CASE("a log of another tensor is refused") {
  const std::vector<bitfault::fault_record> log{{7, 0, 1, 0, 1}};
  CHECK_THROWS_AS(bitfault::recorded<float>(log, bitfault::extents{7}), bitfault::error);
}
