// SPDX-License-Identifier: MIT
#include <bitfault/campaign/fault_space.hpp>

#include "catch.hpp"
#include "toy_networks.hpp"

#include <bit>
#include <cmath>
#include <map>
#include <set>
#include <tuple>

namespace {

using namespace bitfault::campaign;

struct two_targets {
  std::vector<float> weights = std::vector<float>(30);
  std::vector<std::int8_t> codes = std::vector<std::int8_t>(50);
  std::vector<target> all =
      targets_of({{"input", {}, type<float>(), {3}}, {"out", {0}, type<double>(), {2}}},
                 {{"weights", bitfault::view(weights), parameter_kind::weight, {1}},
                  {"codes", bitfault::view(codes), parameter_kind::bias, {1}}});
};

fault_space space_of(const two_targets& t, const mask_family& bits = {},
                     const std::vector<std::string>& targets = {"@parameters"}) {
  fault_description d;
  d.bits = bits;
  return {t.all, find_targets(t.all, targets), d};
}

} // namespace

TEST_CASE("a space numbers each site of its targets once") {
  const two_targets t;
  const fault_space s = space_of(t);
  REQUIRE(s.sites() == 30 * 32 + 50 * 8);
  CHECK(s.elements() == 80);
  CHECK(s.sites_in(0) == 960);
  CHECK(s.sites_in(1) == 400);
  CHECK(s.sites_in(2) == 0);
  std::set<std::tuple<std::uint32_t, std::uint64_t, std::uint64_t>> seen;
  for (std::uint64_t i = 0; i < s.sites(); ++i) {
    const fault_site site = s.at(i);
    REQUIRE(site.number == i);
    REQUIRE(site.element < (site.target == 0 ? 30U : 50U));
    REQUIRE(site.mask < (std::uint64_t{1} << (site.target == 0 ? 32 : 8)));
    seen.emplace(site.target, site.element, site.mask);
  }
  CHECK(seen.size() == s.sites());
}

TEST_CASE("mask families give the masks that they name, whatever the type") {
  using kind = mask_family::kind;
  const auto masks = [](const mask_family& f, const element_type* t) { return masks_of(f, *t); };
  CHECK(masks({kind::any, {}, 2}, type<bool>()) == std::vector<std::uint64_t>{1});
  CHECK(masks({kind::any, {}, 2}, type<double>()).size() == 64);
  CHECK(masks({kind::given, {7, 0, 7}, 2}, type<std::int8_t>()) ==
        std::vector<std::uint64_t>{1, 128});
  CHECK(masks({kind::sign, {}, 2}, type<float>()) == std::vector<std::uint64_t>{0x80000000U});
  CHECK(masks({kind::exponent, {}, 2}, type<float>()).front() == 0x00800000U);
  CHECK(masks({kind::exponent, {}, 2}, type<float>()).size() == 8);
  CHECK(masks({kind::exponent, {}, 2}, type<bitfault::half>()).size() == 5);
  CHECK(masks({kind::mantissa, {}, 2}, type<bitfault::bfloat16>()).size() == 7);
  CHECK(masks({kind::adjacent, {}, 3}, type<std::uint8_t>()) ==
        std::vector<std::uint64_t>{7, 14, 28, 56, 112, 224});
  CHECK(masks({kind::all, {}, 2}, type<std::int16_t>()) == std::vector<std::uint64_t>{0xFFFF});
  using Catch::Contains;
  CHECK_THROWS_WITH(masks({kind::given, {8}, 2}, type<std::int8_t>()), Contains("8"));
  CHECK_THROWS_WITH(masks({kind::adjacent, {}, 9}, type<std::int8_t>()), Contains("9"));
  CHECK_THROWS_WITH(masks({kind::adjacent, {}, 0}, type<std::int8_t>()), Contains("0"));
  CHECK_THROWS_WITH(masks({kind::exponent, {}, 2}, type<std::int8_t>()), Contains("int8"));
  CHECK_THROWS_WITH(masks({kind::given, {}, 2}, type<std::int8_t>()), Contains("int8"));
}

TEST_CASE("the order of single faults visits every site once") {
  const two_targets t;
  const fault_space s = space_of(t);
  const auto order = order_of(s, {.seed = 4});
  std::set<std::uint64_t> seen;
  for (bitfault::index_t i = 0; i < s.sites(); ++i)
    seen.insert(order.at(i));
  CHECK(seen.size() == s.sites());
}

TEST_CASE("drawn sites are those of the core's selectors over all sites") {
  const two_targets t;
  const fault_space s = space_of(t);
  const bitfault::fault_key key{.seed = 9, .trial = 3};
  const auto numbers = [&](const fault_amount& a) {
    std::vector<std::uint64_t> list;
    for (const fault_site& site : draw_sites(s, a, key))
      list.push_back(site.number);
    return list;
  };
  const auto of_core = [&](const auto& selector) {
    std::vector<std::uint64_t> list;
    const auto injector =
        bitfault::make_injector(bitfault::bit_flip{}, selector, bitfault::bits::given{0});
    for (const auto& f : injector.template draw<std::uint8_t>(bitfault::extents(s.sites()), key))
      list.push_back(f.element);
    return list;
  };
  using kind = fault_amount::kind;
  CHECK(numbers({kind::exactly, 17, 0}) == of_core(bitfault::exactly{17}));
  CHECK(numbers({kind::fraction, 1, 0.1}) == of_core(bitfault::fraction{0.1}));
  CHECK(numbers({kind::fraction, 1, 0.1}).size() == 136);
  CHECK(numbers({kind::per_bit, 1, 0.02}) == of_core(bitfault::rate::per_bit(0.02)));
}

