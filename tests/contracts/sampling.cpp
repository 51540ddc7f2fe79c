// SPDX-License-Identifier: MIT
// Contract 5: sampling means what it says. Keys are fixed, so a test passes always or never; the
// bounds say how often a correct sampler would miss them for another choice of keys.
#include "catch.hpp"
#include "combinations.hpp"

#include <cmath>

using namespace combinations;

namespace {

using words = std::vector<std::uint32_t>;

/// The bits that a key flips in `elements` elements, whatever is in them.
template <class Injector, std::size_t Rank>
words flipped(const Injector& injector, const extents<Rank>& e, std::uint64_t trial) {
  words memory(e.size());
  REQUIRE(injector.apply(view(memory.data(), e), {.seed = 77, .trial = trial}).ok());
  return memory;
}

unsigned bits_in(const words& memory) {
  unsigned n = 0;
  for (const std::uint32_t w : memory)
    n += static_cast<unsigned>(bitfault::detail::popcount(w));
  return n;
}

/// Chi-square of counts against equal expectations, as standard deviations (Wilson and Hilferty).
double deviation(const std::vector<double>& counts, double expected) {
  double chi2 = 0;
  for (const double c : counts)
    chi2 += (c - expected) * (c - expected) / expected;
  const double n = static_cast<double>(counts.size()) - 1;
  return (std::cbrt(chi2 / n) - (1 - 2 / (9 * n))) / std::sqrt(2 / (9 * n));
}

} // namespace

TEST_CASE("contract 5: exactly k flips change exactly k bits, for every k and key") {
  for (const index_t k : {0u, 1u, 2u, 31u, 32u, 33u, 500u, 1119u, 1120u})
    for (std::uint64_t trial = 0; trial < 20; ++trial)
      REQUIRE(bits_in(flipped(make_injector(bit_flip{}, exactly{k}), extents{5, 7}, trial)) == k);
}

TEST_CASE("contract 5: exactly_elements changes exactly k elements") {
  for (std::uint64_t trial = 0; trial < 20; ++trial) {
    const auto memory =
        flipped(make_injector(bit_flip{}, exactly_elements{20}), extents{35}, trial);
    unsigned changed = 0;
    for (const std::uint32_t w : memory)
      changed += w != 0;
    REQUIRE(changed == 20);
    REQUIRE(bits_in(memory) == 20);
  }
}

TEST_CASE("contract 5: a fraction is that many sites, halves rounded up") {
  const auto count = [](double q) {
    return bits_in(flipped(make_injector(bit_flip{}, fraction{q}), extents{5, 2}, 1));
  };
  CHECK(count(0.5) == 160);
  CHECK(count(1.0 / 3) == 107); // 106.67
  CHECK(count(0.5 / 320) == 1); // 0.5
  CHECK(count(0.49 / 320) == 0);
  CHECK(count(2.5 / 320) == 3);
  CHECK(count(1) == 320);
  CHECK(count(std::nextafter(1.0, 0.0)) == 320);
}

TEST_CASE("contract 5: each entry has its own k faults") {
  const auto memory =
      flipped(make_injector(bit_flip{}, each_entry{exactly{9}}), extents{6, 4, 5}, 2);
  words first(20);
  bool all_the_same = true;
  for (index_t entry = 0; entry < 6; ++entry) {
    const words one(memory.begin() + static_cast<std::ptrdiff_t>(20 * entry),
                    memory.begin() + static_cast<std::ptrdiff_t>(20 * entry + 20));
    CHECK(bits_in(one) == 9);
    if (entry == 0)
      first = one;
    all_the_same = all_the_same && one == first;
  }
  CHECK(!all_the_same);
}

TEST_CASE("contract 5: zeros of both signs are sites like any other") {
  const auto ones = make_injector(bit_flip{}, exactly{64 * 32});
  for (const float value : {0.0f, -0.0f, 1.0f}) {
    std::vector<float> memory(64, value);
    REQUIRE(ones.apply(view(memory), {}).ok());
    for (const float& f : memory)
      REQUIRE(to_word(f) == ~to_word(value));
  }
  // A pruned tensor: half of the faults lie in zeros. Binomial(20000, 1/2): six standard
  // deviations are 424.
  std::vector<float> pruned(1000);
  for (index_t i = 0; i < 1000; i += 2)
    pruned[i] = 1.0f;
  unsigned in_zeros = 0;
  for (std::uint64_t trial = 0; trial < 200; ++trial) {
    std::vector<float> memory = pruned;
    REQUIRE(make_injector(bit_flip{}, exactly_elements{100})
                .apply(view(memory), {.trial = trial})
                .ok());
    for (index_t i = 1; i < 1000; i += 2)
      in_zeros += to_word(memory[i]) != 0;
  }
  CHECK(in_zeros > 10000 - 424);
  CHECK(in_zeros < 10000 + 424);
}

TEST_CASE("contract 5: multi-bit masks have distinct bits") {
  for (unsigned length = 1; length <= 32; ++length) {
    const auto memory = flipped(
        make_injector(bit_flip{}, exactly_elements{60}, bits::adjacent{length}), extents{60}, 5);
    for (const std::uint32_t w : memory) {
      REQUIRE(static_cast<unsigned>(bitfault::detail::popcount(w)) == length);
      const auto low = static_cast<unsigned>(bitfault::detail::count_trailing_zeros(w));
      REQUIRE((std::uint64_t{w} >> low) == bitfault::detail::low_bits(length)); // one window
    }
  }
  for (const std::uint32_t w :
       flipped(make_injector(bit_flip{}, every{}, bits::as_one{bits::given{4, 9, 4, from_msb(27)}}),
               extents{10}, 1))
    REQUIRE(w == ((1u << 4) | (1u << 9)));
  for (const std::uint32_t w :
       flipped(make_injector(bit_flip{}, exactly{20}, bits::given{4, 9, 4}), extents{10}, 1))
    REQUIRE(w == ((1u << 4) | (1u << 9))); // 10 elements with two candidate bits: 20 sites
}

