// SPDX-License-Identifier: MIT
#include "bitfault/campaign/critical_bits.hpp"

#include "../support/chance.hpp"
#include "bitfault/campaign/model.hpp"
#include "bitfault/core/bfloat16.hpp"
#include "bitfault/core/half.hpp"
#include "bitfault/core/real.hpp"
#include "catch.hpp"

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <type_traits>
#include <vector>

namespace bitfault::campaign {
namespace {

template <class T>
tensor_ref tensor(std::vector<T>& elements) {
  return {*type<T>(), reinterpret_cast<std::byte*>(elements.data()), {elements.size()}};
}
std::vector<std::uint64_t> all_of(std::size_t n) {
  std::vector<std::uint64_t> elements(n);
  std::iota(elements.begin(), elements.end(), std::uint64_t{0});
  return elements;
}
template <class T>
double after_flip(T before, unsigned bit) {
  return to_real(from_word<T>(
      static_cast<word_t<T>>(to_word(before) ^ static_cast<word_t<T>>(std::uint64_t{1} << bit))));
}

} // namespace

TEST_CASE("each bit is on one ladder, and each rung moves the value further the same way") {
  chance::numbers numbers(9);
  const auto check = [&]<class T>(T) {
    for (int round = 0; round < 2000; ++round) {
      const T before = from_word<T>(static_cast<word_t<T>>(numbers.next()));
      const double was = to_real(before);
      if (!std::isfinite(was))
        continue;
      std::uint64_t seen = 0;
      for (const bit_ladder& ladder : bit_ladders(element_traits<T>::layout, to_word(before))) {
        double last = 0;
        for (const unsigned bit : ladder) {
          CHECK((seen >> bit & 1U) == 0);
          seen |= std::uint64_t{1} << bit;
          const double is = after_flip(before, bit);
          if (!std::isfinite(is))
            continue;
          const double moved = is - was;
          CHECK(std::abs(moved) >= std::abs(last));
          CHECK(moved * last >= 0);
          last = moved;
        }
      }
      CHECK(std::popcount(seen) == static_cast<int>(element_traits<T>::layout.bits));
    }
  };
  check(float{});
  check(half{});
  check(bfloat16{});
  check(std::int8_t{});
  check(std::uint8_t{});
  check(std::int32_t{});
}

TEST_CASE("the ladders of one and of minus one are those written by hand") {
  // int8 5 = 00000101: clearing bits lowers it, and so does setting the sign.
  CHECK(bit_ladders({8, 1, 0, 7}, 5) == std::vector<bit_ladder>{{1, 3, 4, 5, 6}, {0, 2, 7}});
  CHECK(bit_ladders({8, 1, 0, 7}, 0xFF) == std::vector<bit_ladder>{{7}, {0, 1, 2, 3, 4, 5, 6}});
  CHECK(bit_ladders({8, 0, 0, 8}, 5) == std::vector<bit_ladder>{{1, 3, 4, 5, 6, 7}, {0, 2}});
  // bfloat16 1 = 0 01111111 0000000.
  CHECK(bit_ladders({16, 1, 8, 7}, 0x3F80) ==
        std::vector<bit_ladder>{{0, 1, 2, 3, 4, 5, 6, 14}, {7, 8, 9, 10, 11, 12, 13}, {15}});
}

TEST_CASE("where further is never safer, the search finds what trying all bits finds") {
  chance::numbers numbers(10);
  const auto check = [&]<class T>(T) {
    std::vector<T> elements(300);
    for (T& e : elements)
      do
        e = from_word<T>(static_cast<word_t<T>>(numbers.next()));
      while (!std::isfinite(to_real(e)));
    for (const double limit : {0.0, 0.5, 3.0, 100.0, 1e9, 1e30}) {
      const auto critical = [&](index_t element, unsigned bit) {
        const double moved = after_flip(elements[element], bit) - to_real(elements[element]);
        return !(std::abs(moved) <= limit); // what is no number has moved beyond every limit
      };
      std::uint64_t evaluations = 0;
      for (index_t i = 0; i < elements.size(); ++i) {
        std::uint64_t truth = 0;
        for (unsigned bit = 0; bit < element_traits<T>::layout.bits; ++bit)
          truth |= critical(i, bit) ? std::uint64_t{1} << bit : 0;
        const critical_bits found = find_critical_bits(tensor(elements), i, critical);
        CHECK(found.mask == truth);
        // A ladder of n rungs has n + 1 possible boundaries: log2(n + 1) evaluations, rounded up.
        unsigned most = 0;
        for (const bit_ladder& ladder :
             bit_ladders(element_traits<T>::layout, to_word(elements[i])))
          most += static_cast<unsigned>(std::bit_width(ladder.size()));
        CHECK(found.evaluations <= most);
        evaluations += found.evaluations;
      }
      const monotonicity_check all =
          check_monotonicity(tensor(elements), all_of(elements.size()), critical);
      CHECK(all.violations == 0);
      CHECK(all.missed + all.false_alarms == 0);
      CHECK(all.recall() == 1);
      CHECK(all.search_evaluations == evaluations);
      CHECK(all.bits == elements.size() * element_traits<T>::layout.bits);
    }
  };
  check(float{});
  check(half{});
  check(std::int8_t{});
  check(std::int32_t{});
}

TEST_CASE("boundaries name the lowest critical bit of each ladder, or none") {
  // bfloat16 1, critical from a change of 0.25: mantissa bit 5 adds 0.25; of the exponent's ones,
  // clearing the lowest halves the value. The sign changes it by 2.
  const auto critical = [](unsigned bit) {
    const double moved = after_flip(bfloat16(1.0F), bit) - 1;
    return std::abs(moved) >= 0.25;
  };
  CHECK(find_critical_bits({16, 1, 8, 7}, 0x3F80, critical).boundaries ==
        std::vector<int>{5, 7, 15});
  CHECK(find_critical_bits({16, 1, 8, 7}, 0x3F80, [](unsigned) { return false; }).boundaries ==
        std::vector<int>{-1, -1, -1});
  CHECK(find_critical_bits({16, 1, 8, 7}, 0x3F80, [](unsigned) { return true; }).mask == 0xFFFF);
}

TEST_CASE("where further is safer, the violations and what the search gets wrong are counted") {
  // uint8 0: one ladder of 8 rungs. Critical: bits 2, 3 and 5, so 4, 6 and 7 are safe above them.
  std::vector<std::uint8_t> elements{0};
  const auto critical = [](index_t, unsigned bit) { return bit == 2 || bit == 3 || bit == 5; };
  const monotonicity_check check = check_monotonicity(tensor(elements), all_of(1), critical);
  CHECK(check.elements == 1);
  CHECK(check.bits == 8);
  CHECK(check.critical == 3);
  CHECK(check.violations == 3);
  CHECK(check.ladders == 1);
  CHECK(check.ladders_not_monotone == 1);
  // The search asks for 4 (safe), then 6 (safe), then 7 (safe): it finds nothing.
  CHECK(check.missed == 3);
  CHECK(check.false_alarms == 0);
  CHECK(check.recall() == 0);
  // Bit 4 only: the search asks for 4, 2 and 3 and takes 5 to 7 for critical.
  const monotonicity_check other = check_monotonicity(
      tensor(elements), all_of(1), [](index_t, unsigned bit) { return bit == 4; });
  CHECK(other.missed == 0);
  CHECK(other.false_alarms == 3);
  CHECK(other.violations == 3);
  CHECK(other.recall() == 1);
  CHECK(check_monotonicity(tensor(elements), {}, critical).recall() == 1);
}

TEST_CASE("a flip to NaN that is no SDC breaks the assumption and is counted") {
  // float 1.5: flipping the exponent's top bit makes all its bits 1, a NaN. A criterion of finite
  // numbers does not hold there, but does for the mantissa's top bits.
  std::vector<float> elements{1.5F};
  const auto critical = [&](index_t element, unsigned bit) {
    const double is = after_flip(elements[element], bit);
    return std::isfinite(is) && std::abs(is - 1.5) >= 0.2;
  };
  const monotonicity_check check = check_monotonicity(tensor(elements), all_of(1), critical);
  CHECK(check.violations == 1);
  // The ladder is bits 0 to 21 and 30. The search asks for 11, 17, 20 and 30, all safe: it misses
  // bit 21. On the other ladder and for the sign it is right.
  CHECK(check.missed == 1);
  CHECK(check.false_alarms == 0);
  CHECK(find_critical_bits(tensor(elements), 0, critical).boundaries ==
        std::vector<int>{-1, 22, 31});
}

} // namespace bitfault::campaign
