// SPDX-License-Identifier: MIT
#include <bitfault/space/bits.hpp>

#include "catch.hpp"

#include <cstdint>
#include <string>
#include <type_traits>
#include <vector>

using bitfault::bit_number;
using bitfault::code_layout;
using bitfault::element_traits;
using bitfault::from_msb;
using bitfault::refusal;
using bitfault::status;
namespace bits = bitfault::bits;

namespace {

using masks = std::vector<std::uint64_t>;

constexpr code_layout int4{4, 1, 0, 3};
template <class T>
constexpr code_layout own = element_traits<T>::layout;

/// All masks of a family, after the rules of every family: ascending, distinct, inside the word,
/// numbered by index_of, as many bits as the policy says.
template <code_layout L, class Policy>
masks family(const Policy& policy) {
  status state;
  const auto bound = policy.template bind<L>(state);
  using bound_type = std::remove_const_t<decltype(bound)>;
  CHECK(state.ok());
  STATIC_REQUIRE(bound_type::single_bit == Policy::single_bit);
  STATIC_REQUIRE(std::is_trivially_copyable_v<Policy>);
  if (bound_type::fixed_count != 0)
    CHECK(bound.count() == bound_type::fixed_count);
  masks result;
  for (unsigned i = 0; i < bound.count(); ++i) {
    const std::uint64_t mask = bound.mask(i);
    const bool right = mask != 0 && mask >> (L.bits - 1) <= 1 && bound.index_of(mask) == i &&
                       (result.empty() || result.back() < mask) &&
                       (!Policy::single_bit || (mask & (mask - 1)) == 0);
    CAPTURE(L.bits, i, mask);
    CHECK(right);
    result.push_back(mask);
  }
  return result;
}

/// The single bits from `first` to `last`.
masks run(unsigned first, unsigned last) {
  masks result;
  for (unsigned b = first; b <= last; ++b)
    result.push_back(std::uint64_t{1} << b);
  return result;
}

masks windows(unsigned length, unsigned width) {
  masks result;
  for (unsigned first = 0; first + length <= width; ++first) {
    std::uint64_t mask = 0;
    for (unsigned b = first; b < first + length; ++b)
      mask |= std::uint64_t{1} << b;
    result.push_back(mask);
  }
  return result;
}

template <code_layout L>
void test_integer_families() {
  constexpr unsigned w = L.bits;
  CHECK(family<L>(bits::any{}) == run(0, w - 1));
  CHECK(family<L>(bits::all{}) == windows(w, w));
  for (unsigned b = 0; b < w; ++b) {
    CHECK(family<L>(bits::given{b}) == run(b, b));
    CHECK(family<L>(bits::given{from_msb(b)}) == run(w - 1 - b, w - 1 - b));
    CHECK(family<L>(bits::given{w - 1, b, 0}) ==
          family<L>(bits::given{0, b, from_msb(0)})); // order and repeats do not matter
    for (unsigned last = b; last < w; ++last) {
      CHECK(family<L>(bits::range{b, last}) == run(b, last));
      CHECK(family<L>(bits::range{from_msb(last), from_msb(b)}) == run(w - 1 - last, w - 1 - b));
    }
  }
  for (unsigned length = 1; length <= w; ++length) {
    CHECK(family<L>(bits::adjacent{length}) == windows(length, w));
    CHECK(family<L>(bits::adjacent{length}).size() == w - length + 1);
  }
}

template <code_layout L, class Policy>
status refused(const Policy& policy) {
  status state;
  policy.template bind<L>(state);
  return state;
}

} // namespace

TEST_CASE("families of 8-bit words") { test_integer_families<own<std::uint8_t>>(); }
TEST_CASE("families of 16-bit words") { test_integer_families<own<std::int16_t>>(); }
TEST_CASE("families of 32-bit words") { test_integer_families<own<float>>(); }
TEST_CASE("families of 64-bit words") { test_integer_families<own<double>>(); }
TEST_CASE("families of 4-bit words") { test_integer_families<int4>(); }

TEST_CASE("a bool has one bit") {
  CHECK(family<own<bool>>(bits::any{}) == masks{1});
  CHECK(family<own<bool>>(bits::all{}) == masks{1});
  CHECK(family<own<bool>>(bits::given{0}) == masks{1});
  CHECK(family<own<bool>>(bits::adjacent{1}) == masks{1});
  CHECK(refused<own<bool>>(bits::given{1}).reason == refusal::bit_outside_word);
}