TEST_CASE("each site is drawn equally often, by element rates too") {
  // Chi-square with 1359 degrees of freedom: mean 1359, standard deviation 52; six of them.
  const two_targets t;
  const fault_space s = space_of(t);
  for (const auto amount : {fault_amount{fault_amount::kind::exactly, 20, 0},
                            fault_amount{fault_amount::kind::per_bit, 1, 0.015}}) {
    std::vector<double> hits(s.sites());
    double sum = 0;
    for (std::uint64_t trial = 0; trial < 4000; ++trial)
      for (const fault_site& site : draw_sites(s, amount, {.seed = 1, .trial = trial})) {
        hits[site.number] += 1;
        sum += 1;
      }
    double chi2 = 0;
    const double each = sum / static_cast<double>(s.sites());
    for (const double h : hits)
      chi2 += (h - each) * (h - each) / each;
    CHECK(std::abs(chi2 - 1359) < 6 * 52);
  }
  // By element: each element equally often, then each of its bits.
  std::map<std::uint32_t, double> by_target;
  double sum = 0;
  for (std::uint64_t trial = 0; trial < 4000; ++trial)
    for (const fault_site& site :
         draw_sites(s, {fault_amount::kind::per_element, 1, 0.1}, {.seed = 2, .trial = trial})) {
      by_target[site.target] += 1;
      sum += 1;
      REQUIRE(s.at(site.number).mask == site.mask);
      REQUIRE(s.at(site.number).element == site.element);
    }
  // 320,000 Bernoulli trials of 0.1: six standard deviations; 30 of 80 elements are floats.
  CHECK(std::abs(sum - 32000) < 6 * std::sqrt(32000 * 0.9));
  CHECK(std::abs(by_target[0] - sum * 30 / 80) < 6 * std::sqrt(sum * 0.375 * 0.625));
}

TEST_CASE("a rate by target: each target with that probability, then each of its sites equally") {
  const two_targets t;
  const fault_space s = space_of(t);
  const bitfault::fault_key key{.seed = 2};
  std::vector<double> hits(2), bits(8);
  double both = 0, first_half = 0;
  const int trials = 20000;
  for (std::uint64_t trial = 0; trial < trials; ++trial) {
    const auto sites =
        draw_sites(s, {fault_amount::kind::per_target, 1, 0.25}, {.seed = 2, .trial = trial});
    both += sites.size() == 2 ? 1 : 0;
    for (const fault_site& site : sites) {
      hits[site.target] += 1;
      if (site.target != 1)
        continue;
      bits[static_cast<std::size_t>(std::countr_zero(site.mask))] += 1;
      first_half += site.element < 25 ? 1 : 0;
    }
  }
  // Six standard deviations of the binomial distributions.
  const auto near = [](double found, double n, double p) {
    return std::abs(found - n * p) < 6 * std::sqrt(n * p * (1 - p));
  };
  CHECK(near(hits[0], trials, 0.25));
  CHECK(near(hits[1], trials, 0.25));
  CHECK(near(both, trials, 0.0625));
  for (const double b : bits)
    CHECK(near(b, hits[1], 0.125));
  CHECK(near(first_half, hits[1], 0.5));
  const auto all = draw_sites(s, {fault_amount::kind::per_target, 1, 1}, key);
  REQUIRE(all.size() == 2);
  CHECK(all[0].target != all[1].target);
  CHECK(draw_sites(s, {fault_amount::kind::per_target, 1, 0}, key).empty());
}

TEST_CASE("integers of a quantised flip have bits of their own") {
  const two_targets t;
  fault_description d{fault_description::kind::quantized_flip, 8, 0.1, {}};
  const fault_space s(t.all, find_targets(t.all, {"weights"}), d);
  CHECK(s.sites() == 30 * 8);
  d.bits.which = mask_family::kind::sign;
  CHECK(fault_space(t.all, find_targets(t.all, {"weights"}), d).at(0).mask == 0x80);
  using Catch::Contains;
  CHECK_THROWS_WITH(fault_space(t.all, find_targets(t.all, {"codes"}), d),
                    Contains("int8 are not seen as integers of 8 bits"));
  d.bits.which = mask_family::kind::exponent;
  CHECK_THROWS_WITH(fault_space(t.all, find_targets(t.all, {"weights"}), d), Contains("quantized"));
}

TEST_CASE("what a space cannot give is refused") {
  const two_targets t;
  using Catch::Contains;
  const fault_space s = space_of(t), pairs = space_of(t, {mask_family::kind::adjacent, {}, 2});
  const auto draw = [](const fault_space& from, const fault_amount& a) {
    static_cast<void>(draw_sites(from, a, {}));
  };
  using kind = fault_amount::kind;
  CHECK_THROWS_WITH(draw(s, {kind::exactly, 1361, 0}), Contains("1361") && Contains("1360"));
  CHECK_THROWS_WITH(draw(s, {kind::fraction, 1, 1.5}), Contains("1.5"));
  CHECK_THROWS_WITH(draw(s, {kind::per_bit, 1, -0.5}), Contains("-0.5"));
  CHECK_THROWS_WITH(draw(pairs, {kind::per_bit, 1, 0.5}), Contains("single-bit"));
  CHECK_THROWS_WITH(space_of(t, {mask_family::kind::exponent, {}, 2}), Contains("int8"));
}
