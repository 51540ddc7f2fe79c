// SPDX-License-Identifier: MIT
// Where faults overlap: the injector against its naive twin, bit for bit, for policies and
// parameters drawn at random.
#include "../contracts/combinations.hpp"
#include "catch.hpp"
#include "naive.hpp"

#include <algorithm>
#include <cstdint>
#include <set>
#include <span>
#include <vector>

using namespace bitfault;

namespace {

using engine = std::mt19937_64;
constexpr int repetitions = 30;

index_t between(engine& next, index_t low, index_t high) { return low + next() % (high - low + 1); }

/// Any extents of rank 1 to 3 with 1 to 7 indices an axis.
naive::setting any_setting(engine& next) {
  naive::setting s;
  s.sizes.resize(between(next, 1, 3));
  for (index_t& size : s.sizes)
    size = between(next, 1, 7);
  s.key = {.seed = next(),
           .trial = next(),
           .stream = static_cast<std::uint32_t>(next()),
           .step = static_cast<std::uint32_t>(next() % 4)};
  for (index_t e = 0; e < s.elements(); ++e)
    s.region.push_back(e);
  return s;
}

extents<3> extents_of(const naive::setting& s) {
  extents<3> e;
  e.rank = s.sizes.size();
  for (std::size_t axis = 0; axis < e.rank; ++axis)
    e.sizes[axis] = s.sizes[axis];
  return e;
}

axis_region any_slice(engine& next, naive::setting& s, bool keep_inside = true) {
  const std::size_t axis = next() % s.sizes.size();
  const index_t begin = between(next, 0, s.sizes[axis] - 1);
  const range r{begin, between(next, begin + 1, s.sizes[axis]), between(next, 1, 3)};
  std::erase_if(s.region, [&](index_t e) {
    const index_t i = s.coordinates(e)[axis];
    const bool inside = i >= r.begin && i < r.end && (i - r.begin) % r.step == 0;
    return inside != keep_inside;
  });
  return slice(axis, r);
}

void single_bits(naive::setting& s, unsigned first, unsigned last) {
  s.masks.clear();
  for (unsigned b = first; b <= last; ++b)
    s.masks.push_back(std::uint64_t{1} << b);
}

/// One setting: injector and twin on the same words.
template <class Injector>
void check_equal(const Injector& injector, const naive::setting& s, const naive::draw& draw,
                 const naive::spread& spread, const naive::model& model, bool owned,
                 double active_share = 1) {
  using T = std::uint8_t;
  const auto golden = combinations::any_bits<T>(s.elements(), s.key.seed);
  const std::vector<std::uint64_t> words(golden.begin(), golden.end());
  const auto expected = naive::inject(s, words, draw, spread, model, owned, active_share);
  const auto e = extents_of(s);
  const auto equals = [&](const std::vector<T>& memory) {
    return std::equal(memory.begin(), memory.end(), expected.begin(),
                      [](T a, std::uint64_t b) { return a == b; });
  };
  std::vector<T> memory = golden;
  REQUIRE(injector.apply(view(memory.data(), e), s.key).ok());
  REQUIRE(equals(memory));
  memory = golden;
  REQUIRE(
      injector
          .apply(combinations::backwards{5}, view(memory.data(), e, row_major_strides(e)), s.key)
          .ok());
  REQUIRE(equals(memory));
}

// Models, and what they do by hand.
const naive::model flip = [](std::uint64_t w, std::uint64_t m, random_source) { return w ^ m; };
const naive::model set = [](std::uint64_t w, std::uint64_t m, random_source) { return w | m; };
const naive::model clear = [](std::uint64_t w, std::uint64_t m, random_source) { return w & ~m; };

/// A value that depends on all that it may depend on.
struct stamp {
  constexpr std::uint8_t operator()(std::uint8_t value, random_source& random) const noexcept {
    return static_cast<std::uint8_t>(value * 5 + random.next32() + random.event() * 7);
  }
};
const naive::model stamped = [](std::uint64_t w, std::uint64_t, random_source random) {
  return std::uint64_t{stamp{}(static_cast<std::uint8_t>(w), random)};
};
const naive::model flipped_then_stamped = [](std::uint64_t w, std::uint64_t m,
                                             random_source random) {
  return std::uint64_t{stamp{}(static_cast<std::uint8_t>(w ^ m), random)};
};

} // namespace

