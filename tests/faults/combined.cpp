// SPDX-License-Identifier: MIT
#include "catch.hpp"

#include <bitfault/bitfault.hpp>

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

using namespace bitfault;

namespace {

template <class T, class Fault, class... Policy>
T after(T value, const Fault& fault, Policy... policy) {
  T memory[1] = {value};
  REQUIRE(make_injector(fault, at{0}, policy...).apply(view(memory), {.seed = 2}).ok());
  return memory[0];
}

struct plus_one {
  template <class T>
  constexpr T operator()(T value, auto&) const noexcept {
    return static_cast<T>(value + 1);
  }
};

/// How often each of the values 1 .. kinds was written.
template <class Fault>
std::vector<double> counts(const Fault& fault, std::size_t kinds) {
  constexpr std::size_t n = 60000;
  std::vector<std::int32_t> memory(n);
  REQUIRE(make_injector(fault, every{}).apply(view(memory), {.seed = 33}).ok());
  std::vector<double> result(kinds + 1);
  for (const std::int32_t v : memory) {
    REQUIRE(v >= 0);
    REQUIRE(static_cast<std::size_t>(v) <= kinds);
    ++result[static_cast<std::size_t>(v)];
  }
  return result;
}

double chi_square(const std::vector<double>& counted, const std::vector<double>& shares) {
  double chi2 = 0;
  for (std::size_t i = 0; i < shares.size(); ++i) {
    const double expected = 60000 * shares[i];
    chi2 += (counted[i + 1] - expected) * (counted[i + 1] - expected) / expected;
  }
  return chi2;
}

} // namespace

TEST_CASE("the steps of a chain act in their order") {
  CHECK(after(3.0f, chain{plus_one{}, scale{2}}) == 8.0f);
  CHECK(after(3.0f, chain{scale{2}, plus_one{}}) == 7.0f);
  CHECK(after(3.0f, chain{scale{2}}) == 6.0f);
  CHECK(after(3.0f, chain{chain{plus_one{}, scale{2}}, chain{plus_one{}, plus_one{}}}) == 10.0f);
  CHECK(after(std::int8_t{100}, chain{scale{2}, scale{0.5}}) == 64); // 127 / 2 = 63.5, to even
}

TEST_CASE("word-level steps of a chain see the mask, value steps what the step before has left") {
  CHECK(after(1.0f, chain{bit_flip{}, plus_one{}}, bits::given{31}) == 0.0f);
  CHECK(after(1.0f, chain{plus_one{}, bit_flip{}}, bits::given{31}) == -2.0f);
  CHECK(to_word(after(std::uint8_t{0}, chain{bit_flip{}, stuck_at_0{}},
                      bits::as_one{bits::range{2, 5}})) == 0);
  CHECK(to_word(after(std::uint8_t{0}, chain{stuck_at_0{}, bit_flip{}},
                      bits::as_one{bits::range{2, 5}})) == 0x3C);
}

TEST_CASE("a chain of bit faults composes where events meet, one with a value acts once") {
  // Two events on one element.
  std::vector<std::uint8_t> bytes(2);
  REQUIRE(make_injector(chain{bit_flip{}, bit_flip{}, bit_flip{}}, at{0, 0}, bits::all{})
              .apply(view(bytes), {})
              .ok());
  CHECK(bytes[0] == 0);
  std::vector<float> floats{1.0f, 1.0f};
  REQUIRE(make_injector(chain{bit_flip{}, scale{4}}, at{0, 0}, bits::sign{})
              .apply(view(floats), {})
              .ok());
  CHECK(floats[0] == -4.0f);
}

TEST_CASE("a mixture chooses its models by their weights") {
  const auto counted = counts(mixture{weighted{1, constant{1}}, weighted{2, constant{2}},
                                      weighted{3, constant{3}}, weighted{4, constant{4}}},
                              4);
  // 3 degrees of freedom: one key in 100,000 exceeds this.
  CHECK(chi_square(counted, {0.1, 0.2, 0.3, 0.4}) < 25.9);
}

TEST_CASE("a mixture in a mixture multiplies the weights") {
  const auto counted =
      counts(mixture{weighted{1, mixture{weighted{1, constant{1}}, weighted{3, constant{2}}}},
                     weighted{1, chain{constant{2},
                                       mixture{weighted{1, plus_one{}}, weighted{1, scale{2}}}}}},
             4);
  CHECK(chi_square(counted, {0.125, 0.375, 0.25, 0.25}) < 25.9);
}

TEST_CASE("a weight of 0 is never chosen, and large weights do not overflow") {
  const auto never = counts(
      mixture{weighted{0, constant{1}}, weighted{5, constant{2}}, weighted{0, constant{3}}}, 3);
  CHECK(never[2] == 60000);
  const auto large =
      counts(mixture{weighted{4000000000u, constant{1}}, weighted{4000000000u, constant{2}}}, 2);
  CHECK(chi_square(large, {0.5, 0.5}) < 19.6); // 1 degree of freedom, one key in 100,000
}

TEST_CASE("a mixture of bit and value faults leaves either a flipped bit or a zero") {
  std::vector<float> memory(4000, 1.0f);
  const auto injector =
      make_injector(mixture{weighted{70, bit_flip{}}, weighted{30, zero{}}}, every{}, bits::sign{});
  REQUIRE(injector.apply(view(memory), {.seed = 5}).ok());
  int flipped = 0, zeros = 0;
  for (const float f : memory) {
    flipped += f == -1.0f;
    zeros += to_word(f) == 0;
  }
  CHECK(flipped + zeros == 4000);
  CHECK(std::abs(flipped - 2800) < 6 * 29); // six standard deviations
}

TEST_CASE("lists inside a combination still follow the events") {
  const std::vector<int> values{5, 6, 7};
  std::vector<std::int16_t> memory(4);
  REQUIRE(make_injector(chain{value_list<int>{values}, scale{10}}, at{3, 1, 0})
              .apply(view(memory), {})
              .ok());
  CHECK(memory == std::vector<std::int16_t>{70, 60, 0, 50});
}

TEST_CASE("negative and too large weights are refused with what was given") {
  std::vector<float> memory(8, 1.0f);
  const auto text = [&](auto weight) {
    const auto injector =
        make_injector(mixture{weighted{weight, zero{}}, weighted{1, scale{2}}}, exactly{1});
    return std::string(message(injector.apply(view(memory), fault_key{})).text);
  };
  int minus = -3; // not a constant: nothing narrows, nothing warns
  CHECK(text(minus) == "bitfault: mixture: weight (0 to 2^32 - 1): -3 is not allowed here");
  CHECK(text(std::int64_t{1} << 32).find("is not allowed here") != std::string::npos);
  CHECK(memory == std::vector<float>(8, 1.0f));
  CHECK(text(0xFFFF'FFFFu) == "bitfault: no error");
}
