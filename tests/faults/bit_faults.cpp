// SPDX-License-Identifier: MIT
#include "catch.hpp"

#include <bitfault/bitfault.hpp>

#include <cmath>
#include <cstdint>
#include <string>
#include <type_traits>
#include <vector>

using namespace bitfault;

namespace {

/// Every word of a type, once.
template <class T>
std::vector<T> every_word() {
  std::vector<T> words(std::size_t{1} << (8 * sizeof(T)));
  for (std::size_t i = 0; i < words.size(); ++i)
    words[i] = from_word<T>(static_cast<word_t<T>>(i));
  return words;
}

/// Bit b of every word is changed as the table of the operation says, and no other bit.
template <class T, class Fault, class Table>
bool is_right_for_every_word(Fault fault, Table table) {
  const auto golden = every_word<T>();
  for (unsigned b = 0; b < 8 * sizeof(T); ++b) {
    auto memory = golden;
    const auto injector = make_injector(fault, every{}, bits::given{b});
    if (!injector.apply(view(memory), {}).ok())
      return false;
    for (std::size_t i = 0; i < memory.size(); ++i) {
      std::size_t expected = 0;
      for (unsigned bit = 0; bit < 8 * sizeof(T); ++bit) { // digit by digit, no masks
        const bool was = i / (std::size_t{1} << bit) % 2 == 1;
        expected += (bit == b ? table(was) : was) ? std::size_t{1} << bit : 0;
      }
      if (to_word(memory[i]) != expected)
        return false;
    }
  }
  return true;
}

template <class T>
bool all_operations_are_right() {
  return is_right_for_every_word<T>(bit_flip{}, [](bool was) { return !was; }) &&
         is_right_for_every_word<T>(stuck_at_0{}, [](bool) { return false; }) &&
         is_right_for_every_word<T>(stuck_at_1{}, [](bool) { return true; });
}

float flipped(float value, unsigned bit) {
  float memory[1] = {value};
  REQUIRE(make_injector(bit_flip{}, at{0}, bits::given{bit}).apply(view(memory), {}).ok());
  return memory[0];
}

} // namespace

TEST_CASE("flip and stuck-at are right for every word and bit of the 8-bit types") {
  CHECK(all_operations_are_right<std::int8_t>());
  CHECK(all_operations_are_right<std::uint8_t>());
}

TEST_CASE("flip and stuck-at are right for every word and bit of the 16-bit types") {
  CHECK(all_operations_are_right<std::int16_t>());
  CHECK(all_operations_are_right<std::uint16_t>());
  CHECK(all_operations_are_right<half>());
  CHECK(all_operations_are_right<bfloat16>());
}

TEST_CASE("a bool has one bit") {
  bool memory[2] = {false, true};
  REQUIRE(make_injector(bit_flip{}, every{}, bits::all{}).apply(view(memory), {}).ok());
  CHECK(memory[0]);
  CHECK(!memory[1]);
  REQUIRE(make_injector(stuck_at_0{}, exactly{2}).apply(view(memory), {}).ok());
  CHECK((!memory[0] && !memory[1]));
  CHECK(!make_injector(bit_flip{}, exactly{3}).apply(view(memory), {}).ok());
}

TEST_CASE("bit 30 of a float: the known answers") {
  CHECK(flipped(0.05f, 30) == Approx(1.70e37).epsilon(0.002));
  CHECK(to_word(flipped(1.0f, 30)) == 0x7F800000u); // infinity
  CHECK(std::isnan(flipped(1.5f, 30)));
  CHECK(to_word(flipped(0.0f, 31)) == 0x80000000u);
  CHECK(flipped(1.0f, 22) == 1.5f);
  CHECK(to_word(flipped(from_word<float>(0x7F800000u), 0)) == 0x7F800001u);  // infinity to NaN
  CHECK(to_word(flipped(from_word<float>(0x7FA00001u), 31)) == 0xFFA00001u); // the payload stays
}

