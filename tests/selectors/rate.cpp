// SPDX-License-Identifier: MIT
#include <bitfault/selectors/rate.hpp>

#include "catch.hpp"
#include "chance.hpp"
#include "drawn.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <type_traits>
#include <vector>

using bitfault::fault_key;
using bitfault::index_t;
using bitfault::random_stream;
using bitfault::refusal;
using bitfault::status;
using bitfault::detail::rate_draw;
namespace rate = bitfault::rate;

// About 250 comparisons with the limit of chance.hpp: sound draws would fail here once in some
// 7,000.

namespace {

double above(double p) { return std::nextafter(p, 1.0); }
double below(double p) { return std::nextafter(p, 0.0); }

/// Each of the three draws, and the borders between them: the last double of one, the first of the
/// next.
const std::vector<double> rates = {
    1e-4, 1e-3,          below(0x1p-9), 0x1p-9,        0.004, below(0x1p-7), 0x1p-7, above(0x1p-7),
    0.01, below(0x1p-6), 0x1p-6,        above(0x1p-6), 0.02,  below(0x1p-5), 0x1p-5, above(0x1p-5),
    0.1,  0.5,           0.9,           below(1.0)};

fault_key key(std::uint64_t trial) { return {.seed = 30, .trial = trial}; }

/// n * P(k hits among `size`) for k = 0, 1 ... size.
std::vector<double> binomial(index_t size, double p, double n) {
  std::vector<double> expected(size + 1);
  const auto s = static_cast<double>(size);
  for (index_t i = 0; i <= size; ++i) {
    const auto k = static_cast<double>(i);
    expected[i] = n * std::exp(std::lgamma(s + 1) - std::lgamma(k + 1) - std::lgamma(s - k + 1) +
                               k * std::log(p) + (s - k) * std::log1p(-p));
  }
  return expected;
}

/// One long draw, in rising order.
std::vector<index_t> long_draw(double p, index_t size, std::uint64_t trial) {
  return drawn::sorted(drawn::sites(drawn::bind(rate::per_element(p), size), key(trial)));
}

} // namespace

TEST_CASE("the probability decides how sites are drawn") {
  const auto draw = [](double p) { return rate::per_bit(p).tables.draw; };
  CHECK(draw(0) == rate_draw::never);
  CHECK(draw(1e-12) == rate_draw::blocks);
  CHECK(draw(below(0x1p-9)) == rate_draw::blocks);
  CHECK(draw(0x1p-9) == rate_draw::bitmaps); // blocks of 2^10 trials from here on
  CHECK(draw(0x1p-6) == rate_draw::bitmaps);
  CHECK(draw(above(0x1p-6)) == rate_draw::slices);
  CHECK(draw(1) == rate_draw::slices);
  STATIC_REQUIRE(std::is_trivially_copyable_v<rate::per_bit>);
}

