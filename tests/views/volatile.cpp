// SPDX-License-Identifier: MIT
#include <bitfault/views/volatile.hpp>

#include "catch.hpp"

#include <bitfault/embedded.hpp>

#include <concepts>
#include <cstdint>

using namespace bitfault;

namespace {

constexpr index_t size = 16;

/// Ordinary and volatile memory with the same contents.
struct twins {
  std::uint32_t plain[size]{};
  volatile std::uint32_t registers[size]{};
  twins() {
    for (index_t i = 0; i < size; ++i) {
      plain[i] = static_cast<std::uint32_t>(i) * 0x01010101u;
      registers[i] = plain[i];
    }
  }
  bool equal() const {
    for (index_t i = 0; i < size; ++i)
      if (plain[i] != registers[i])
        return false;
    return true;
  }
};

/// The plan is bound to the type itself; only the accesses differ.
template <class Injector>
void same_in_both(const Injector& injector) {
  twins t;
  REQUIRE(injector.apply(view(&t.plain[0], size), {.seed = 3}).ok());
  CHECK_FALSE(t.equal());
  REQUIRE(injector.apply(view(&t.registers[0], size), {.seed = 3}).ok());
  CHECK(t.equal());
}

} // namespace

TEST_CASE("a pointer to volatile becomes a volatile view") {
  volatile std::int16_t samples[6]{};
  const auto flat = view(&samples[0], 6);
  static_assert(std::same_as<decltype(flat)::element_type, volatile std::int16_t>);
  static_assert(tensor_view<decltype(flat)>);
  CHECK(flat.address(4) == &samples[4]);
  const auto matrix = view(&samples[0], extents{2, 3});
  CHECK(matrix.extents() == extents{2, 3});
  const auto mapped =
      memory_mapped<std::int16_t>(reinterpret_cast<std::uintptr_t>(&samples[0]), extents{2, 3});
  static_assert(std::same_as<decltype(mapped), decltype(matrix)>);
  CHECK(mapped.data() == &samples[0]);
}

TEST_CASE("volatile memory gets the faults that ordinary memory gets") {
  same_in_both(make_injector(bit_flip{}, exactly{20}));
  same_in_both(make_injector(stuck_at_1{}, rate::per_bit(0.1)));
  same_in_both(make_injector(bit_flip{}, at{3, 7}, bits::given{5}));
  same_in_both(make_injector(bit_flip{}, every{}, bits::all{}));
  same_in_both(make_injector(random_value{1, 9}, exactly_elements{5}));
}

TEST_CASE("scopes take faults in volatile memory back") {
  twins t;
  const auto registers = view(&t.registers[0], size);
  std::uint32_t scratch[40]{};
  {
    const auto injected = make_injector(bit_flip{}, exactly{20}).scoped(registers, {.seed = 1});
    CHECK_FALSE(t.equal());
  }
  CHECK(t.equal());
  {
    const auto injected =
        make_injector(stuck_at_1{}, exactly{20}).scoped(registers, {.seed = 1}, scratch);
    REQUIRE(injected.status().ok());
    CHECK_FALSE(t.equal());
  }
  CHECK(t.equal());
  {
    auto injected =
        make_injector(zero{}, exactly_elements{4}).scoped_checked(registers, {.seed = 1}, scratch);
    REQUIRE(injected.status().ok());
    CHECK_FALSE(t.equal());
    CHECK(injected.restore() == 0);
  }
  CHECK(t.equal());
}

namespace {

/// A view that counts how often it hands out an address.
struct counting_view {
  using element_type = volatile std::uint32_t;
  static constexpr bool contiguous = false;
  volatile std::uint32_t* first;
  index_t* asked;
  bitfault::extents<1> extents() const { return {size}; }
  volatile std::uint32_t* address(index_t i) const {
    ++*asked;
    return first + i;
  }
};

} // namespace

TEST_CASE("elements without a fault are not accessed") {
  twins t;
  index_t asked = 0;
  const counting_view registers{&t.registers[0], &asked};
  REQUIRE(make_injector(bit_flip{}, exactly_elements{3}).apply(registers, {.seed = 1}).ok());
  CHECK(asked == 3 + 1); // one question whether there is memory at all, without an access
}