TEST_CASE("the twin agrees on drawn bit faults with patterns that overlap") {
  engine next(1);
  for (int i = 0; i < repetitions; ++i) {
    auto s = any_setting(next);
    single_bits(s, 0, 7);
    const auto inside = any_slice(next, s);
    const index_t k = between(next, 0, s.region.size() * 8), length = between(next, 1, 9);
    check_equal(make_injector(bit_flip{}, exactly{k}, inside, burst{length}), s, naive::exactly(k),
                naive::burst(length), flip, false);

    s = any_setting(next);
    s.masks = {1u << 2, 1u << 5, 1u << 7};
    const complement outside{any_slice(next, s, false)};
    const index_t k2 = between(next, 0, s.region.size() * 3);
    const index_t n = between(next, 1, 3);
    check_equal(make_injector(stuck_at_1{}, exactly{k2}, outside, bits::given{7, 2, 5}, tile{n}), s,
                naive::exactly(k2), naive::tile({n}), set, false);
  }
}

TEST_CASE("the twin agrees on elements and windows along lines") {
  engine next(2);
  for (int i = 0; i < repetitions; ++i) {
    auto s = any_setting(next);
    const auto length = static_cast<unsigned>(between(next, 1, 8));
    for (unsigned b = 0; b + length <= 8; ++b)
      s.masks.push_back(((1u << length) - 1) << b);
    const index_t k = between(next, 0, s.region.size());
    const std::size_t axis = next() % s.sizes.size();
    check_equal(
        make_injector(stuck_at_0{}, exactly_elements{k}, bits::adjacent{length}, line{axis}), s,
        naive::exactly_elements(k), naive::line(axis), clear, false);
  }
}

TEST_CASE("the twin agrees on rates in a list of elements") {
  engine next(3);
  for (int i = 0; i < repetitions; ++i) {
    auto s = any_setting(next);
    single_bits(s, 3, 6);
    std::erase_if(s.region, [&](index_t) { return next() % 3 == 0; });
    const double p = i % 2 == 0 ? 0.02 : 0.4;
    const index_t length = between(next, 1, 5);
    check_equal(make_injector(bit_flip{}, rate::per_bit(p), bits::range{3, 6}, elements{s.region},
                              burst{length}),
                s, naive::per_bit(p), naive::burst(length), flip, false);
  }
}

TEST_CASE("the twin agrees on rates of elements over channels, and on chains of bits") {
  engine next(4);
  const naive::model both = [](std::uint64_t w, std::uint64_t m, random_source) {
    return (w ^ m) & ~m;
  };
  for (int i = 0; i < repetitions; ++i) {
    auto s = any_setting(next);
    single_bits(s, 0, 7);
    const auto inside = any_slice(next, s);
    const std::size_t axis = next() % s.sizes.size();
    const double p = i % 2 == 0 ? 0.02 : 0.5;
    check_equal(make_injector(chain{bit_flip{}, stuck_at_0{}}, rate::per_element(p), inside,
                              whole_channel{axis}),
                s, naive::per_element(p), naive::whole_channel(axis), both, false);
  }
}

TEST_CASE("the twin agrees on given elements, repeats included, and on every element") {
  engine next(5);
  for (int i = 0; i < repetitions; ++i) {
    auto s = any_setting(next);
    single_bits(s, 0, 7);
    std::vector<index_t> list(between(next, 0, 12));
    for (index_t& e : list)
      e = next() % s.elements();
    const std::span<const index_t> given(list);
    check_equal(make_injector(bit_flip{}, at{given}, row{}), s, naive::at(list),
                naive::line(s.sizes.size() - 1), flip, false);
    s.masks = {0xFF}; // value faults take the whole word
    check_equal(make_injector(stamp{}, at{given}, burst{3}), s, naive::at(list), naive::burst(3),
                stamped, true);

    const auto inside = any_slice(next, s);
    const index_t n = between(next, 1, 4);
    check_equal(make_injector(bit_flip{}, every{}, bits::all{}, inside, tile{n}), s, naive::every(),
                naive::tile({n}), flip, false);
    check_equal(make_injector(stamp{}, every{}, inside, burst{n}), s, naive::every(),
                naive::burst(n), stamped, true);
  }
}

