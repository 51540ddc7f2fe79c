// SPDX-License-Identifier: MIT
#include "catch.hpp"

#include <bitfault/bitfault.hpp>

#include <cstdint>
#include <string>
#include <vector>

using namespace bitfault;

namespace {

constexpr std::size_t rank = 4;
constexpr std::size_t size_of[rank] = {2, 3, 4, 5};
constexpr extents sizes{2, 3, 4, 5};
constexpr fault_key key{.seed = 5, .trial = 9, .stream = 1, .step = 6};

/// The element of the tensor without the repeated axes that an element of the whole one belongs to.
std::size_t projected(std::size_t element, unsigned repeated) {
  std::size_t at[rank];
  for (std::size_t axis = rank; axis-- > 0; element /= size_of[axis])
    at[axis] = element % size_of[axis];
  std::size_t result = 0;
  for (std::size_t axis = 0; axis < rank; ++axis)
    if (((repeated >> axis) & 1u) == 0)
      result = result * size_of[axis] + at[axis];
  return result;
}

/// The extents without the repeated axes.
extents<rank> reduced(unsigned repeated) {
  extents<rank> e;
  for (std::size_t axis = 0; axis < rank; ++axis)
    if (((repeated >> axis) & 1u) == 0)
      e.sizes[e.rank++] = size_of[axis];
  return e;
}

/// Injects by hand: once into a tensor of its own, then that is copied to every slice.
template <class T, class Injector>
std::vector<T> by_hand(const Injector& injector, unsigned repeated) {
  const extents<rank> e = reduced(repeated);
  std::vector<T> one(e.size(), T(1));
  REQUIRE(injector.apply(view(one.data(), e), key).ok());
  std::vector<T> result;
  for (std::size_t i = 0; i < sizes.size(); ++i)
    result.push_back(one[projected(i, repeated)]);
  return result;
}

template <class T, class Injector>
void check_against_hand(const Injector& injector) {
  const auto check = [&](const auto& over, unsigned repeated) {
    std::vector<T> memory(sizes.size(), T(1));
    REQUIRE(broadcast_over(over, injector).apply(view(memory, sizes), key).ok());
    const std::vector<T> expected = by_hand<T>(injector, repeated);
    CHECK(memory == expected);
    CHECK(memory != std::vector<T>(sizes.size(), T(1))); // something was hit
    // Column-major memory: the same elements.
    std::vector<T> other(sizes.size(), T(1));
    const auto columns = view(other.data(), sizes, column_major_strides(sizes));
    REQUIRE(broadcast_over(over, injector).apply(columns, key).ok());
    for (std::size_t i = 0; i < expected.size(); ++i)
      REQUIRE(*columns.address(i) == expected[i]);
  };
  check(axes{0}, 0b0001);
  check(axes{1}, 0b0010);
  check(axes{3}, 0b1000);
  check(axes{0, 1}, 0b0011);
  check(axes{1, 0}, 0b0011); // their order does not matter
  check(axes{1, 3}, 0b1010);
  check(axes{0, 2, 3}, 0b1101);
  check(axes{0, 1, 2, 3}, 0b1111);
}

} // namespace

TEST_CASE("a broadcast fault is the same in every slice, in one element at a time") {
  check_against_hand<std::uint32_t>(make_injector(bit_flip{}, exactly{2}));
  check_against_hand<std::uint32_t>(make_injector(stuck_at_0{}, every{}, bits::given{0}));
  check_against_hand<float>(make_injector(random_value{2, 3}, exactly_elements{1}));
  check_against_hand<double>(make_injector(bit_flip{}, rate::per_bit(0.3)));
  check_against_hand<std::int8_t>(make_injector(bit_flip{}, fraction{0.25}, permanent{}));
}

TEST_CASE("regions and patterns are those of a slice") {
  std::vector<std::uint8_t> memory(sizes.size());
  const auto row_of_slice = make_injector(bit_flip{}, exactly{1}, row{}, region{2}, bits::given{4});
  REQUIRE(broadcast_over(axes{0, 1}, row_of_slice).apply(view(memory, sizes), key).ok());
  for (std::size_t i = 0; i < memory.size(); ++i)
    CHECK(memory[i] == (i / 5 % 4 == 2 ? 16 : 0));
}

