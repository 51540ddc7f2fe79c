// SPDX-License-Identifier: MIT
// Policies that meet rarely, all together: one thread, several threads, a column-major tensor,
// scopes and the drawn list agree, and everything is taken back.
#include "catch.hpp"

#include <bitfault/bitfault.hpp>

#include <algorithm>
#include <cstring>
#include <vector>

using namespace bitfault;

namespace {

constexpr extents<4> shape{3, 4, 5, 2};
constexpr strides<4> column_major{1, 3, 12, 60};
constexpr index_t size = shape.size();

std::vector<float> golden() {
  std::vector<float> values(size);
  for (index_t i = 0; i < size; ++i)
    values[i] = (static_cast<float>(i % 7) - 3) * 0.37f;
  return values;
}
bool same(const std::vector<float>& a, const std::vector<float>& b) {
  return std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}
std::vector<float> reordered(const std::vector<float>& from, bool to_column_major) {
  std::vector<float> to(size);
  const auto other = view(to.data(), shape, column_major);
  for (index_t i = 0; i < size; ++i) {
    const auto place = static_cast<index_t>(other.address(i) - to.data());
    to_column_major ? to[place] = from[i] : to[i] = from[place];
  }
  return to;
}

/// In place: the views stay valid.
void reset(std::vector<float>& values) {
  const std::vector<float> fresh = golden();
  std::copy(fresh.begin(), fresh.end(), values.begin());
}

template <class Injector>
void check(const char* name, const Injector& injector) {
  INFO(name);
  const threads four{4, 1};
  const auto start = golden();
  for (std::uint64_t trial = 0; trial < 10; ++trial) {
    const fault_key k{.seed = 9, .trial = trial, .stream = 1, .step = 2};
    auto faulty = start;
    REQUIRE(injector.apply(view(faulty.data(), shape), k).ok());

    auto memory = start;
    const auto v = view(memory.data(), shape);
    REQUIRE(injector.apply(four, v, k).ok());
    REQUIRE(same(memory, faulty));

    auto turned = reordered(start, true);
    REQUIRE(injector.apply(view(turned.data(), shape, column_major), k).ok());
    REQUIRE(same(reordered(turned, false), faulty));

    reset(memory);
    {
      auto injected = injector.scoped(v, k);
      REQUIRE(same(memory, faulty));
    }
    REQUIRE(same(memory, start));
    {
      auto injected = injector.scoped(four, v, k);
      REQUIRE(same(memory, faulty));
    }
    REQUIRE(same(memory, start));
    {
      auto injected = injector.scoped_checked(four, v, k);
      REQUIRE(same(memory, faulty));
      REQUIRE(injected.restore() == 0);
    }
    REQUIRE(same(memory, start));

    auto list = injector.draw(v, k);
    REQUIRE(list.apply(v).ok());
    REQUIRE(same(memory, faulty));
    REQUIRE(list.restore(v).ok());
    REQUIRE(same(memory, start));
  }
}

constexpr multi_cell_upset upset{.columns = 3, .rows = 2, .interleaving = 2, .words_per_row = 8};

} // namespace

TEST_CASE("odd compositions agree: lists with repeats") {
  check("flips", make_injector(bit_flip{}, at{3, 3, 4, 100}, burst{5}));
  check("stuck", make_injector(stuck_at_1{}, at{3, 3, 4, 100}, burst{5}, bits::adjacent{3}));
  check("values", make_injector(zero{}, at{3, 3, 4, 118}, burst{5}));
  const std::vector<std::uint32_t> masks(500, 0xF0F0F0F0u);
  check("masks", make_injector(flip_masks<std::uint32_t>{masks}, at{5, 5, 6, 5}));
}

TEST_CASE("odd compositions agree: values in patterns") {
  check("tile", make_injector(additive_noise{normal{0, 1}}, exactly_elements{6}, tile{2, 3, 2}));
  check("line", make_injector(additive_noise{normal{0, 1}}, rate::per_element(0.1), line{0},
                              intermittent{0.5}));
  check("column", make_injector(random_value{-1, 1}, each_entry{fraction{0.2}},
                                region{range{0, 3, 2}, range{1, 3}}, column{}));
  check("every", make_injector(zero{}, every{}, line{2}));
  check("chain", make_injector(chain{bit_flip{}, scale{-1}}, exactly{30}, tile{2, 2}));
  std::vector<float> values(500);
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = static_cast<float>(i);
  check("list", make_injector(value_list<float>{values}, each_entry{exactly_elements{7}}, line{1}));
}

TEST_CASE("odd compositions agree: bits in patterns") {
  check("row", make_injector(stuck_at_0{}, rate::per_bit(0.02), row{}, complement{channel(1)}));
  check("upset", make_injector(stuck_at_1{}, exactly{9}, upset));
  check("burst", make_injector(stuck_at_0{}, exactly{40}, bits::given{0, 5, from_msb(1)}, burst{7},
                               slice(3, {1, 2})));
  const std::vector<std::uint32_t> masks(500, 0xF0F0F0F0u);
  check("masks", make_injector(flip_masks<std::uint32_t>{masks}, exactly_elements{9}, burst{4}));
}

TEST_CASE("odd compositions agree: formats") {
  check("upset", make_injector(bit_flip{}, exactly{9}, upset, formats::fixed_point<7, 16>{}));
  check("flips", make_injector(bit_flip{}, exactly{200}, formats::fixed_point<7, 16>{}));
  check("stuck", make_injector(stuck_at_1{}, rate::per_bit(0.3), formats::fixed_point<3, 4>{},
                               region{range{0, 3, 2}, all, range{1, 5, 3}}));
  check("windows", make_injector(bit_flip{}, each_entry{exactly_elements{3}},
                                 formats::float8_e4m3{}, bits::adjacent{2}));
}

TEST_CASE("odd compositions agree: mixtures, rates, lifetimes and own models") {
  check("mixture", make_injector(mixture{weighted{1, bit_flip{}}, weighted{2, scale{2}},
                                         weighted{1, stuck_at_1{}}},
                                 exactly{100}));
  check("words",
        make_injector(mixture{weighted{1, bit_flip{}}, weighted{1, stuck_at_1{}}}, exactly{900}));
  check("rate", make_injector(stuck_at_1{}, rate::per_bit(0.5), permanent{}));
  check("every",
        make_injector(stuck_at_0{}, every{}, bits::as_one{bits::exponent{}}, intermittent{0.3}));
  const auto own_bits = [](std::uint32_t w, std::uint32_t m, auto& random) {
    return (w ^ m) + (random.next32() & 1u);
  };
  check("own bits", make_injector(own_bits, exactly{300}));
  const auto own_value = [](float v, auto& random) {
    return v * 0.5f + static_cast<float>(random.below(3));
  };
  check("own value", make_injector(own_value, rate::per_element(0.1), whole_channel{2}));
}
