// SPDX-License-Identifier: MIT
#include "catch.hpp"

#include <bitfault/bitfault.hpp>

#include <cstdint>
#include <vector>

using namespace bitfault;

namespace {

constexpr std::size_t run_length = 30;
constexpr extents recorded{run_length, 2, 7};
constexpr extents state{2, 7};
constexpr fault_key key{.seed = 8, .trial = 2};

template <class T, class Injector>
void check(const Injector& injector, T value) {
  std::vector<T> whole(recorded.size(), value);
  injector.apply(view(whole, recorded), key).or_throw();
  const auto lists = faults_by_step(injector.template draw<T>(recorded, key));
  REQUIRE(lists.size() == run_length);
  std::size_t faults = 0;
  for (std::size_t t = 0; t < run_length; ++t) {
    std::vector<T> now(state.size(), value);
    REQUIRE(lists[t].reapply(view(now, state)).ok());
    faults += lists[t].size();
    const auto first = whole.begin() + static_cast<std::ptrdiff_t>(t * state.size());
    CHECK(now == std::vector<T>(first, first + static_cast<std::ptrdiff_t>(state.size())));
  }
  CHECK(faults == injector.template draw<T>(recorded, key).size());
}

} // namespace

TEST_CASE("step by step a list does what it does to the tensor of all steps") {
  check(make_injector(bit_flip{}, exactly{1000}), 0u);
  check(make_injector(bit_flip{}, exactly{1000}), std::uint8_t{0});
  check(make_injector(stuck_at_0{}, rate::per_bit(0.2)), ~std::uint64_t{0});
  check(make_injector(random_value{0, 1}, exactly_elements{50}, slice(0, {3, 20, 4})), 3.0f);
  check(make_injector(bit_flip{}, exactly{5}, line{0}),
        0u); // the same neuron in all steps
}

TEST_CASE("faults in one word of one step keep their order") {
  const fault_list list(header_of<std::uint8_t>(extents{2, 2}),
                        {{3, 0xFF, 0x0F, fault_action::write}, {3, 0xF0, 0, fault_action::flip}});
  const auto lists = faults_by_step(list);
  std::uint8_t now[2] = {1, 1};
  REQUIRE(lists[0].empty());
  REQUIRE(lists[1].reapply(view(now)).ok());
  CHECK(now[0] == 1);
  CHECK(now[1] == 0xFF);
}

TEST_CASE("a list of one axis has one element in each step, and one without "
          "axes is refused") {
  const auto lists = faults_by_step(
      make_injector(stuck_at_1{}, every{}, bits::all{}).draw<std::uint8_t>(extents{4}, key));
  REQUIRE(lists.size() == 4);
  std::uint8_t now[1] = {0};
  REQUIRE(lists[2].reapply(view(now)).ok());
  CHECK(now[0] == 0xFF);
  CHECK(faults_by_step(fault_list(header_of<float>(extents{0, 3}), {})).empty());
  CHECK(faults_by_step(fault_list(header_of<float>(extents{3, 0}), {})).size() == 3);
  CHECK_THROWS_AS(faults_by_step(fault_list{}), error);
}