TEST_CASE("broadcast and time compose in both orders") {
  const auto flip = make_injector(bit_flip{}, exactly{1});
  for (const std::uint32_t step : {5u, 6u}) {
    fault_key k = key;
    k.step = step;
    std::vector<std::uint32_t> plain(sizes.size()), one = plain, other = plain;
    if (step == 6)
      REQUIRE(broadcast_over(axes{0, 1}, flip).apply(view(plain, sizes), k).ok());
    REQUIRE(during(one_step(6), broadcast_over(axes{0, 1}, flip)).apply(view(one, sizes), k).ok());
    REQUIRE(
        broadcast_over(axes{0, 1}, during(one_step(6), flip)).apply(view(other, sizes), k).ok());
    CHECK(one == plain);
    CHECK(other == plain);
  }
}

TEST_CASE("reapply and threads broadcast too") {
  const auto stuck = make_injector(stuck_at_1{}, exactly{4}, permanent{});
  const auto everywhere = broadcast_over(axes{0}, stuck);
  std::vector<std::uint32_t> one(sizes.size()), two = one, three = one;
  REQUIRE(everywhere.apply(view(one, sizes), key).ok());
  REQUIRE(everywhere.reapply(view(two, sizes), key).ok());
  REQUIRE(everywhere.apply(threads{2, 1}, view(three, sizes), key).ok());
  CHECK(one == two);
  CHECK(one == three);
}

TEST_CASE("a broadcast that is refused changes nothing and says why") {
  std::vector<std::uint32_t> memory(sizes.size());
  const auto flip = make_injector(bit_flip{}, exactly{1});
  const auto refused = [&](const auto& injector) {
    const status s = injector.apply(view(memory, sizes), key);
    REQUIRE(!s.ok());
    CHECK(memory == std::vector<std::uint32_t>(sizes.size()));
    return std::string(message(s).text);
  };
  CHECK(refused(broadcast_over(axes{4}, flip)) ==
        "bitfault: broadcast_over: axis 4 does not exist in a tensor of rank 4");
  CHECK(refused(broadcast_over(axes{0, -1}, flip)) ==
        "bitfault: broadcast_over: axis -1 does not exist in a tensor of rank 4");
  CHECK(refused(broadcast_over(axes{1, 1}, flip)) ==
        "bitfault: broadcast_over: axis given twice: 1 is not allowed here");
  // 20 elements of 32 bits in a slice
  CHECK(refused(broadcast_over(axes{0, 1}, make_injector(bit_flip{}, exactly{641}))) ==
        "bitfault: exactly: 641 faults asked for, but the space has only 640 "
        "sites");
  std::uint32_t* const nowhere = nullptr;
  CHECK(broadcast_over(axes{0}, flip).apply(view(nowhere, sizes), key).reason ==
        refusal::null_data);
}

TEST_CASE("a broadcast over nothing does nothing") {
  std::vector<float> memory;
  const auto flip = make_injector(bit_flip{}, exactly{0});
  CHECK(broadcast_over(axes{0}, flip).apply(view(memory, extents{0, 3}), key).ok());
  CHECK(broadcast_over(axes{1}, flip).apply(view(memory, extents{0, 3}), key).ok());
}

namespace {

constexpr bool each_entry_has_the_same_fault() {
  std::uint8_t memory[6]{};
  const auto flip = broadcast_over(axes{0}, make_injector(bit_flip{}, exactly{1}));
  if (!flip.apply(view(&memory[0], extents{2, 3}), key).ok())
    return false;
  int bits = 0;
  for (int n = 0; n < 3; ++n) {
    if (memory[n] != memory[n + 3])
      return false;
    bits += detail::popcount(memory[n]);
  }
  return bits == 1;
}
static_assert(each_entry_has_the_same_fault());

} // namespace
