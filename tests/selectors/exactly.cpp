// SPDX-License-Identifier: MIT
#include <bitfault/make.hpp>
#include <bitfault/selectors/exactly.hpp>

#include "catch.hpp"
#include "chance.hpp"
#include "drawn.hpp"

#include <cmath>
#include <cstdint>
#include <limits>
#include <set>
#include <string>
#include <vector>

using bitfault::exactly;
using bitfault::exactly_elements;
using bitfault::extents;
using bitfault::fault_key;
using bitfault::fraction;
using bitfault::index_t;
using bitfault::random_stream;
using bitfault::refusal;
using bitfault::status;

namespace {

fault_key key(std::uint64_t trial) { return {.seed = 40, .trial = trial}; }

/// round(q S), halves up, from the double's exact value m * 2^e.
index_t exact_round(double q, index_t size) {
  __extension__ using wide = unsigned __int128;
  int exponent = 0;
  const double mantissa = std::frexp(q, &exponent);
  const auto m = static_cast<std::uint64_t>(std::ldexp(mantissa, 53));
  const int shift = 53 - exponent; // q = m / 2^shift
  const wide product = static_cast<wide>(m) * size;
  if (shift <= 0)
    return static_cast<index_t>(product << -shift);
  if (shift > 120)
    return 0;
  return static_cast<index_t>((product + (wide{1} << (shift - 1))) >> shift);
}

struct fault {
  index_t element;
  std::uint64_t mask;
  std::uint64_t event;
};

template <class Plan>
std::vector<fault> faults(const Plan& plan, const fault_key& k) {
  std::vector<fault> result;
  plan.for_each_fault(k,
                      [&](const auto& cell, unsigned, std::uint64_t event, index_t, const auto&) {
                        result.push_back({cell.element, cell.mask, event});
                      });
  return result;
}

} // namespace

TEST_CASE("exactly k distinct sites are drawn, for every k up to all of them") {
  for (const index_t size : {1u, 2u, 3u, 7u, 32u, 33u, 100u, 1000u})
    for (const index_t k : {index_t{0}, index_t{1}, size / 2, size - 1, size}) {
      status state;
      const auto bound = drawn::bind(exactly{k}, size, 1, state);
      const auto sites = drawn::sites(bound, key(size));
      CAPTURE(size, k);
      CHECK(state.ok());
      CHECK(bound.units() == k);
      CHECK(sites.size() == k);
      CHECK(drawn::is_set_below(sites, size));
    }
}

TEST_CASE("more faults than sites are refused") {
  const auto refused = [](const auto& selector, index_t elements, index_t masks) {
    status state;
    CHECK(drawn::bind(selector, elements, masks, state).units() == 0);
    return state;
  };
  CHECK(refused(exactly{101}, 100, 1) == status{refusal::too_many_faults, 0, 101, 100});
  CHECK(refused(exactly{3201}, 100, 32) == status{refusal::too_many_faults, 0, 3201, 3200});
  CHECK(refused(exactly{1}, 0, 32) == status{refusal::too_many_faults, 0, 1, 0});
  CHECK(refused(exactly{-1}, 100, 1) ==
        status{refusal::too_many_faults, 0, ~std::uint64_t{0}, 100});
  CHECK(refused(exactly_elements{101}, 100, 32) == status{refusal::too_many_faults, 0, 101, 100});
  CHECK(refused(exactly_elements{-5}, 100, 32) ==
        status{refusal::too_many_faults, 0, static_cast<std::uint64_t>(-5), 100});
  CHECK(refused(exactly{101}, 100, 1).place == std::string("exactly"));
  CHECK(refused(exactly_elements{101}, 100, 1).place == std::string("exactly_elements"));
  status state;
  CHECK(drawn::bind(exactly{0}, 0, 1, state).units() == 0);
  CHECK(drawn::bind(exactly{3200}, 100, 32, state).units() == 3200);
  CHECK(drawn::bind(exactly_elements{100}, 100, 32, state).units() == 100);
  CHECK(state.ok());
}

TEST_CASE("an earlier refusal is kept") {
  status state{refusal::axis_outside, 1, 2, 3, "elsewhere"};
  CHECK(drawn::bind(exactly{101}, 100, 1, state).units() == 0);
  drawn::bind(fraction{2}, 100, 1, state);
  CHECK(state == status{refusal::axis_outside, 1, 2, 3});
}

