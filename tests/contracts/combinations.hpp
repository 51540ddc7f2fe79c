// SPDX-License-Identifier: MIT
#pragma once

#include <bitfault/bitfault.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <random>
#include <span>
#include <vector>

/// Compositions of policies that contracts are tested with, and what these tests share.
namespace combinations {

using namespace bitfault;

/// Batch, channel, height, width.
inline constexpr extents<4> shape{4, 6, 5, 7};
inline constexpr index_t size = shape.size();

/// Any bits: NaN of all kinds, infinities, zeros of both signs among them.
template <class T>
std::vector<T> any_bits(index_t n, std::uint64_t seed = 1) {
  std::mt19937_64 next(seed);
  std::vector<T> values(n);
  constexpr unsigned width = element_traits<T>::layout.bits;
  for (index_t i = 0; i < n; ++i) {
    std::uint64_t word = next() & bitfault::detail::low_bits(width);
    if (i % 11 == 3)
      word = 0;
    if (i % 11 == 7)
      word = std::uint64_t{1} << (width - 1);
    values[i] = from_word<T>(static_cast<word_t<T>>(word));
  }
  return values;
}

/// Numbers of ordinary size.
template <class T>
std::vector<T> numbers(index_t n, std::uint64_t seed = 1) {
  std::mt19937_64 next(seed);
  std::vector<T> values(n);
  for (T& v : values)
    v = from_real<T>(static_cast<double>(next() % 20001) * 0.001 - 10);
  return values;
}

template <class T>
bool same_bytes(const std::vector<T>& a, const std::vector<T>& b) {
  return a.size() == b.size() &&
         (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0);
}

template <class T>
index_t words_that_differ(const std::vector<T>& a, const std::vector<T>& b) {
  index_t differ = 0;
  for (index_t i = 0; i < a.size(); ++i)
    differ += to_word(a[i]) != to_word(b[i]);
  return differ;
}

/// Pieces of work one after another, the last one first: what depends on the order shows without
/// luck.
struct backwards {
  using memory = plain_memory;
  static constexpr unsigned batch = 7;
  static constexpr unsigned max_pieces = 64;
  unsigned wanted = 13;
  unsigned pieces(index_t units) const noexcept {
    return units == 0 ? 1 : units < wanted ? static_cast<unsigned>(units) : wanted;
  }
  template <class Body>
  void run(unsigned count, Body body) const noexcept {
    while (count-- > 0)
      body(count);
  }
};

/// A user's own model at word level. Events that meet do not commute.
struct rotate_masked {
  template <class W>
  BITFAULT_FN constexpr W operator()(W word, W mask, auto& random) const noexcept {
    return static_cast<W>(static_cast<W>(word * 3u) ^ mask ^ static_cast<W>(random.next32() & 1u));
  }
};

/// A user's own model at value level.
struct halve {
  template <class T>
  BITFAULT_FN constexpr T operator()(T value, auto& /*random*/) const noexcept {
    return from_real<T>(to_real(value) / 2);
  }
};

/// Lists that injectors refer to. Tests on a device put them where the device can read them.
#if defined(BITFAULT_TEST_ALLOCATOR)
template <class T>
using list_of = std::vector<T, BITFAULT_TEST_ALLOCATOR<T>>;
#else
template <class T>
using list_of = std::vector<T>;
#endif

inline list_of<index_t> list_of_elements() {
  list_of<index_t> list;
  for (index_t i = 2; i < size; i += 1 + i % 7)
    list.push_back(i);
  return list;
}

/// Faults in bits, with the selectors and regions that there are: f(name, injector).
template <class F>
void for_each_selector(F f) {
  const auto list = list_of_elements();
  const std::span<const index_t> some(list);
  f("exactly", make_injector(bit_flip{}, exactly{300}));
  f("exactly in a channel",
    make_injector(stuck_at_1{}, exactly{300}, bits::exponent{}, channel(2)));
  f("fraction of a box", make_injector(stuck_at_0{}, fraction{0.4}, bits::as_one{bits::exponent{}},
                                       region{range{1, 3}, bitfault::all, range{0, 5, 2}}));
  f("elements", make_injector(bit_flip{}, exactly_elements{100}, bits::given{3, 17, from_msb(0)}));
  f("low rate", make_injector(bit_flip{}, rate::per_bit(1e-3)));
  f("rate by bitmaps", make_injector(bit_flip{}, rate::per_bit(0.02)));
  f("high rate", make_injector(stuck_at_1{}, rate::per_bit(0.3)));
  f("rate outside a channel",
    make_injector(stuck_at_0{}, rate::per_bit(0.05), bits::range{20, 30}, complement{channel(3)}));
  f("rate of elements", make_injector(bit_flip{}, rate::per_element(0.1), bits::adjacent{5}));
  f("rate in a list", make_injector(bit_flip{}, rate::per_element(0.5), elements{some}));
  f("at", make_injector(bit_flip{}, at{some}, bits::mantissa{}));
  f("at coordinates",
    make_injector(stuck_at_0{}, at{coordinates{1, 2, 3, 4}, coordinates{3, 0, 0, 0}}, bits::all{}));
  f("every", make_injector(bit_flip{}, every{}, bits::all{}));
  f("every in a batch entry", make_injector(stuck_at_1{}, every{}, bits::sign{}, batch_entry(3)));
  f("each entry", make_injector(bit_flip{}, each_entry{exactly{20}}));
}

/// Faults in bits, with patterns, formats, lifetimes and models of all kinds.
template <class F>
void for_each_spread(F f) {
  const auto list = list_of_elements();
  list_of<std::uint32_t> masks(50);
  for (std::uint32_t i = 0; i < 50; ++i)
    masks[i] = 0x10001u * (i + 1);
  f("burst", make_injector(stuck_at_0{}, exactly_elements{100}, bits::adjacent{3}, burst{4}));
  f("tile", make_injector(bit_flip{}, rate::per_element(0.1), tile{2, 3}));
  f("row", make_injector(bit_flip{}, at{5, 99, 400, 401}, row{}));
  f("channels",
    make_injector(bit_flip{}, exactly{9}, whole_channel{1}, complement{batch_entry(0)}));
  f("line over the batch", make_injector(bit_flip{}, rate::per_bit(2e-3), bits::sign{}, line{0}));
  f("upset", make_injector(bit_flip{}, exactly{60}, multi_cell_upset{3, 2, 4, 8}));
  f("float8", make_injector(bit_flip{}, exactly{1500}, formats::float8_e4m3{}));
  f("inexact fixed point", make_injector(bit_flip{}, exactly{2000}, formats::fixed_point<7, 24>{}));
  f("quantized",
    make_injector(stuck_at_1{}, rate::per_bit(0.1), formats::quantized<std::int8_t>{0.1, 3}));
  f("chain of bits",
    make_injector(chain{bit_flip{}, stuck_at_1{}}, exactly{900}, bits::adjacent{2}));
  f("mixture of bits", make_injector(mixture{weighted{2, bit_flip{}}, weighted{1, stuck_at_0{}}},
                                     rate::per_bit(0.1), burst{3}));
  f("overlapping windows",
    make_injector(mixture{weighted{1, bit_flip{}}, weighted{1, stuck_at_1{}}}, exactly{5000},
                  bits::adjacent{9}));
  f("masks of the caller",
    make_injector(flip_masks<std::uint32_t>{masks}, exactly_elements{50}, burst{9}));
  f("own word model", make_injector(rotate_masked{}, exactly{4000}));
  f("intermittent", make_injector(bit_flip{}, rate::per_bit(0.04), intermittent{0.3}));
  f("permanent", make_injector(stuck_at_1{}, exactly{500}, permanent{}, bits::range{0, 7}));
}

/// Faults in values.
template <class F>
void for_each_value_fault(F f) {
  list_of<float> values(120);
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = static_cast<float>(i) * 0.5f;
  f("zero", make_injector(zero{}, exactly_elements{100}));
  f("constant tiles", make_injector(constant{1.5f}, rate::per_element(0.05), tile{3, 2}));
  f("random value", make_injector(random_value{-2, 3}, exactly{200}, burst{4}));
  f("scale", make_injector(scale{-3}, rate::per_element(0.4)));
  f("scale by overlapping rows", make_injector(scale{2}, at{3, 4, 5, 3, 200, 4}, row{}));
  f("random scale", make_injector(random_scale{uniform{0.5, 2}}, exactly_elements{90}, line{0}));
  f("normal noise", make_injector(additive_noise{normal{0, 1}}, rate::per_element(0.03), burst{6}));
  f("whole numbers", make_injector(additive_noise{uniform_integer{-2, 2}}, every{}, channel(1)));
  f("replacement", make_injector(replacement{normal{1, 2}}, fraction{0.2}, batch_entry(2)));
  f("value list", make_injector(value_list<float>{values}, exactly{120}, tile{2, 2, 2}));
  f("chain of bits and values", make_injector(chain{bit_flip{}, scale{0.5}}, exactly{700}));
  f("mixture of bits and values",
    make_injector(mixture{weighted{3, bit_flip{}}, weighted{1, zero{}}, weighted{1, halve{}}},
                  rate::per_element(0.3), bits::range{0, 22}, burst{2}));
  f("own value model", make_injector(halve{}, each_entry{exactly_elements{25}}, column{}));
  f("intermittent values", make_injector(halve{}, exactly{200}, burst{5}, intermittent{0.5}));
}

} // namespace combinations