TEST_CASE("bit b of an int8 changes the value by exactly 2^b, 255/8 on average") {
  std::int64_t sum = 0;
  for (int value = -128; value < 128; ++value) {
    for (unsigned b = 0; b < 8; ++b) {
      std::int8_t memory[1] = {static_cast<std::int8_t>(value)};
      REQUIRE(make_injector(bit_flip{}, at{0}, bits::given{b}).apply(view(memory), {}).ok());
      const int change = memory[0] - value;
      REQUIRE(std::abs(change) == 1 << b);
      sum += std::abs(change);
    }
  }
  CHECK(sum * 8 == 255 * 256 * 8);
  // Drawn bits: the mean of n draws lies within five standard errors (0.6 in a million choices of
  // keys do not). The variance is (sum of 4^b)/8 - (255/8)^2 = 2730.6 - 1016.0.
  double drawn = 0;
  constexpr int n = 20000;
  std::vector<std::int8_t> memory(n);
  REQUIRE(make_injector(bit_flip{}, exactly_elements{n}).apply(view(memory), {.seed = 3}).ok());
  for (const std::int8_t v : memory)
    drawn += std::abs(int{v});
  CHECK(std::abs(drawn / n - 255.0 / 8) < 5 * std::sqrt(1714.6 / n));
}

TEST_CASE("bits are counted from the least significant one, or from the other end on request") {
  std::uint32_t memory[3]{};
  REQUIRE(make_injector(stuck_at_1{}, at{0}, bits::given{0}).apply(view(memory), {}).ok());
  REQUIRE(
      make_injector(stuck_at_1{}, at{1}, bits::given{from_msb(0)}).apply(view(memory), {}).ok());
  REQUIRE(make_injector(stuck_at_1{}, every{}, bits::as_one{bits::range{from_msb(3), from_msb(1)}},
                        region{2})
              .apply(view(memory), {})
              .ok());
  CHECK(memory[0] == 1u);
  CHECK(memory[1] == 0x80000000u);
  CHECK(memory[2] == 0x70000000u);
}

TEST_CASE("sign, exponent and mantissa are those of the element type") {
  const auto touched = [](auto zero_element, auto which) {
    using T = decltype(zero_element);
    T memory[1] = {zero_element};
    REQUIRE(make_injector(stuck_at_1{}, every{}, bits::as_one{which}).apply(view(memory), {}).ok());
    return std::uint64_t{to_word(memory[0])};
  };
  CHECK(touched(0.0f, bits::sign{}) == 0x80000000u);
  CHECK(touched(0.0f, bits::exponent{}) == 0x7F800000u);
  CHECK(touched(0.0f, bits::mantissa{}) == 0x007FFFFFu);
  CHECK(touched(0.0, bits::exponent{}) == 0x7FF0000000000000u);
  CHECK(touched(half::from_bits(0), bits::exponent{}) == 0x7C00u);
  CHECK(touched(half::from_bits(0), bits::mantissa{}) == 0x03FFu);
  CHECK(touched(bfloat16::from_bits(0), bits::exponent{}) == 0x7F80u);
  CHECK(touched(bfloat16::from_bits(0), bits::sign{}) == 0x8000u);
  CHECK(touched(std::int8_t{0}, bits::sign{}) == 0x80u);
  CHECK(touched(std::int64_t{0}, bits::any{}) == ~std::uint64_t{0});
}

TEST_CASE("two flips of one bit cancel, two stuck-at do not") {
  std::uint16_t memory[2]{};
  REQUIRE(make_injector(bit_flip{}, at{0, 0}, bits::given{3}).apply(view(memory), {}).ok());
  CHECK(memory[0] == 0);
  REQUIRE(make_injector(stuck_at_1{}, at{1, 1}, bits::given{3}).apply(view(memory), {}).ok());
  CHECK(memory[1] == 8);
}