TEST_CASE("each set of k sites is equally likely") {
  // Sets as bit masks. 200,000 draws: a root mean square error of 1.2 % over 20 sets, of 2.2 % over
  // 252 sets is found; false alarms: see chance.hpp, 6 checks.
  struct space {
    unsigned size, k, sets;
  };
  for (const auto [size, k, sets] :
       {space{5, 2, 10}, {6, 3, 20}, {7, 1, 7}, {7, 6, 7}, {9, 4, 126}, {10, 5, 252}}) {
    const auto bound = drawn::bind(exactly{k}, size);
    std::vector<std::uint32_t> by_mask(1u << size, 0), counts;
    for (std::uint64_t trial = 0; trial < 200'000; ++trial) {
      unsigned set = 0;
      bound.start(random_stream(key(trial)))
          .template visit<16>(0, k, [&](const index_t* sites, unsigned n, index_t) {
            for (unsigned i = 0; i < n; ++i)
              set |= 1u << sites[i];
          });
      ++by_mask[set];
    }
    for (unsigned set = 0; set < by_mask.size(); ++set)
      if (static_cast<unsigned>(__builtin_popcount(set)) == k)
        counts.push_back(by_mask[set]);
      else if (by_mask[set] != 0)
        FAIL_CHECK("a set of another size");
    CAPTURE(size, k);
    CHECK(counts.size() == sets);
    CHECK(std::abs(chance::uniform_z(counts)) < chance::limit);
  }
}

TEST_CASE("find knows each site's event, and pieces are the whole") {
  const auto bound = drawn::bind(exactly{300}, 1000);
  const auto draw = bound.start(random_stream(key(1)));
  const auto sites = drawn::sites(bound, key(1));
  std::vector<std::int64_t> event_of(1000, -1);
  for (std::size_t i = 0; i < sites.size(); ++i)
    event_of[sites[i]] = static_cast<std::int64_t>(i);
  bool same = true;
  for (index_t s = 0; s < 1000; ++s) {
    std::uint64_t event = 0;
    const bool found = draw.find(s, event);
    same = same && found == (event_of[s] >= 0) &&
           (!found || event == static_cast<std::uint64_t>(event_of[s]));
  }
  CHECK(same);
  auto joined = drawn::sites<1>(bound, key(1), 0, 77);
  const auto rest = drawn::sites<128>(bound, key(1), 77, 300);
  joined.insert(joined.end(), rest.begin(), rest.end());
  CHECK(joined == sites);
}

TEST_CASE("the first k sites of a draw are the draw of k sites") {
  const auto all = drawn::sites(drawn::bind(exactly{500}, 4000), key(2));
  for (const index_t k : {1u, 10u, 33u, 499u}) {
    const auto few = drawn::sites(drawn::bind(exactly{k}, 4000), key(2));
    CHECK(std::equal(few.begin(), few.end(), all.begin()));
  }
}

TEST_CASE("a site is an element and a bit of it") {
  const auto plan =
      bitfault::make_injector(bitfault::bit_flip{}, exactly{40}).bind<std::int16_t>(extents{3, 5});
  const auto sites = drawn::sites(drawn::bind(exactly{40}, 15, 16), key(3));
  const auto got = faults(plan, key(3));
  REQUIRE(got.size() == 40);
  for (std::size_t i = 0; i < got.size(); ++i) {
    CHECK(got[i].element == sites[i] / 16);
    CHECK(got[i].mask == std::uint64_t{1} << (sites[i] % 16));
    CHECK(got[i].event == i);
  }
}