TEST_CASE("the number of hits is binomial") {
  // Sizes that are no multiple of a block, so that the last block is cut. 20,000 draws: a relative
  // error in the mean of 5 / sqrt(20,000 S p) is found, which is 1.5 % for a mean of 5 hits.
  constexpr std::uint64_t draws = 20'000;
  for (const double p : rates) {
    const auto size = static_cast<index_t>(std::min(5 / p + 33, 50'000.0));
    const auto bound = drawn::bind(rate::per_element(p), size);
    std::vector<std::uint32_t> counts(size + 1, 0);
    chance::moments hits;
    for (std::uint64_t trial = 0; trial < draws; ++trial) {
      unsigned n = 0;
      bound.start(random_stream(key(trial)))
          .template visit<32>(0, bound.units(),
                              [&](const index_t*, unsigned m, index_t) { n += m; });
      ++counts.at(n);
      hits.add(n);
    }
    CAPTURE(p, size);
    const double mean = static_cast<double>(size) * p, variance = mean * (1 - p);
    CHECK(std::abs(chance::fit_z(counts, binomial(size, p, draws))) < chance::limit);
    if (variance > 1e-3)
      CHECK(std::abs(hits.mean_z(mean, variance)) < chance::limit);
    if (variance > 0.5)
      CHECK(std::abs(hits.variance_z(variance, variance * (1 + 3 * variance))) < chance::limit);
  }
}

TEST_CASE("long draws have the right number of hits") {
  // Three million hits expected: an error of the rate of 0.3 % is found. Losing the repeated places
  // of a block of 1024 would cost 0.4 to 0.8 % for p between 2^-7 and 2^-6.
  for (const double p : {1e-3, 0x1p-9, 0x1p-7, below(0x1p-6), 0.02, 0.1}) {
    const auto size = static_cast<index_t>(3e6 / p);
    const auto bound = drawn::bind(rate::per_element(p), size);
    double hits = 0;
    bound.start(random_stream(key(9)))
        .template visit<128>(0, bound.units(),
                             [&](const index_t*, unsigned n, index_t) { hits += n; });
    CAPTURE(p, hits);
    CHECK(std::abs(chance::binomial_z(hits, static_cast<double>(size), p)) < chance::limit);
  }
}

TEST_CASE("every site is hit with probability p") {
  // Sizes of a few blocks and a rest. Some 400,000 hits for each p: about 6 % for each site, 1 %
  // for the root mean square over the sites.
  for (const double p : {1e-3, 0.004, 0.01, 0.02, 0.1, 0.6}) {
    const index_t size = p < 0.002 ? 5000 : 2500;
    const auto bound = drawn::bind(rate::per_element(p), size);
    const auto draws = static_cast<std::uint64_t>(400'000 / (static_cast<double>(size) * p)) + 1;
    std::vector<std::uint32_t> counts(size, 0);
    double all = 0;
    for (std::uint64_t trial = 0; trial < draws; ++trial)
      bound.start(random_stream(key(trial)))
          .template visit<32>(0, bound.units(), [&](const index_t* sites, unsigned n, index_t) {
            for (unsigned i = 0; i < n; ++i)
              ++counts.at(sites[i]);
            all += n;
          });
    const auto n = static_cast<double>(draws);
    double chi_square = 0;
    for (const std::uint32_t c : counts)
      chi_square += (c - n * p) * (c - n * p) / (n * p * (1 - p));
    CAPTURE(p);
    CHECK(std::abs(chance::chi_square_z(chi_square, static_cast<double>(size))) < chance::limit);
    CHECK(std::abs(chance::binomial_z(all, n * static_cast<double>(size), p)) < chance::limit);
  }
}

TEST_CASE("gaps between hits are geometric") {
  // 200,000 gaps in 40 cells: a root mean square error of 1.5 % over the cells is found. Gaps cross
  // the borders of blocks and of the four blocks that are drawn together.
  for (const double p : {1e-6, 1e-4, 1e-3, 0.004, 0.01, 0x1p-6, 0.02, 0.1, 0.5}) {
    const auto size = static_cast<index_t>(200'000 / p);
    const std::vector<index_t> sites = long_draw(p, size, 1);
    CHECK(std::adjacent_find(sites.begin(), sites.end()) == sites.end());
    // Cells of nearly equal probability; P(gap > g) = (1 - p)^g.
    std::vector<double> ends;
    for (int i = 1; i < 40; ++i) {
      const double end = std::floor(std::log1p(-i / 40.0) / std::log1p(-p));
      if (end >= 1 && (ends.empty() || end > ends.back()))
        ends.push_back(end);
    }
    std::vector<std::uint32_t> counts(ends.size() + 1, 0);
    for (std::size_t i = 1; i < sites.size(); ++i) {
      const auto gap = static_cast<double>(sites[i] - sites[i - 1]);
      ++counts[static_cast<std::size_t>(std::lower_bound(ends.begin(), ends.end(), gap) -
                                        ends.begin())];
    }
    const auto n = static_cast<double>(sites.size() - 1);
    std::vector<double> expected;
    double left = 1;
    for (const double end : ends) {
      const double after = std::exp(end * std::log1p(-p));
      expected.push_back(n * (left - after));
      left = after;
    }
    expected.push_back(n * left);
    CAPTURE(p);
    CHECK(std::abs(chance::fit_z(counts, expected)) < chance::limit);
    CHECK(std::abs(chance::binomial_z(n + 1, static_cast<double>(size), p)) < chance::limit);
  }
}

TEST_CASE("a naive sweep of Bernoulli trials gives draws of the same kind") {
  // Two samples: hits in 64 windows of 100 sites, 300 sweeps each, by their number. It needs no
  // formula, so it also tests the formulas of the tests above.
  std::mt19937_64 engine(31);
  for (const double p : {0.002, 0.01, 0.1}) {
    const index_t size = 6400;
    const auto threshold = static_cast<std::uint64_t>(std::ldexp(p, 64));
    const auto bound = drawn::bind(rate::per_element(p), size);
    std::vector<std::uint32_t> ours(101, 0), naive(101, 0);
    for (std::uint64_t trial = 0; trial < 300; ++trial) {
      std::vector<std::uint32_t> window(64, 0), swept(64, 0);
      for (const index_t site : drawn::sites(bound, key(trial)))
        ++window[site / 100];
      for (index_t site = 0; site < size; ++site)
        swept[site / 100] += engine() < threshold;
      for (unsigned w = 0; w < 64; ++w) {
        ++ours[window[w]];
        ++naive[swept[w]];
      }
    }
    double chi_square = 0, a = 0, b = 0;
    int cells = 0;
    for (unsigned k = 0; k <= 100; ++k) {
      a += ours[k];
      b += naive[k];
      if (a + b < 20)
        continue;
      chi_square += (a - b) * (a - b) / (a + b);
      ++cells;
      a = b = 0;
    }
    CAPTURE(p);
    CHECK(std::abs(chance::chi_square_z(chi_square, cells - 1)) < chance::limit);
  }
}

TEST_CASE("neighbouring sites are hit independently") {
  // The number of pairs (s, s + d) that are both hit, in one draw with about 200,000 hits. The
  // probability of a pair is tested with a relative error of 5 / sqrt(200,000 p): 11 % at 0.01, 3.5
  // % at 0.1. Distances inside words, blocks and tiles and from one to the next.
  for (const double p : {0.004, 0.01, 0x1p-6, 0.02, 0.1, 0.5}) {
    const auto size = static_cast<index_t>(200'000 / p);
    const std::vector<index_t> sites = long_draw(p, size, 2);
    std::vector<char> hit(size, 0);
    for (const index_t s : sites)
      hit[s] = 1;
    for (const index_t d : {1u, 2u, 3u, 31u, 32u, 33u, 64u, 128u, 512u, 1024u, 4096u}) {
      double pairs = 0;
      for (const index_t s : sites)
        pairs += s + d < size && hit[s + d] != 0;
      const double n = static_cast<double>(size - d), q = p * p;
      const double variance = n * (q * (1 - q) + 2 * (q * p - q * q));
      CAPTURE(p, d);
      CHECK(std::abs(pairs - n * q) < chance::limit * std::sqrt(variance));
    }
  }
}

TEST_CASE("sites are distinct, inside the space, and the same for a longer one") {
  // Dropping positions past the end is exact because blocks do not depend on the size.
  for (const double p : rates)
    for (const index_t size : {1u, 2u, 31u, 33u, 500u, 1023u, 1024u, 1025u, 4097u, 70'001u}) {
      const auto longer =
          drawn::sorted(drawn::sites(drawn::bind(rate::per_element(p), 80'000), key(3)));
      const auto sites = drawn::sites(drawn::bind(rate::per_element(p), size), key(3));
      const std::vector<index_t> due(longer.begin(),
                                     std::lower_bound(longer.begin(), longer.end(), size));
      CAPTURE(p, size);
      CHECK(drawn::is_set_below(sites, size));
      CHECK(drawn::sorted(sites) == due);
    }
}

TEST_CASE("a single site is hit with probability p") {
  for (const double p : {1e-4, 0.004, 0.01, 0.02, 0.1, 0.5}) {
    const auto bound = drawn::bind(rate::per_element(p), 1);
    REQUIRE(bound.units() == 1);
    double hits = 0;
    for (std::uint64_t trial = 0; trial < 50'000; ++trial)
      hits += static_cast<double>(drawn::sites(bound, key(trial)).size());
    CAPTURE(p, hits);
    CHECK(std::abs(chance::binomial_z(hits, 50'000, p)) < chance::limit);
  }
}

TEST_CASE("probability 0 hits nothing, probability 1 everything in order") {
  for (const double p : {0.0, -0.0, 1e-300}) {
    const auto none = drawn::bind(rate::per_bit(p), 1000, 32);
    CHECK(none.units() == 0);
    CHECK(drawn::sites(none, key(1)).empty());
    std::uint64_t event = 0;
    CHECK_FALSE(none.start(random_stream(key(1))).find(5, event));
  }
  for (const index_t size : {0u, 1u, 32u, 1000u, 1024u, 3000u}) {
    std::vector<index_t> due(size);
    for (index_t i = 0; i < size; ++i)
      due[i] = i;
    CHECK(drawn::sites(drawn::bind(rate::per_bit(1.0), size), key(1)) == due);
  }
}

TEST_CASE("a rate of 1e-12 works in spaces of more than 2^32 sites") {
  // 2^43 sites: 8.796 hits expected; 4000 draws: an error of 2.7 % of the rate is found.
  constexpr index_t size = (index_t{1} << 43) + 17;
  const auto bound = drawn::bind(rate::per_bit(1e-12), size);
  const double mean = static_cast<double>(size) * 1e-12;
  chance::moments hits;
  std::vector<std::uint32_t> parts(50, 0);
  bool inside = true;
  for (std::uint64_t trial = 0; trial < 4000; ++trial) {
    const auto sites = drawn::sites(bound, key(trial));
    hits.add(static_cast<double>(sites.size()));
    for (const index_t s : sites) {
      inside = inside && s < size;
      ++parts[s / (size / 50 + 1)];
    }
  }
  CHECK(inside);
  CHECK(std::abs(hits.mean_z(mean, mean)) < chance::limit);
  CHECK(std::abs(hits.variance_z(mean, mean * (1 + 3 * mean))) < chance::limit);
  CHECK(std::abs(chance::uniform_z(parts)) < chance::limit);
}

TEST_CASE("find agrees with visit for every site") {
  for (const double p : rates) {
    const index_t size = 3000;
    const auto bound = drawn::bind(rate::per_element(p), size);
    bool same = true, numbered = true;
    for (std::uint64_t trial = 0; trial < 2; ++trial) {
      std::vector<char> hit(size, 0);
      for (const index_t s : drawn::sites(bound, key(trial)))
        hit[s] = 1;
      const auto draw = bound.start(random_stream(key(trial)));
      for (index_t s = 0; s < size; ++s) {
        std::uint64_t event = 0;
        same = same && draw.find(s, event) == (hit[s] != 0);
        numbered = numbered && event == s; // the event's number is its site
      }
    }
    CAPTURE(p);
    CHECK(same);
    CHECK(numbered);
  }
}

TEST_CASE("any division into pieces gives the same sites in the same order") {
  chance::numbers any(32);
  for (const double p : rates) {
    const auto size = static_cast<index_t>(3000 / p) + 7;
    const auto bound = drawn::bind(rate::per_element(p), size);
    const index_t units = bound.units();
    const auto whole = drawn::sites(bound, key(4));
    bool same = drawn::sites<1>(bound, key(4)) == whole &&
                drawn::sites<7>(bound, key(4)) == whole &&
                drawn::sites<128>(bound, key(4)) == whole;
    for (int cut = 0; cut < 5; ++cut) {
      std::vector<index_t> joined;
      index_t first = 0;
      while (first < units) {
        const index_t last = std::min<index_t>(units, first + 1 + any.below(cut < 2 ? 6 : units));
        const auto piece = drawn::sites<8>(bound, key(4), first, last);
        joined.insert(joined.end(), piece.begin(), piece.end());
        first = last;
      }
      same = same && joined == whole;
    }
    CAPTURE(p);
    CHECK(same);
    CHECK(drawn::sites(bound, key(4), 2, 2).empty());
  }
}

TEST_CASE("tiles hold the sites that visit gives") {
  for (const double p : rates) {
    const index_t size = 20'000 + 11;
    const auto bound = drawn::bind(rate::per_bit(p), size);
    if (!bound.has_tiles())
      continue;
    const auto draw = bound.start(random_stream(key(5)));
    std::vector<index_t> from_tiles;
    index_t next_unit = 0;
    bool in_order = true;
    draw.tiles(0, bound.units(), [&](index_t unit, const std::uint32_t* words) {
      in_order = in_order && unit == next_unit++;
      for (unsigned i = 0; i < 32 * bound.tile_words(); ++i)
        if (((words[i / 32] >> (i % 32)) & 1) != 0 && unit * 32 * bound.tile_words() + i < size)
          from_tiles.push_back(unit * 32 * bound.tile_words() + i);
    });
    CAPTURE(p);
    CHECK(in_order);
    CHECK(next_unit == bound.units());
    CHECK(from_tiles == drawn::sites(bound, key(5)));
  }
}

TEST_CASE("per_bit counts sites, per_element counts elements") {
  status state;
  CHECK(drawn::bind(rate::per_bit(0.1), 100, 32, state).sites == 3200);
  CHECK(drawn::bind(rate::per_element(0.1), 100, 32, state).sites == 100);
  CHECK(state.ok());
  STATIC_REQUIRE(rate::per_bit::needs_single_bits);
  STATIC_REQUIRE(!rate::per_element::needs_single_bits);
}

TEST_CASE("what is no probability is refused and draws nothing") {
  using limits = std::numeric_limits<double>;
  for (const double p :
       {limits::quiet_NaN(), -0.1, 1 + limits::epsilon(), 2.0, limits::infinity(), -1e-300}) {
    status bit, element;
    const auto per_bit = drawn::bind(rate::per_bit(p), 100, 32, bit);
    drawn::bind(rate::per_element(p), 100, 32, element);
    CAPTURE(p);
    CHECK(bit == status{refusal::rate_not_a_probability, 0,
                        bitfault::detail::bit_cast<std::uint64_t>(p), 1});
    CHECK(element == bit);
    CHECK(bit.place == std::string("rate::per_bit"));
    CHECK(element.place == std::string("rate::per_element"));
    CHECK(per_bit.units() == 0);
  }
}