TEST_CASE("the twin agrees on a draw for each entry") {
  engine next(6);
  for (int i = 0; i < repetitions; ++i) {
    auto s = any_setting(next);
    single_bits(s, 0, 7);
    const auto inside = any_slice(next, s);
    std::set<index_t> entries;
    for (const index_t e : s.region)
      entries.insert(s.coordinates(e)[0]);
    const index_t each = s.region.size() / entries.size();
    const index_t k = between(next, 0, each), k8 = between(next, 0, each * 8);
    check_equal(make_injector(bit_flip{}, each_entry{exactly{k8}}, inside, burst{2}), s,
                naive::each_entry(k8, entries.size(), false), naive::burst(2), flip, false);
    s.masks = {0xFF};
    check_equal(make_injector(stamp{}, each_entry{exactly_elements{k}}, inside, line{0}), s,
                naive::each_entry(k, entries.size(), true), naive::line(0), stamped, true);
  }
}

TEST_CASE("the twin agrees on multi-cell upsets with interleaved words") {
  engine next(7);
  for (int i = 0; i < repetitions; ++i) {
    auto s = any_setting(next);
    single_bits(s, 0, 7);
    const index_t degree = between(next, 1, 4), words = degree * between(next, 1, 3);
    const index_t columns = between(next, 1, 6), rows = between(next, 1, 3);
    const index_t k = between(next, 0, s.region.size() * 8);
    check_equal(
        make_injector(bit_flip{}, exactly{k}, multi_cell_upset{columns, rows, degree, words}), s,
        naive::exactly(k), naive::upset(columns, rows, degree, words, 8), flip, false);
    check_equal(
        make_injector(stuck_at_1{}, exactly{k}, multi_cell_upset{columns, rows, degree, words}), s,
        naive::exactly(k), naive::upset(columns, rows, degree, words, 8), set, false);
  }
}

TEST_CASE("the twin agrees that an element belongs to the lowest event that covers it") {
  engine next(8);
  for (int i = 0; i < repetitions; ++i) {
    auto s = any_setting(next);
    s.masks = {0xFF};
    const auto inside = any_slice(next, s);
    const index_t k = between(next, 0, s.region.size()), n = between(next, 1, 4);
    check_equal(make_injector(stamp{}, exactly{k}, inside, tile{n}), s, naive::exactly(k),
                naive::tile({n}), stamped, true);
    const std::size_t axis = next() % s.sizes.size();
    check_equal(make_injector(stamp{}, exactly{k}, inside, line{axis}), s, naive::exactly(k),
                naive::line(axis), stamped, true);

    s = any_setting(next);
    s.masks = {0xFF};
    const complement outside{any_slice(next, s, false)};
    const double p = i % 2 == 0 ? 0.03 : 0.3;
    check_equal(make_injector(stamp{}, rate::per_element(p), outside, burst{n}), s,
                naive::per_element(p), naive::burst(n), stamped, true);
  }
}

TEST_CASE("the twin agrees on chains of bits and values, where masks make events meet") {
  engine next(9);
  for (int i = 0; i < repetitions; ++i) {
    auto s = any_setting(next);
    single_bits(s, 0, 7);
    const auto inside = any_slice(next, s);
    const index_t k = between(next, 0, s.region.size() * 8), length = between(next, 1, 4);
    check_equal(make_injector(chain{bit_flip{}, stamp{}}, exactly{k}, inside), s, naive::exactly(k),
                naive::single(), flipped_then_stamped, true);
    check_equal(make_injector(chain{bit_flip{}, stamp{}}, exactly{k}, inside, burst{length}), s,
                naive::exactly(k), naive::burst(length), flipped_then_stamped, true);
  }
}

TEST_CASE("the twin agrees that only active events own elements") {
  engine next(10);
  for (int i = 0; i < repetitions; ++i) {
    auto s = any_setting(next);
    s.masks = {0xFF};
    const std::uint32_t step = s.key.step;
    s.key.step = 0;
    const index_t k = between(next, 0, s.region.size()), n = between(next, 1, 4);
    const auto injector = make_injector(stamp{}, exactly{k}, burst{n}, intermittent{0.5});
    const auto golden = combinations::any_bits<std::uint8_t>(s.elements(), s.key.seed);
    std::vector<std::uint8_t> memory = golden;
    auto key = s.key;
    key.step = step;
    REQUIRE(injector.apply(view(memory.data(), extents_of(s)), key).ok());

    // The twin knows one key only: draw with step 0, and ask for activity in the real step.
    const random_stream stream(s.key);
    std::vector<naive::event> active;
    for (const auto& e : naive::exactly(k)(s))
      if (probability(0.5).hit(stream.block(purpose::lifetime, e.id, step).wide(0)))
        active.push_back(e);
    const auto expected = naive::inject(
        s, {golden.begin(), golden.end()}, [&](const naive::setting&) { return active; },
        naive::burst(n), stamped, true);
    REQUIRE(std::equal(memory.begin(), memory.end(), expected.begin(),
                       [](std::uint8_t a, std::uint64_t b) { return a == b; }));
  }
}