TEST_CASE("event i flips the bits of mask i") {
  const std::vector<std::uint16_t> masks{0x0001, 0xFFFF, 0x0000, 0x8080};
  std::vector<std::uint16_t> memory(6);
  const flip_masks<std::uint16_t> model{masks};
  REQUIRE(make_injector(model, at{5, 0, 3, 2}).apply(view(memory), {}).ok());
  CHECK(memory == std::vector<std::uint16_t>{0xFFFF, 0, 0x8080, 0, 0, 0x0001});
  // Twice in one element: they compose.
  REQUIRE(make_injector(model, at{1, 1, 1, 1}).apply(view(memory), {}).ok());
  CHECK(memory[1] == (0x0001 ^ 0xFFFF ^ 0x8080));
  // Over a pattern each cell of the event gets the event's mask.
  std::vector<std::uint16_t> burst_memory(6);
  REQUIRE(make_injector(model, at{0, 3}, burst{2}).apply(view(burst_memory), {}).ok());
  CHECK(burst_memory == std::vector<std::uint16_t>{1, 1, 0, 0xFFFF, 0xFFFF, 0});
  // A selector that draws hands the masks out, each once.
  std::vector<std::uint16_t> drawn(100);
  REQUIRE(make_injector(model, exactly_elements{4}).apply(view(drawn), {.seed = 1}).ok());
  int found[4]{};
  for (const std::uint16_t w : drawn)
    for (std::size_t i = 0; i < 4; ++i)
      found[i] += w == masks[i];
  CHECK((found[0] == 1 && found[1] == 1 && found[3] == 1));
  CHECK(found[2] == 97);
}

TEST_CASE("a list of masks is made from whatever holds integers, signed ones too") {
  const std::vector<std::int32_t> masks{-1, 1};
  const std::uint8_t bytes[2] = {0x80, 0x01};
  STATIC_REQUIRE(std::is_same_v<decltype(flip_masks{masks}), flip_masks<std::int32_t>>);
  STATIC_REQUIRE(std::is_same_v<decltype(flip_masks{bytes}), flip_masks<std::uint8_t>>);
  std::vector<float> memory(2);
  flip_masks list{masks};
  REQUIRE(make_injector(list, at{1, 0}).apply(view(memory), {}).ok());
  CHECK(to_word(memory[1]) == 0xFFFFFFFFu);
  CHECK(to_word(memory[0]) == 1);
  std::vector<std::int8_t> small(2);
  REQUIRE(make_injector(flip_masks{bytes}, at{0, 1}).apply(view(small), {}).ok());
  CHECK(small == std::vector<std::int8_t>{-128, 1});
  // The bits of a negative mask of a bool lie outside its word.
  const std::int8_t minus[1] = {-1};
  bool flag[1] = {false};
  CHECK(make_injector(flip_masks{minus}, at{0}).apply(view(flag), {}) ==
        status{refusal::bit_outside_word, 0, 7, 1});
  CHECK(!flag[0]);
}

TEST_CASE("an element that is given twice is hit twice in the same bit, so two flips cancel") {
  for (std::uint64_t trial = 0; trial < 100; ++trial) {
    const fault_key key{.seed = 3, .trial = trial};
    std::vector<std::uint32_t> once(40, 0x5A5A5A5Au), twice = once, set = once;
    const std::vector<std::uint32_t> golden = once;
    REQUIRE(make_injector(bit_flip{}, at{17}).apply(view(once), key).ok());
    REQUIRE(make_injector(bit_flip{}, at{17, 17}).apply(view(twice), key).ok());
    CHECK(once != golden);
    CHECK(twice == golden);
    // Three times is once; and the bit is the same one.
    REQUIRE(make_injector(bit_flip{}, at{17, 17, 17}).apply(view(twice), key).ok());
    CHECK(twice == once);
    REQUIRE(make_injector(stuck_at_1{}, at{17, 17}).apply(view(set), key).ok());
    CHECK(set[17] == (golden[17] | (golden[17] ^ once[17])));
  }
}
