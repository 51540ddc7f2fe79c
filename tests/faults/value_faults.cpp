// SPDX-License-Identifier: MIT
#include "catch.hpp"

#include <bitfault/bitfault.hpp>

#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <type_traits>
#include <vector>

using namespace bitfault;

namespace {

/// What a fault model makes of one value.
template <class T, class Fault>
T after(const Fault& fault, T value) {
  T memory[1] = {value};
  REQUIRE(make_injector(fault, at{0}).apply(view(memory), {.seed = 1}).ok());
  return memory[0];
}

template <class T>
T word(word_t<T> w) {
  return from_word<T>(w);
}

constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

} // namespace

TEST_CASE("zero is the word 0 of every element type") {
  CHECK(to_word(after(zero{}, -3.5f)) == 0);
  CHECK(to_word(after(zero{}, -0.0)) == 0);
  CHECK(to_word(after(zero{}, half::from_bits(0xFFFF))) == 0);
  CHECK(to_word(after(zero{}, bfloat16::from_bits(0x8000))) == 0);
  CHECK(after(zero{}, std::int8_t{-128}) == 0);
  CHECK(after(zero{}, std::uint64_t{1} << 63) == 0);
  CHECK(!after(zero{}, true));
}

TEST_CASE("a constant saturates in integers and rounds ties to even") {
  CHECK(after(constant{1000}, std::int8_t{1}) == 127);
  CHECK(after(constant{-1000}, std::int8_t{1}) == -128);
  CHECK(after(constant{1000}, std::uint8_t{1}) == 255);
  CHECK(after(constant{-1}, std::uint8_t{1}) == 0);
  CHECK(after(constant{2.5}, std::int8_t{1}) == 2);
  CHECK(after(constant{3.5}, std::int8_t{1}) == 4);
  CHECK(after(constant{-2.5}, std::int16_t{1}) == -2);
  CHECK(after(constant{1e30}, std::int64_t{1}) == std::numeric_limits<std::int64_t>::max());
  CHECK(after(constant{-inf}, std::int32_t{1}) == std::numeric_limits<std::int32_t>::min());
  CHECK(after(constant{not_a_number}, std::int32_t{1}) == 0);
  CHECK(after(constant{-3.0f}, std::uint16_t{1}) == 0);
  CHECK(after(constant{0.75}, false));
  CHECK(!after(constant{0.5}, true));
}

TEST_CASE("a constant is rounded once into floats") {
  CHECK(to_word(after(constant{0.1}, 1.0f)) == to_word(0.1f));
  CHECK(after(constant{1e39}, 1.0f) == std::numeric_limits<float>::infinity());
  CHECK(to_word(after(constant{-1e-60}, 1.0f)) == 0x80000000u);
  CHECK(to_word(after(constant{65504.0}, half::from_bits(0))) == 0x7BFF);
  CHECK(to_word(after(constant{65519.0}, half::from_bits(0))) == 0x7BFF);
  CHECK(to_word(after(constant{65520.0}, half::from_bits(0))) == 0x7C00);
  // Through float this would be rounded twice: 1 + 2^-8 + 2^-40 lies above the tie.
  CHECK(to_word(after(constant{1 + 0x1p-8 + 0x1p-40}, bfloat16::from_bits(0))) == 0x3F81);
  CHECK(to_word(after(constant{1 + 0x1p-8}, bfloat16::from_bits(0))) == 0x3F80);
  CHECK(to_word(after(constant{7}, 1.0)) == to_word(7.0));
  CHECK(to_word(after(constant{not_a_number}, 1.0f)) == 0x7FC00000u);
  CHECK(to_word(after(constant{-not_a_number}, 1.0f)) == 0x7FC00000u); // one NaN on every machine
}

TEST_CASE("a constant of the element's own type is written bit for bit") {
  CHECK(to_word(after(constant{word<float>(0xFFA01234u)}, 1.0f)) == 0xFFA01234u);
  CHECK(to_word(after(constant{-0.0f}, 1.0f)) == 0x80000000u);
  CHECK(to_word(after(constant{half::from_bits(0xFE01)}, half::from_bits(0))) == 0xFE01);
  CHECK(after(constant{std::numeric_limits<std::int64_t>::max() - 1}, std::int64_t{0}) ==
        std::numeric_limits<std::int64_t>::max() - 1);
  CHECK(after(constant{(std::int64_t{1} << 53) + 1}, std::int64_t{0}) ==
        (std::int64_t{1} << 53) + 1);
  CHECK(after(constant{std::uint32_t{4000000000u}}, std::uint64_t{0}) == 4000000000u);
}