TEST_CASE(
    "the twin agrees that an element belongs to its first active entry in a list with repeats") {
  engine next(12);
  for (int i = 0; i < 4 * repetitions; ++i) {
    auto s = any_setting(next);
    s.masks = {0xFF};
    const std::uint32_t step = s.key.step;
    s.key.step = 0;
    std::vector<index_t> list(between(next, 1, 12));
    for (index_t& e : list)
      e = next() % std::min<index_t>(s.elements(), 4); // many repeats
    if (i % 2 == 0)
      std::sort(list.begin(), list.end());
    const index_t n = between(next, 1, 3);
    const auto golden = combinations::any_bits<std::uint8_t>(s.elements(), s.key.seed);
    auto key = s.key;
    key.step = step;
    const random_stream stream(s.key);
    std::vector<naive::event> active;
    for (const auto& e : naive::at(list)(s))
      if (probability(0.5).hit(stream.block(purpose::lifetime, e.id, step).wide(0)))
        active.push_back(e);
    const auto check = [&](const auto& injector, const naive::spread& spread) {
      const auto expected = naive::inject(
          s, {golden.begin(), golden.end()}, [&](const naive::setting&) { return active; }, spread,
          stamped, true);
      std::vector<std::uint8_t> memory = golden;
      REQUIRE(injector.apply(view(memory.data(), extents_of(s)), key).ok());
      REQUIRE(std::equal(memory.begin(), memory.end(), expected.begin(),
                         [](std::uint8_t a, std::uint64_t b) { return a == b; }));
    };
    const span<const index_t> given(list);
    check(make_injector(stamp{}, at{given}, intermittent{0.5}), naive::single());
    check(make_injector(stamp{}, at{given}, intermittent{0.5}, burst{n}), naive::burst(n));
  }
}

TEST_CASE(
    "through a format, an element is encoded once, all masks act on the code, then it is decoded") {
  const auto check = [](const auto& format, unsigned width) {
    engine next(11);
    for (int i = 0; i < repetitions; ++i) {
      auto s = any_setting(next);
      single_bits(s, 0, width - 1);
      const auto inside = any_slice(next, s);
      const index_t k = between(next, 0, s.region.size() * width), length = between(next, 1, 4);
      const auto golden = combinations::numbers<float>(s.elements(), s.key.seed);
      auto memory = golden;
      const auto injector = make_injector(bit_flip{}, exactly{k}, inside, burst{length}, format);
      REQUIRE(injector.apply(view(memory.data(), extents_of(s)), s.key).ok());
      // The twin gathers the masks, and marks what was touched by a bit beyond every code.
      const auto masks = naive::inject(
          s, std::vector<std::uint64_t>(s.elements()), naive::exactly(k), naive::burst(length),
          [](std::uint64_t w, std::uint64_t m, random_source) { return (w ^ m) | (1ull << 40); },
          false);
      const auto codec = format.template codec<float>();
      using code = typename decltype(codec)::code;
      for (index_t e = 0; e < s.elements(); ++e) {
        std::uint32_t word = to_word(golden[e]);
        if ((masks[e] >> 40) != 0)
          word = codec.decode(static_cast<code>(codec.encode(word) ^ static_cast<code>(masks[e])));
        REQUIRE(to_word(memory[e]) == word);
      }
    }
  };
  check(formats::float8_e4m3{}, 8);
  check(formats::float8_e5m2{}, 8);
  check(formats::bfloat16{}, 16);
  check(formats::quantized<std::int8_t>{0.1, -3}, 8);
  check(formats::fixed_point<7, 8>{}, 16);
}

TEST_CASE("two flips on one cell cancel") {
  std::vector<std::uint32_t> memory(20);
  // Overlapping bursts: 4..8 and 6..10.
  REQUIRE(
      make_injector(bit_flip{}, at{4, 6}, bits::given{9}, burst{5}).apply(view(memory), {}).ok());
  for (index_t i = 0; i < 20; ++i) {
    const bool first = i >= 4 && i < 9, second = i >= 6 && i < 11;
    CHECK(memory[i] == (first != second ? 512u : 0u));
  }
}