TEST_CASE("sign, exponent and mantissa share out the word of a float") {
  CHECK(family<own<float>>(bits::sign{}) == run(31, 31));
  CHECK(family<own<float>>(bits::exponent{}) == run(23, 30));
  CHECK(family<own<float>>(bits::mantissa{}) == run(0, 22));
  CHECK(family<own<double>>(bits::sign{}) == run(63, 63));
  CHECK(family<own<double>>(bits::exponent{}) == run(52, 62));
  CHECK(family<own<double>>(bits::mantissa{}) == run(0, 51));
  constexpr code_layout half{16, 1, 5, 10}, bfloat16{16, 1, 8, 7}, e4m3{8, 1, 4, 3};
  CHECK(family<half>(bits::exponent{}) == run(10, 14));
  CHECK(family<bfloat16>(bits::exponent{}) == run(7, 14));
  CHECK(family<bfloat16>(bits::mantissa{}) == run(0, 6));
  CHECK(family<e4m3>(bits::exponent{}) == run(3, 6));
  CHECK(family<own<std::int8_t>>(bits::sign{}) == run(7, 7));
  CHECK(family<int4>(bits::sign{}) == run(3, 3));
}

TEST_CASE("several bits can be joined into one mask") {
  CHECK(family<own<float>>(bits::as_one{bits::exponent{}}) == masks{0x7F800000});
  CHECK(family<own<float>>(bits::as_one{bits::given{0, 5, from_msb(0)}}) == masks{0x80000021});
  CHECK(family<own<double>>(bits::as_one{bits::range{4, from_msb(0)}}) ==
        masks{0xFFFFFFFFFFFFFFF0});
  CHECK(family<own<std::uint8_t>>(bits::as_one{bits::any{}}) == masks{0xFF});
}

TEST_CASE("bits outside the word are refused") {
  using byte = std::uint8_t;
  CHECK(refused<own<byte>>(bits::given{8}) == status{refusal::bit_outside_word, 8, 8, 8});
  CHECK(refused<own<float>>(bits::given{0, 32, 99}) ==
        status{refusal::bit_outside_word, 32, 32, 32});
  CHECK(refused<int4>(bits::given{4}).reason == refusal::bit_outside_word);
  CHECK(refused<own<float>>(bits::given{from_msb(32)}) ==
        status{refusal::bit_outside_word, 32, 32, 32});
  CHECK(refused<own<byte>>(bits::range{0, 8}) == status{refusal::bit_outside_word, 8, 8, 8});
  CHECK(refused<own<byte>>(bits::range{9, 3}) == status{refusal::bit_outside_word, 9, 9, 8});
  CHECK(refused<own<byte>>(bits::range{5, 4}) == status{refusal::bit_range_reversed, 0, 5, 4});
  CHECK(refused<own<byte>>(bits::range{from_msb(0), from_msb(1)}) ==
        status{refusal::bit_range_reversed, 0, 7, 6});
  CHECK(refused<own<byte>>(bits::adjacent{9}) == status{refusal::window_wider_than_word, 0, 9, 8});
  CHECK(refused<own<byte>>(bits::adjacent{0}) == status{refusal::window_wider_than_word, 0, 0, 8});
  CHECK(refused<own<byte>>(bits::as_one{bits::given{8}}).reason == refusal::bit_outside_word);
  CHECK(refused<own<byte>>(bits::given{8}).place == std::string("bits::given"));
  CHECK(refused<own<byte>>(bits::range{0, 8}).place == std::string("bits::range"));
  CHECK(refused<own<byte>>(bits::adjacent{9}).place == std::string("bits::adjacent"));
}

TEST_CASE("a bit number that is negative or does not fit into 32 bits is outside every word") {
  for (const unsigned width : {1u, 4u, 8u, 32u, 64u}) {
    CHECK(bit_number(-1).in(width) >= width);
    CHECK(bit_number(-64).in(width) >= width);
    CHECK(bit_number(std::int8_t{-1}).in(width) >= width);
    CHECK(bit_number(std::uint64_t{1} << 32).in(width) >= width);
    CHECK(bit_number(-(std::int64_t{1} << 32)).in(width) >= width);
    CHECK(bit_number(width).in(width) >= width);
    CHECK(bit_number(width - 1).in(width) == width - 1);
    CHECK(from_msb(0).in(width) == width - 1);
    CHECK(from_msb(width - 1).in(width) == 0);
    CHECK(from_msb(width).in(width) >= width);
  }
  CHECK(refused<own<double>>(bits::given{-1}).reason == refusal::bit_outside_word);
  CHECK(refused<own<double>>(bits::range{-1, 4}).reason == refusal::bit_outside_word);
  CHECK(refused<own<double>>(bits::range{0, -4}).value == static_cast<std::uint64_t>(-4));
  CHECK(bitfault::from_msb(-1).in(32) == 32);
}

TEST_CASE("an earlier refusal of bits is kept") {
  status state{refusal::axis_outside, 1, 2, 3, "elsewhere"};
  bits::given{99}.bind<own<float>>(state);
  bits::range{5, 4}.bind<own<float>>(state);
  bits::adjacent{99}.bind<own<float>>(state);
  CHECK(state == status{refusal::axis_outside, 1, 2, 3});
}

TEST_CASE("negative window lengths are refused with what was given") {
  int minus = -2; // not a constant: nothing narrows, nothing warns
  const status s = refused<own<float>>(bits::adjacent{minus});
  CHECK(s.reason == refusal::window_wider_than_word);
  CHECK(static_cast<std::int64_t>(s.value) == -2);
}
