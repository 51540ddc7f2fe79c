// SPDX-License-Identifier: MIT
#include <bitfault/backends/host/halves.hpp>

#include "../../contracts/combinations.hpp"
#include "catch.hpp"

#include <cstdlib>
#include <memory>
#include <new>

using namespace combinations;

namespace {

bool out_of_memory = false;

/// Two pieces, however small the work.
const threads two(2, 1);

template <class Injector, class Executor, class T>
bool in_halves(const Injector& injector, const Executor& executor, std::vector<T>& memory,
               const fault_key& key) {
  const auto v = view(memory);
  const auto plan = injector.bind(v);
  REQUIRE(plan.check(v).ok());
  return bitfault::detail::apply_in_halves(plan, executor, v, key);
}

template <class T, class Injector>
void same_as_in_one(index_t n, const Injector& injector) {
  const auto golden = any_bits<T>(n);
  for (std::uint64_t trial = 0; trial < 3; ++trial) {
    const fault_key key{.seed = 8, .trial = trial};
    auto expected = golden, memory = golden;
    REQUIRE(injector.apply(view(expected), key).ok());
    REQUIRE(in_halves(injector, two, memory, key));
    CHECK(same_bytes(memory, expected));
  }
}

template <class T>
void with_sizes_and_counts() {
  constexpr index_t bits_each = element_traits<T>::layout.bits;
  for (const index_t n : {1, 2, 3, 255, 256, 1001})
    for (const index_t k : {index_t{1}, n, n * bits_each / 2, n * bits_each}) {
      INFO(n << " elements of " << bits_each << " bits, " << k << " faults");
      same_as_in_one<T>(n, make_injector(bit_flip{}, exactly{k}));
      same_as_in_one<T>(n, make_injector(stuck_at_0{}, exactly{k}));
      same_as_in_one<T>(n, make_injector(stuck_at_1{}, exactly{k}));
    }
}

template <class Plan, class T>
constexpr bool splits =
    bitfault::detail::splits_into_halves<Plan, decltype(view(std::declval<std::vector<T>&>()))>;
template <class T, class... Policy>
constexpr bool splits_with(const Policy&... policies) {
  return splits<decltype(make_injector(policies...).template bind<T>(extents(index_t{8}))), T>;
}

} // namespace

void* operator new[](std::size_t bytes, const std::nothrow_t&) noexcept {
  if (out_of_memory)
    return nullptr;
  try {
    return ::operator new[](bytes);
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}

TEST_CASE("two halves of memory get the faults of one thread") {
  with_sizes_and_counts<float>();
  with_sizes_and_counts<double>();
  with_sizes_and_counts<bfloat16>();
  with_sizes_and_counts<std::int8_t>();
  with_sizes_and_counts<std::uint64_t>();
}

TEST_CASE("two halves of memory: other bits and selectors") {
  same_as_in_one<float>(1001, make_injector(bit_flip{}, exactly{9000}, bits::mantissa{}));
  same_as_in_one<float>(1001, make_injector(bit_flip{}, exactly{500}, bits::sign{}));
  same_as_in_one<half>(999, make_injector(stuck_at_1{}, exactly{2500}, bits::exponent{}));
  same_as_in_one<float>(1001, make_injector(bit_flip{}, fraction{0.4}));
}

TEST_CASE("two halves of memory: what is not of that kind is not taken") {
  CHECK(splits_with<float>(bit_flip{}, exactly{1}));
  CHECK(splits_with<float>(stuck_at_1{}, fraction{0.1}, bits::exponent{}));
  CHECK_FALSE(splits_with<float>(zero{}, exactly{1}));
  CHECK_FALSE(splits_with<float>(bit_flip{}, exactly_elements{1}));
  CHECK_FALSE(splits_with<float>(bit_flip{}, at{0, 1}));
  CHECK_FALSE(splits_with<float>(bit_flip{}, every{}, bits::all{}));
  CHECK_FALSE(splits_with<float>(bit_flip{}, rate::per_bit(0.1)));
  CHECK_FALSE(splits_with<float>(bit_flip{}, exactly{1}, bits::range{3, 9}));
  CHECK_FALSE(splits_with<float>(bit_flip{}, exactly{1}, burst{2}));
  CHECK_FALSE(splits_with<float>(bit_flip{}, exactly{1}, intermittent{0.5}));
  CHECK_FALSE(splits_with<float>(bit_flip{}, exactly{1}, region{3}));
  CHECK_FALSE(splits_with<float>(bit_flip{}, exactly{1}, record_to{}));
  CHECK_FALSE(splits_with<float>(bit_flip{}, exactly{1}, enable<false>{}));
}

TEST_CASE(
    "two halves of memory: another number of threads, or none to list sites in, changes nothing") {
  const auto golden = any_bits<float>(1001);
  const auto many = make_injector(bit_flip{}, exactly{5000});
  auto memory = golden;
  CHECK_FALSE(in_halves(many, threads(1), memory, {.seed = 1}));
  CHECK_FALSE(in_halves(many, threads(3, 1), memory, {.seed = 1}));
  CHECK_FALSE(in_halves(many, threads(2, 5001), memory, {.seed = 1}));
  CHECK(same_bytes(memory, golden));
  out_of_memory = true;
  const bool done = in_halves(many, two, memory, {.seed = 1});
  out_of_memory = false;
  CHECK_FALSE(done);
  CHECK(same_bytes(memory, golden));
}

TEST_CASE("two halves of memory: up to 2^32 sites") {
  // The words of half a gigabyte, of which only those that are hit come into being.
  constexpr index_t most = index_t{1} << 26;
  const std::unique_ptr<double, decltype(&std::free)> memory(
      static_cast<double*>(std::calloc(most, sizeof(double))), &std::free);
  REQUIRE(memory != nullptr);
  const auto few = make_injector(bit_flip{}, exactly{2000});
  const fault_key key{.seed = 3};

  const auto all = view(memory.get(), extents(most));
  const auto plan = few.bind(all);
  REQUIRE(bitfault::detail::apply_in_halves(plan, two, all, key));
  const fault_list list = few.draw<double>(all.extents(), key);
  unsigned in_first_half = 0;
  for (const auto& fault : list) {
    CHECK(to_word(memory.get()[fault.element]) != 0);
    in_first_half += fault.element < most / 2;
  }
  CHECK(in_first_half > 800);
  CHECK(in_first_half < 1200);
  REQUIRE(few.apply(all, key).ok()); // a flip undoes itself
  for (const auto& fault : list)
    CHECK(to_word(memory.get()[fault.element]) == 0);

  const auto too_many = view(memory.get(), extents(most + 1)); // never looked at
  CHECK_FALSE(bitfault::detail::apply_in_halves(few.bind(too_many), two, too_many, key));
}
