// SPDX-License-Identifier: MIT
#include "catch.hpp"

#include <bitfault/bitfault.hpp>

#include <cmath>
#include <cstdint>
#include <limits>
#include <set>
#include <string>

using namespace bitfault;

namespace {

template <class T>
T after(const quantize& fault, T value) {
  T memory[1] = {value};
  REQUIRE(make_injector(fault, at{0}).apply(view(memory), {.seed = 1}).ok());
  return memory[0];
}

std::string refused(const quantize& fault) {
  float memory[1] = {0.3f};
  const status s = make_injector(fault, at{0}).apply(view(memory), {});
  REQUIRE(!s.ok());
  CHECK(memory[0] == 0.3f);
  return message(s).text;
}

constexpr float infinity = std::numeric_limits<float>::infinity();

} // namespace

TEST_CASE("of n bits 2^n values are left, each the nearest one") {
  for (int bits = 1; bits <= 10; ++bits) {
    const double last = std::ldexp(1.0, bits) - 1;
    const double low = -1,
                 high = low + last * 0.125; // distances that are exact
    const quantize fault{bits, low, high};
    std::set<double> values;
    for (double v = low - 1; v <= high + 1; v += 1.0 / 64) {
      const double got = after(fault, v);
      values.insert(got);
      const double inside = v < low ? low : v > high ? high : v;
      CHECK(got >= low);
      CHECK(got <= high);
      CHECK(std::abs(got - inside) <= 0.0625);
      CHECK(std::fmod(got - low, 0.125) == 0);
    }
    CHECK(values.size() == static_cast<std::size_t>(last) + 1);
    CHECK(*values.begin() == low);
    CHECK(*values.rbegin() == high);
  }
}

TEST_CASE("ties go up, the ends stay, infinity goes to the ends and a NaN stays") {
  const quantize two_bits{2, -1.5, 1.5}; // -1.5 -0.5 0.5 1.5
  CHECK(after(two_bits, 0.0f) == 0.5f);
  CHECK(after(two_bits, -1.0f) == -0.5f);
  CHECK(after(two_bits, 1.0f) == 1.5f);
  CHECK(after(two_bits, 0.99f) == 0.5f);
  CHECK(after(two_bits, infinity) == 1.5f);
  CHECK(after(two_bits, -infinity) == -1.5f);
  CHECK(to_word(after(two_bits, from_word<float>(0xFFC00123u))) == 0xFFC00123u);
  CHECK(after(quantize{1, 0.1, 0.3}, 0.25f) == 0.3f);
  CHECK(after(quantize{24, -1, 1}, 1.0f) == 1.0f);
  CHECK(after(quantize{24, -1, 1}, -1.0f) == -1.0f);
}

TEST_CASE("a quantised value stays where it is") {
  const quantize fault{5, -0.7, 0.9};
  for (float v = -0.8f; v < 1.0f; v += 0.01f) {
    const float once = after(fault, v);
    CHECK(after(fault, once) == once);
  }
}

TEST_CASE("integers are quantised too") {
  const quantize fault{4, -128, 127}; // every 17th
  for (int v = -128; v < 128; ++v) {
    const int got = after(fault, static_cast<std::int8_t>(v));
    CHECK((got + 128) % 17 == 0);
    CHECK(std::abs(got - v) <= 8);
  }
}

TEST_CASE("parameters that make no sense are refused") {
  CHECK(refused({0, -1, 1}) == "bitfault: quantize: bits (1 to 24): 0 is not allowed here");
  CHECK(refused({25, -1, 1}) == "bitfault: quantize: bits (1 to 24): 25 is not allowed here");
  CHECK(refused({4, 1, 1}) ==
        "bitfault: quantize: high (finite, above low): 1 is not allowed here");
  CHECK(refused({4, double{-infinity}, 1}).find("low (finite)") != std::string::npos);
  CHECK(refused({4, 0, double{infinity}}).find("infinity is not allowed") != std::string::npos);
  CHECK(refused({4, -1.7e308, 1.7e308}).find("high - low") != std::string::npos);
}
