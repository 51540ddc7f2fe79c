// SPDX-License-Identifier: MIT
// Fault models of one's own.
#include "catch.hpp"

#include <bitfault/bitfault.hpp>

#include <cstdint>
#include <set>
#include <type_traits>
#include <vector>

using namespace bitfault;

namespace {

struct negate {
  template <class T>
  BITFAULT_FN constexpr T operator()(T value, auto& /*random*/) const noexcept {
    return static_cast<T>(-value);
  }
};

struct swap_nibbles {
  template <class W>
  BITFAULT_FN constexpr W operator()(W word, W mask, auto&) const noexcept {
    return static_cast<W>((word & ~mask) | (((word >> 4) | (word << 4)) & mask));
  }
};

/// For one element type only.
struct float_only {
  constexpr float operator()(float value, random_source&) const noexcept { return value + 0.25f; }
};

/// Writes the random numbers that it gets.
struct write_random {
  constexpr std::uint64_t operator()(std::uint64_t, std::uint64_t, auto& random) const noexcept {
    return random.next64();
  }
};

} // namespace

TEST_CASE("a struct of one's own at value level") {
  std::vector<float> memory{1, 2, 3};
  REQUIRE(make_injector(negate{}, at{1}).apply(view(memory), {}).ok());
  CHECK(memory == std::vector<float>{1, -2, 3});
  REQUIRE(make_injector(float_only{}, at{2}).apply(view(memory), {}).ok());
  CHECK(memory[2] == 3.25f);
}

TEST_CASE("a struct of one's own at word level sees word and mask") {
  std::vector<std::uint8_t> memory{0x12, 0x34};
  REQUIRE(make_injector(swap_nibbles{}, at{0}, bits::all{}).apply(view(memory), {}).ok());
  REQUIRE(make_injector(swap_nibbles{}, at{1}, bits::as_one{bits::range{0, 3}})
              .apply(view(memory), {})
              .ok());
  CHECK(memory[0] == 0x21);
  CHECK(memory[1] == 0x33);
}

TEST_CASE("lambdas at both levels, with captures") {
  std::vector<float> memory{8, 8};
  const float divisor = 4;
  REQUIRE(make_injector([divisor](float v, auto&) { return v / divisor; }, at{0})
              .apply(view(memory), {})
              .ok());
  CHECK(memory[0] == 2.0f);
  REQUIRE(make_injector([](auto w, decltype(w) mask, auto&) -> decltype(w) { return w ^ mask; },
                        at{1}, bits::sign{})
              .apply(view(memory), {})
              .ok());
  CHECK(memory[1] == -8.0f);
}

TEST_CASE("a model of one's own is a value fault or a word fault by the arguments it takes") {
  STATIC_REQUIRE(bitfault::detail::sets_value<negate, float>());
  STATIC_REQUIRE(!bitfault::detail::sets_value<swap_nibbles, std::uint8_t>());
  STATIC_REQUIRE(bitfault::detail::sets_value<zero, float>());
  STATIC_REQUIRE(!bitfault::detail::sets_value<bit_flip, float>());
  STATIC_REQUIRE(bitfault::detail::sets_value<chain<bit_flip, negate>, float>());
  STATIC_REQUIRE(!bitfault::detail::sets_value<mixture<weighted<bit_flip>, weighted<swap_nibbles>>,
                                               std::uint8_t>());
  STATIC_REQUIRE(bitfault::detail::fits_element<negate, double>());
  struct no_model {};
  STATIC_REQUIRE(!bitfault::detail::fits_element<no_model, double>());
  CHECK(make_injector(negate{}, exactly{2}).bind<float>(extents{2}).state().ok()); // whole words
  CHECK(!make_injector(negate{}, exactly{3}).bind<float>(extents{2}).state().ok());
  CHECK(make_injector(swap_nibbles{}, exactly{16}).bind<std::uint8_t>(extents{2}).state().ok());
}

TEST_CASE("random numbers belong to the element: other ones elsewhere, the same ones again") {
  constexpr std::size_t n = 500;
  std::vector<std::uint64_t> first(n), again(n), other(n);
  const auto injector = make_injector(write_random{}, every{}, bits::all{});
  REQUIRE(injector.apply(view(first), {.seed = 1}).ok());
  REQUIRE(injector.apply(threads{4, 1}, view(again), {.seed = 1}).ok());
  REQUIRE(injector.apply(view(other), {.seed = 1, .trial = 1}).ok());
  CHECK(first == again);
  std::set<std::uint64_t> distinct(first.begin(), first.end());
  distinct.insert(other.begin(), other.end());
  CHECK(distinct.size() == 2 * n);
}