TEST_CASE("exactly_elements hits k distinct elements, each with any mask") {
  // 40,000 draws of 4 of 10 elements: element by element within 2 %, masks within 2.4 % (root mean
  // square over 320 pairs of element and mask), pairs of masks in one draw within 7 % (1024 cells).
  const auto plan =
      bitfault::make_injector(bitfault::bit_flip{}, exactly_elements{4}).bind<float>(extents{2, 5});
  std::vector<std::uint32_t> of_element(10, 0), of_both(320, 0), of_masks(1024, 0);
  bool distinct = true;
  for (std::uint64_t trial = 0; trial < 40'000; ++trial) {
    const auto got = faults(plan, key(trial));
    std::set<index_t> elements;
    unsigned bits[4]{};
    for (std::size_t i = 0; i < got.size(); ++i) {
      elements.insert(got[i].element);
      bits[i] = static_cast<unsigned>(__builtin_ctzll(got[i].mask));
      ++of_element.at(got[i].element);
      ++of_both.at(got[i].element * 32 + bits[i]);
      distinct = distinct && __builtin_popcountll(got[i].mask) == 1;
    }
    distinct = distinct && got.size() == 4 && elements.size() == 4;
    ++of_masks[bits[0] * 32 + bits[1]];
  }
  CHECK(distinct);
  CHECK(std::abs(chance::uniform_z(of_both)) < chance::limit);
  CHECK(std::abs(chance::uniform_z(of_masks)) < chance::limit);
  // Elements are drawn without replacement: 4 of 10, so the variance has the factor 0.6.
  double chi_square = 0;
  for (const std::uint32_t n : of_element)
    chi_square += (n - 16'000.0) * (n - 16'000.0) / (16'000.0 * 0.6);
  CHECK(std::abs(chance::chi_square_z(chi_square * 9 / 10, 9)) < chance::limit);
}

TEST_CASE("a fraction is rounded exactly, halves up") {
  const auto count = [](double q, index_t size) {
    status state;
    const index_t k = drawn::bind(fraction{q}, size, 1, state).units();
    return state.ok() ? k : ~index_t{0};
  };
  CHECK(count(0, 1000) == 0);
  CHECK(count(1, 1000) == 1000);
  CHECK(count(1, index_t{1} << 62) == index_t{1} << 62);
  CHECK(count(0.5, 1) == 1); // a half
  CHECK(count(0.5, 3) == 2);
  CHECK(count(0.25, 2) == 1);
  CHECK(count(std::nextafter(0.5, 0.0), 3) == 1); // just below a half more
  CHECK(count(std::nextafter(0.5, 1.0), 3) == 2);
  CHECK(count(0.1, 5) == 1);    // the double 0.1 is a little more than a tenth
  CHECK(count(0.15, 10) == 1);  // and 0.15 a little less than 0.15, which double arithmetic hides
  CHECK(count(0.29, 50) == 14); // 0.29 * 50 is 14.5 in double arithmetic, but 0.29 is below 0.29
  CHECK(count(1e-12, 1'000'000) == 0);
  CHECK(count(1e-12, 500'000'000'000) == (exact_round(1e-12, 500'000'000'000)));
  CHECK(count(std::numeric_limits<double>::denorm_min(), index_t{1} << 62) == 0);
  CHECK(count(1e-300, index_t{1} << 62) == 0);
  CHECK(count(0x1p-63, index_t{1} << 62) == 1); // a half of one site
  CHECK(count(0x1.fffffffffffffp-64, index_t{1} << 62) == 0);

  chance::numbers any(41);
  int wrong = 0;
  for (int i = 0; i < 20'000; ++i) {
    const double q = std::ldexp(1 + static_cast<double>(any.next() >> 12) * 0x1p-52,
                                -1 - static_cast<int>(any.below(i % 2 == 0 ? 4 : 70)));
    const index_t size = 1 + (any.next() >> (3 + any.below(60)));
    wrong += count(q, size) != exact_round(q, size);
    // Halves exactly: q = (2 j + 1) / 2^n of 2^(n - 1) sites.
    const unsigned n = 1 + static_cast<unsigned>(any.below(50));
    const std::uint64_t odd = 2 * any.below(std::uint64_t{1} << (n - 1)) + 1;
    const index_t half_size = index_t{1} << (n - 1);
    wrong += count(std::ldexp(static_cast<double>(odd), -static_cast<int>(n)), half_size) !=
             (odd + 1) / 2;
  }
  CHECK(wrong == 0);
}

TEST_CASE("a fraction of sites counts bits, and draws what exactly draws") {
  status state;
  const auto bound = drawn::bind(fraction{0.01}, 1000, 32, state);
  CHECK(bound.units() == 320);
  CHECK(drawn::sites(bound, key(5)) == drawn::sites(drawn::bind(exactly{320}, 1000, 32), key(5)));
}

TEST_CASE("a fraction outside [0, 1] is refused") {
  using limits = std::numeric_limits<double>;
  for (const double q :
       {-0.1, 1 + limits::epsilon(), limits::quiet_NaN(), limits::infinity(), -1e-300}) {
    status state;
    CHECK(drawn::bind(fraction{q}, 100, 1, state).units() == 0);
    CHECK(state == status{refusal::fraction_not_a_probability, 0,
                          bitfault::detail::bit_cast<std::uint64_t>(q), 1});
    CHECK(state.place == std::string("fraction"));
  }
}