TEST_CASE("scale multiplies in double and rounds once, saturating integers") {
  CHECK(after(scale{2}, 1.5f) == 3.0f);
  CHECK(after(scale{-1}, 1.5) == -1.5);
  CHECK(after(scale{0.5}, std::int8_t{5}) == 2);
  CHECK(after(scale{0.5}, std::int8_t{7}) == 4);
  CHECK(after(scale{2}, std::int8_t{100}) == 127);
  CHECK(after(scale{-2}, std::int8_t{100}) == -128);
  CHECK(after(scale{-2}, std::uint8_t{100}) == 0);
  CHECK(to_word(after(scale{0.1}, 3.0f)) == to_word(static_cast<float>(3.0 * 0.1)));
  CHECK(to_word(after(scale{2}, word<float>(0x7F800001u))) == 0x7FC00000u);
  CHECK(to_word(after(scale{0}, -1.0f)) == 0x80000000u);
  CHECK(to_word(after(scale{1}, half::from_bits(0x0001))) == 0x0001);
  CHECK(to_word(after(scale{0.5}, half::from_bits(0x0001))) == 0x0000); // a tie, to even
}

TEST_CASE("factors and constants may be infinite or NaN") {
  constexpr std::uint32_t quiet = 0x7FC00000u, plus = 0x7F800000u, minus = 0xFF800000u;
  CHECK(to_word(after(scale{inf}, 2.0f)) == plus);
  CHECK(to_word(after(scale{inf}, -2.0f)) == minus);
  CHECK(to_word(after(scale{-inf}, 2.0f)) == minus);
  CHECK(to_word(after(scale{inf}, 0.0f)) == quiet);
  CHECK(to_word(after(scale{0}, word<float>(minus))) == quiet);
  CHECK(to_word(after(scale{not_a_number}, 2.0f)) == quiet);
  CHECK(to_word(after(scale{-not_a_number}, 0.0f)) == quiet);
  CHECK(to_word(after(scale{inf}, half(1.0))) == 0x7C00);
  CHECK(to_word(after(scale{not_a_number}, bfloat16(1.0))) == 0x7FC0);
  CHECK(after(scale{inf}, std::int8_t{3}) == 127);
  CHECK(after(scale{inf}, std::int8_t{-3}) == -128);
  CHECK(after(scale{inf}, std::int8_t{0}) == 0);
  CHECK(after(scale{-inf}, std::uint8_t{3}) == 0);
  CHECK(after(scale{not_a_number}, std::int32_t{5}) == 0);
  CHECK(after(scale{inf}, true));
  CHECK(!after(scale{not_a_number}, true));
  CHECK(to_word(after(constant{-inf}, 1.0f)) == minus);
  CHECK(to_word(after(constant{inf}, bfloat16(1.0))) == 0x7F80);
  CHECK(to_word(after(constant{std::numeric_limits<float>::infinity()}, 1.0)) ==
        0x7FF0000000000000u);
  CHECK(after(constant{inf}, std::uint16_t{1}) == 65535);
}

TEST_CASE("noise leaves infinite elements infinite, and makes one NaN of all") {
  const additive_noise noise{normal{0, 1e30}};
  CHECK(to_word(after(noise, word<float>(0xFF800000u))) == 0xFF800000u);
  CHECK(to_word(after(noise, word<float>(0xFF800001u))) == 0x7FC00000u);
  // A distribution of one's own may draw them.
  const auto infinite = [](auto&) { return inf; };
  const auto undefined = [](auto&) { return -not_a_number; };
  CHECK(to_word(after(additive_noise{infinite}, word<float>(0xFF800000u))) == 0x7FC00000u);
  CHECK(to_word(after(replacement{undefined}, 1.0f)) == 0x7FC00000u);
  CHECK(after(replacement{infinite}, std::int16_t{1}) == 32767);
  CHECK(after(random_scale{undefined}, std::int16_t{1}) == 0);
}