TEST_CASE("random numbers are those of the stream, and do not depend on other events") {
  const fault_key key{.seed = 6, .trial = 4, .stream = 2, .step = 1};
  std::vector<std::uint64_t> memory(50);
  REQUIRE(make_injector(write_random{}, at{17, 3}, bits::all{}).apply(view(memory), key).ok());
  const random_stream stream(key);
  CHECK(memory[17] == stream.block(purpose::model, 17).wide(0));
  CHECK(memory[3] == stream.block(purpose::model, 3).wide(0));
  CHECK(memory[4] == 0);
}

TEST_CASE("a model knows its element and the number of its event") {
  const auto element_and_event = [](double, auto& random) {
    return static_cast<double>(random.element() * 1000 + random.event());
  };
  std::vector<double> memory(20);
  REQUIRE(make_injector(element_and_event, at{9, 4, 13}).apply(view(memory), {}).ok());
  CHECK(memory[9] == 9000);
  CHECK(memory[4] == 4001);
  CHECK(memory[13] == 13002);
}

TEST_CASE("a random source gives uniform numbers below a bound") {
  const random_stream stream({.seed = 3});
  std::vector<int> counts(7);
  for (std::uint64_t e = 0; e < 7000; ++e) {
    random_source random(stream, e, 0, e);
    ++counts[random.below(7)];
  }
  double chi2 = 0;
  for (const int c : counts)
    chi2 += (c - 1000) * (c - 1000) / 1000.0;
  CHECK(chi2 < 33.1); // 6 degrees of freedom, one key in 100,000
  random_source random(stream, 1, 0, 1);
  CHECK(random.below(1) == 0);
}

namespace {

template <class F, class T>
constexpr bool fits = bitfault::detail::fits_element<F, T>();

constexpr auto of_float = [](float v, auto&) { return v; };
constexpr auto of_double = [](double v, auto&) { return v; };
constexpr auto of_int = [](int v, auto&) { return v; };
constexpr auto of_any = [](auto v, auto&) { return static_cast<decltype(v)>(v / 2); };
constexpr auto returns_int = [](std::uint8_t v, auto&) { return v + 1; };
constexpr auto of_words = [](std::uint32_t w, std::uint32_t mask, auto&) { return w ^ mask; };
constexpr auto any_mask = [](std::uint32_t w, auto mask, random_source&) { return w ^ mask; };
constexpr auto any_word = [](auto w, std::uint32_t, auto& random) { return random.next32(), w; };
struct halves {
  template <class T>
  T operator()(T v, auto&) const {
    return v / 2;
  }
};

} // namespace

TEST_CASE("a model takes and returns exactly the type of the elements, nothing is converted") {
  STATIC_REQUIRE(fits<decltype(of_float), float>);
  STATIC_REQUIRE(fits<decltype(of_double), double>);
  STATIC_REQUIRE_FALSE(fits<decltype(of_double), float>);
  STATIC_REQUIRE_FALSE(fits<decltype(of_float), double>);
  STATIC_REQUIRE_FALSE(fits<decltype(of_int), float>);
  STATIC_REQUIRE_FALSE(fits<decltype(of_int), unsigned>);
  STATIC_REQUIRE(fits<decltype(of_any), float>);
  STATIC_REQUIRE(fits<decltype(of_any), std::int8_t>);
  STATIC_REQUIRE(fits<halves, double>);
  STATIC_REQUIRE_FALSE(fits<decltype(returns_int), std::uint8_t>);
  STATIC_REQUIRE(fits<decltype(of_words), float>);
  STATIC_REQUIRE(fits<decltype(of_words), int>);
  STATIC_REQUIRE_FALSE(fits<decltype(of_words), double>);
  STATIC_REQUIRE_FALSE(fits<decltype(of_words), std::uint16_t>);
  STATIC_REQUIRE(fits<decltype(any_mask), float>);
  STATIC_REQUIRE_FALSE(fits<decltype(any_mask), double>);
  STATIC_REQUIRE(fits<decltype(any_word), float>);
  STATIC_REQUIRE_FALSE(fits<decltype(any_word), double>);
  using function = float (*)(float, random_source&);
  STATIC_REQUIRE(fits<function, float>);
  STATIC_REQUIRE_FALSE(fits<function, double>);
  // Through a format, a word model sees the code.
  STATIC_REQUIRE_FALSE(bitfault::detail::fits_element<decltype(of_words), float, std::uint8_t>());
  STATIC_REQUIRE(bitfault::detail::fits_element<bit_flip, float, std::uint8_t>());
}