TEST_CASE("contract 5: stuck-at is idempotent, and leaves bits that are stuck already") {
  const auto golden = any_bits<float>(size);
  const auto check = [&](const auto& injector, bool to_one) {
    std::vector<float> once = golden;
    const auto v = view(once.data(), shape);
    REQUIRE(injector.apply(v, {.seed = 4}).ok());
    for (index_t i = 0; i < size; ++i) {
      const std::uint32_t moved = to_word(once[i]) ^ to_word(golden[i]);
      REQUIRE((moved & (to_one ? to_word(golden[i]) : ~to_word(golden[i]))) == 0);
    }
    auto twice = once;
    REQUIRE(injector.apply(view(twice.data(), shape), {.seed = 4}).ok());
    CHECK(same_bytes(once, twice));
    CHECK(!same_bytes(once, golden));
  };
  check(make_injector(stuck_at_1{}, rate::per_bit(0.1)), true);
  check(make_injector(stuck_at_0{}, rate::per_bit(0.1)), false);
  check(make_injector(stuck_at_1{}, exactly{900}, bits::adjacent{4}, burst{3}), true);
  check(make_injector(stuck_at_0{}, every{}, bits::as_one{bits::exponent{}}), false);
}

TEST_CASE("contract 5: every site is hit equally often, and every pair of sites") {
  // 6 elements x 4 bits = 24 sites, k = 3: marginals of 24 sites and of 276 pairs.
  const auto injector = make_injector(bit_flip{}, exactly{3}, bits::range{10, 13});
  constexpr int trials = 40000;
  std::vector<double> sites(24), pairs(24 * 24);
  for (int trial = 0; trial < trials; ++trial) {
    const auto memory = flipped(injector, extents{6}, static_cast<std::uint64_t>(trial));
    std::vector<std::size_t> hit;
    for (std::size_t s = 0; s < 24; ++s)
      if (((memory[s / 4] >> (10 + s % 4)) & 1u) != 0)
        hit.push_back(s);
    REQUIRE(hit.size() == 3);
    for (const std::size_t a : hit) {
      ++sites[a];
      for (const std::size_t b : hit)
        if (a < b)
          ++pairs[a * 24 + b];
    }
  }
  std::vector<double> upper;
  for (std::size_t a = 0; a < 24; ++a)
    for (std::size_t b = a + 1; b < 24; ++b)
      upper.push_back(pairs[a * 24 + b]);
  // Without replacement the statistic is a little smaller than chi-square: the bound of 4 standard
  // deviations is missed by less than one choice of keys in 30,000.
  CHECK(std::abs(deviation(sites, trials * 3 / 24.0)) < 4);
  CHECK(std::abs(deviation(upper, trials * 3 / 276.0)) < 4);
}

TEST_CASE("contract 5: a rate hits every bit alike, with a binomial count, in each of its draws") {
  for (const double p : {0.002, 0.02, 0.2, 0.9}) {
    INFO(p);
    const auto injector = make_injector(bit_flip{}, rate::per_bit(p));
    constexpr int trials = 4000;
    constexpr double sites = 6 * 32;
    std::vector<double> hits(6 * 32);
    double sum = 0, squares = 0;
    for (int trial = 0; trial < trials; ++trial) {
      const auto memory = flipped(injector, extents{6}, static_cast<std::uint64_t>(trial));
      double n = 0;
      for (std::size_t s = 0; s < hits.size(); ++s) {
        const bool hit = ((memory[s / 32] >> (s % 32)) & 1u) != 0;
        hits[s] += hit;
        n += hit;
      }
      sum += n;
      squares += n * n;
    }
    const double mean = sum / trials;
    const double variance = squares / trials - mean * mean;
    const double expected = sites * p, expected_variance = sites * p * (1 - p);
    // Five standard errors each (those of a variance are near sqrt(2 / n), with the binomial's own
    // excess kurtosis 1 / (n p q) at most 2.6 here: sqrt((2 + 2.6) / n)).
    CHECK(std::abs(mean - expected) < 5 * std::sqrt(expected_variance / trials));
    CHECK(std::abs(variance / expected_variance - 1) < 5 * std::sqrt(4.6 / trials));
    // Each count is Binomial(trials, p), so chi-square shrinks by 1 - p.
    std::vector<double> scaled;
    for (const double h : hits)
      scaled.push_back(trials * p + (h - trials * p) / std::sqrt(1 - p));
    CHECK(std::abs(deviation(scaled, trials * p)) < 4);
  }
}

TEST_CASE("contract 5: each mask of an element is equally likely") {
  const auto injector = make_injector(bit_flip{}, exactly_elements{8}, bits::adjacent{8});
  std::vector<double> windows(25);
  for (std::uint64_t trial = 0; trial < 5000; ++trial)
    for (const std::uint32_t w : flipped(injector, extents{8}, trial))
      ++windows[static_cast<std::size_t>(bitfault::detail::count_trailing_zeros(w))];
  CHECK(std::abs(deviation(windows, 8 * 5000 / 25.0)) < 4);
}