TEST_CASE("a distribution of one's own draws from the element's random numbers") {
  const auto coin = [](auto& random) { return (random.next32() >> 31) != 0 ? 1.0 : -1.0; };
  std::vector<float> memory(1000, 0.5f);
  REQUIRE(make_injector(replacement{coin}, every{}).apply(view(memory), {.seed = 3}).ok());
  int heads = 0;
  for (const float v : memory) {
    REQUIRE((v == 1.0f || v == -1.0f));
    heads += v > 0;
  }
  CHECK(std::abs(heads - 500) < 95); // six standard deviations
}

TEST_CASE("additive noise of whole numbers stays in its range and saturates") {
  std::vector<std::int8_t> memory(2000, 126), low(2000, -128);
  REQUIRE(
      make_injector(additive_noise{uniform_integer{-2, 2}}, every{}).apply(view(memory), {}).ok());
  REQUIRE(make_injector(additive_noise{uniform_integer{-2, 2}}, every{}).apply(view(low), {}).ok());
  int counts[6]{};
  for (const std::int8_t v : memory) {
    REQUIRE(v >= 124);
    ++counts[v - 124];
  }
  // 124, 125, 126 once in five, 127 for +1 and +2. Six standard deviations are 107.
  for (int i = 0; i < 3; ++i)
    CHECK(std::abs(counts[i] - 400) < 107);
  CHECK(std::abs(counts[3] - 800) < 131);
  for (const std::int8_t v : low)
    REQUIRE(v <= -126);
}

namespace {

__extension__ using wide = __int128;

/// A whole number as the nearest T.
template <class T>
T clamped_to(wide n) {
  constexpr wide low = std::numeric_limits<T>::min(), high = std::numeric_limits<T>::max();
  return static_cast<T>(n < low ? low : n > high ? high : n);
}

/// Integers around the powers of two that matter and at the limits.
template <class T>
std::vector<T> integers() {
  std::vector<T> all;
  for (const int power : {0, 7, 8, 15, 31, 53, 60, 63, 64})
    for (const int sign : {-1, 1})
      for (int step = -2; step <= 2; ++step)
        if (const wide n = sign * (wide{1} << power) + step; n == wide{clamped_to<T>(n)})
          all.push_back(static_cast<T>(n));
  return all;
}

/// The fault model's own function: for thousands of values, without an injector around it.
template <class T, class Fault>
T made_of(const Fault& fault, T value) {
  const random_stream stream(fault_key{});
  random_source random(stream, 0, 0, 0);
  return fault(value, random);
}

template <class T>
void check_whole_numbers() {
  int wrong = 0, changed = 0;
  for (const T value : integers<T>()) {
    wrong += made_of(scale{1.0}, value) != value;
    wrong += made_of(random_scale{uniform_integer{1, 1}}, value) != value;
    for (const std::int64_t n : integers<std::int64_t>()) {
      const T sum = clamped_to<T>(wide{value} + n);
      wrong += made_of(additive_noise{uniform_integer{n, n}}, value) != sum;
      changed += sum != value;
    }
  }
  for (const std::int64_t n : integers<std::int64_t>()) {
    wrong += made_of(replacement{uniform_integer{n, n}}, T{1}) != clamped_to<T>(n);
    wrong += made_of(constant{n}, T{1}) != clamped_to<T>(n);
  }
  for (const std::uint64_t n : integers<std::uint64_t>())
    wrong += made_of(constant{n}, T{1}) != clamped_to<T>(n);
  CHECK(wrong == 0);
  CHECK(changed > 50);
}

} // namespace

TEST_CASE("whole numbers are added to integers and written into them exactly, beyond 2^53 too") {
  // The oracle is 128-bit arithmetic.
  check_whole_numbers<std::int64_t>();
  check_whole_numbers<std::uint64_t>();
  check_whole_numbers<std::int32_t>();
  check_whole_numbers<std::int8_t>();
  check_whole_numbers<std::uint8_t>();
  check_whole_numbers<bool>();
  const std::int64_t odd = (std::int64_t{1} << 60) + 1;
  CHECK(after(additive_noise{uniform_integer{0, 0}}, odd) == odd);
  CHECK(after(scale{1.0}, odd) == odd);
  CHECK(after(scale{2.0}, odd) == std::int64_t{1} << 61); // rounded to a double, as documented
}

