// SPDX-License-Identifier: MIT
#include <bitfault/campaign/inject.hpp>

#include "catch.hpp"

#include <bitfault/bitfault.hpp>

#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

namespace {

using namespace bitfault::campaign;
using kind = fault_description::kind;
using listed = bitfault::listed_fault;

template <class T>
T faulty(kind which, T before, double a = 0, double b = 0, std::uint64_t number = 3) {
  const auto word = std::uint64_t{bitfault::to_word(before)};
  const fault_site site{0, 0, bitfault::detail::low_bits(bitfault::element_traits<T>::layout.bits),
                        number};
  const bitfault::random_stream stream(bitfault::fault_key{.seed = 6});
  const auto f = fault_at({which, a, b, {}}, *type<T>(), site, word, stream);
  return bitfault::from_word<T>(static_cast<bitfault::word_t<T>>(bitfault::faulty_word(f, word)));
}

} // namespace

TEST_CASE("described faults do what the core's models do") {
  CHECK(faulty(kind::bit_flip, std::uint8_t{0x0F}) == 0xF0);
  CHECK(faulty(kind::stuck_at_0, 1.5F) == 0.0F);
  CHECK(faulty(kind::stuck_at_1, std::int8_t{0}) == -1);
  CHECK(faulty(kind::zero, 7.25) == 0.0);
  CHECK(faulty(kind::constant, std::int32_t{5}, -12) == -12);
  CHECK(faulty(kind::scale, 1.5F, 4) == 6.0F);
  const float drawn = faulty(kind::random_value, 1.5F, 10, 11);
  CHECK((drawn >= 10.0F && drawn < 11.0F));
  CHECK(faulty(kind::random_value, 1.5F, 10, 11) == drawn);
  CHECK(faulty(kind::random_value, 1.5F, 10, 11, 4) != drawn);
  const double noisy = faulty(kind::uniform_noise, 100.0, -1, 1);
  CHECK((noisy != 100.0 && std::abs(noisy - 100.0) <= 1));
  CHECK(faulty(kind::normal_noise, 100.0, 0, 1e-3) != 100.0);
}

TEST_CASE("a quantised flip is what the core's formats make of the value") {
  const bitfault::random_stream stream(bitfault::fault_key{.seed = 6});
  const auto flipped = [&](double bits, double step, float before, unsigned bit) {
    const fault_site site{0, 0, std::uint64_t{1} << bit, bit};
    const listed f = fault_at({kind::quantized_flip, bits, step, {}}, *type<float>(), site,
                              bitfault::to_word(before), stream);
    CHECK(f.mask == 0xFFFFFFFFU);
    return bitfault::from_word<float>(
        static_cast<std::uint32_t>(bitfault::faulty_word(f, std::uint64_t{0})));
  };
  const auto by_core = [](const auto& format, float before, unsigned bit) {
    std::vector<float> one{before};
    const auto injector = bitfault::make_injector(bitfault::bit_flip{}, bitfault::every{},
                                                  bitfault::bits::given{bit}, format);
    injector.apply(bitfault::view(one), {.seed = 1}).or_throw();
    return one[0];
  };
  const float infinity = std::numeric_limits<float>::infinity();
  for (const float x : {0.0F, 1.0F, -1.0F, 0.37F, -126.5F, 300.0F, -1e9F, 1e-9F, infinity,
                        -infinity, std::nanf(""), 0.15F, 0.25F, -0.25F}) {
    for (unsigned bit = 0; bit < 32; ++bit) {
      INFO(x << " bit " << bit);
      CHECK(flipped(32, 0x1p-24, x, bit) ==
            by_core(bitfault::formats::fixed_point<7, 24>{}, x, bit));
      if (bit < 8)
        CHECK(flipped(8, 0.1, x, bit) ==
              by_core(bitfault::formats::quantized<std::int8_t>{0.1}, x, bit));
    }
  }
  CHECK(flipped(8, 0.5, 1.0F, 7) == -63.0F);
}

TEST_CASE("bad parameters are refused with their value") {
  CHECK_THROWS_AS(faulty(kind::random_value, 1.5F, 2, 1), bitfault::error);
  CHECK_THROWS_AS(faulty(kind::normal_noise, 1.5F, 0, -1), bitfault::error);
}

TEST_CASE("a value fault needs an element type that the library knows") {
  const element_type odd{"bits16", 2, {16, 0, 0, 16}, nullptr};
  const bitfault::random_stream stream(bitfault::fault_key{.seed = 6});
  CHECK_THROWS_WITH(fault_at({kind::zero, 0, 0, {}}, odd, {0, 0, 0xFFFF, 0}, 5, stream),
                    Catch::Contains("bits16"));
  CHECK(fault_at({kind::bit_flip, 0, 0, {}}, odd, {0, 0, 4, 0}, 5, stream).mask == 4);
}