TEST_CASE("a random value lies between its bounds in every element type") {
  const auto check = [](auto example, double low, double high) {
    using T = decltype(example);
    std::vector<T> memory(3000);
    REQUIRE(make_injector(random_value{low, high}, every{}).apply(view(memory), {.seed = 9}).ok());
    double least = inf, most = -inf, sum = 0;
    for (const T& v : memory) {
      const double real = to_real(v);
      least = std::min(least, real);
      most = std::max(most, real);
      sum += real;
    }
    CHECK(least >= low);
    CHECK(most <= high);
    // Both ends are approached (within 1 %: fails for one key in 1e13), and the mean is in the
    // middle (six standard errors).
    CHECK(least < low + 0.01 * (high - low) + 0.5);
    CHECK(most > high - 0.01 * (high - low) - 0.5);
    const double error = 6 * (high - low) / std::sqrt(12.0 * 3000) + 0.01;
    CHECK(std::abs(sum / 3000 - (low + high) / 2) < error);
  };
  check(0.0f, -1, 3);
  check(0.0, 1e200, 1e201); // beyond the range of float
  check(half{}, -2, 2);
  check(bfloat16{}, 0, 1);
  check(std::int8_t{}, -100, 100);
  check(std::uint16_t{}, 0, 65535);
  check(std::int32_t{}, -1e9, 1e9);
}

TEST_CASE("event i writes value i") {
  const std::vector<float> values{1.5f, -2.0f, word<float>(0x7FA00001u)};
  std::vector<float> memory(5);
  REQUIRE(make_injector(value_list<float>{values}, at{4, 0, 2}).apply(view(memory), {}).ok());
  CHECK(memory[4] == 1.5f);
  CHECK(memory[0] == -2.0f);
  CHECK(to_word(memory[2]) == 0x7FA00001u); // bit for bit
  CHECK((memory[1] == 0 && memory[3] == 0));

  const std::vector<int> whole{300, -300, 7, 8};
  std::vector<std::int8_t> bytes(8);
  REQUIRE(
      make_injector(value_list<int>{whole}, at{0, 2, 5, 6}, burst{2}).apply(view(bytes), {}).ok());
  // Element 6 belongs to event 2, the lower one.
  CHECK(bytes == std::vector<std::int8_t>{127, 127, -128, -128, 0, 7, 7, 8});
}

TEST_CASE("a list of values is made from whatever holds values") {
  const std::vector<double> vector{1.5, 2.5};
  std::array<float, 2> array{1.5f, 2.5f};
  const int c_array[2] = {7, 8};
  bitfault::span<const double> view_of_them(vector);
  STATIC_REQUIRE(std::is_same_v<decltype(value_list{vector}), value_list<double>>);
  STATIC_REQUIRE(std::is_same_v<decltype(value_list{array}), value_list<float>>);
  STATIC_REQUIRE(std::is_same_v<decltype(value_list{c_array}), value_list<int>>);
  STATIC_REQUIRE(std::is_same_v<decltype(value_list{view_of_them}), value_list<double>>);
  STATIC_REQUIRE(std::is_same_v<decltype(value_list{std::span(array)}), value_list<float>>);
  value_list list{array};
  value_list again{list};
  STATIC_REQUIRE(std::is_same_v<decltype(again), value_list<float>>);
  CHECK(again.values.data() == array.data());
  std::vector<float> memory(2);
  REQUIRE(make_injector(again, at{1, 0}).apply(view(memory), {}).ok());
  CHECK(memory == std::vector<float>{2.5f, 1.5f});
}

TEST_CASE("a value fault writes each element once, however many events cover it") {
  std::vector<float> memory(100, 1.0f);
  REQUIRE(make_injector(scale{2}, every{}, burst{10}).apply(view(memory), {}).ok());
  CHECK(memory == std::vector<float>(100, 2.0f));
  REQUIRE(make_injector(scale{2}, at{7, 7, 7}).apply(view(memory), {}).ok());
  CHECK(memory[7] == 4.0f);
}
