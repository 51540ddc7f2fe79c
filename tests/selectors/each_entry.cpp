// SPDX-License-Identifier: MIT
#include <bitfault/make.hpp>
#include <bitfault/selectors/each_entry.hpp>

#include "catch.hpp"
#include "chance.hpp"
#include "drawn.hpp"

#include <cstdint>
#include <set>
#include <vector>

using bitfault::each_entry;
using bitfault::exactly;
using bitfault::exactly_elements;
using bitfault::extents;
using bitfault::fault_key;
using bitfault::fraction;
using bitfault::index_t;
using bitfault::make_injector;
using bitfault::random_stream;
using bitfault::refusal;
using bitfault::status;

namespace {

fault_key key(std::uint64_t trial) { return {.seed = 50, .trial = trial}; }

struct fault {
  index_t element;
  std::uint64_t mask;
  friend auto operator<=>(const fault&, const fault&) = default;
};

template <class Plan>
std::vector<fault> faults(const Plan& plan, const fault_key& k) {
  std::vector<fault> result;
  plan.for_each_fault(k,
                      [&](const auto& cell, unsigned, std::uint64_t event, index_t, const auto&) {
                        CHECK(event == result.size());
                        result.push_back({cell.element, cell.mask});
                      });
  return result;
}

/// Binds to a space of `entries` entries with `sites` elements each.
template <class Selector>
auto bind(const Selector& selector, index_t entries, index_t sites, index_t masks, status& state) {
  const extents e{entries, sites};
  const auto whole = bitfault::whole_tensor{}.bind(e, state);
  return selector.bind(bitfault::detail::site_space{e.size(), masks, entries}, e, whole, state);
}

} // namespace

TEST_CASE("each entry gets k sites of its own") {
  const auto plan =
      make_injector(bitfault::bit_flip{}, each_entry{exactly{3}}).bind<float>(extents{6, 4, 5});
  for (std::uint64_t trial = 0; trial < 20; ++trial) {
    const auto got = faults(plan, key(trial));
    REQUIRE(got.size() == 18);
    for (std::size_t i = 0; i < got.size(); ++i)
      CHECK(got[i].element / 20 == i / 3);
    CHECK(std::set<fault>(got.begin(), got.end()).size() == 18);
  }
}

TEST_CASE("entries of a box region are its outermost indices") {
  const auto plan = make_injector(bitfault::bit_flip{}, each_entry{exactly_elements{2}},
                                  bitfault::region{bitfault::range{1, 6, 2}, 3})
                        .bind<std::uint8_t>(extents{7, 4, 5});
  const auto got = faults(plan, key(1));
  REQUIRE(got.size() == 6);
  for (std::size_t i = 0; i < got.size(); ++i) {
    CHECK(got[i].element / 20 == 1 + 2 * (i / 2));
    CHECK(got[i].element / 5 % 4 == 3);
  }
}

TEST_CASE("entries are drawn independently and uniformly") {
  // 3 entries of 5 sites, 2 in each: 10 sets to an entry, 100 for two entries, 100,000 draws. Root
  // mean square errors of 1.5 % over the sets, 2.7 % over the pairs of sets are found.
  status state;
  const auto bound = bind(each_entry{exactly{2}}, 3, 5, 1, state);
  std::vector<std::uint32_t> first(32, 0), both(32 * 32, 0), outer(32 * 32, 0);
  for (std::uint64_t trial = 0; trial < 100'000; ++trial) {
    unsigned set[3]{};
    bound.start(random_stream(key(trial)))
        .visit<8>(0, 6, [&](const index_t* sites, unsigned n, index_t) {
          for (unsigned i = 0; i < n; ++i)
            set[sites[i] / 5] |= 1u << (sites[i] % 5);
        });
    ++first[set[0]];
    ++both[set[0] * 32 + set[1]];
    ++outer[set[0] * 32 + set[2]];
  }
  const auto used = [](const std::vector<std::uint32_t>& table) {
    std::vector<std::uint32_t> result;
    for (const std::uint32_t n : table)
      if (n != 0)
        result.push_back(n);
    return result;
  };
  CHECK(used(first).size() == 10);
  CHECK(used(both).size() == 100);
  CHECK(used(outer).size() == 100);
  CHECK(std::abs(chance::uniform_z(used(first))) < chance::limit);
  CHECK(std::abs(chance::uniform_z(used(both))) < chance::limit);
  CHECK(std::abs(chance::uniform_z(used(outer))) < chance::limit);
}

TEST_CASE("the masks of elements at the same place in different entries are independent") {
  // 256 pairs of masks, 30,000 draws: a root mean square error of 6 % is found.
  const auto plan = make_injector(bitfault::bit_flip{}, each_entry{exactly_elements{1}})
                        .bind<std::uint16_t>(extents{2, 1});
  std::vector<std::uint32_t> pairs(256, 0);
  for (std::uint64_t trial = 0; trial < 30'000; ++trial) {
    std::uint64_t masks[2]{};
    plan.for_each_fault(key(trial), [&](const auto& cell, unsigned, std::uint64_t, index_t,
                                        const auto&) { masks[cell.element] = cell.mask; });
    ++pairs[static_cast<unsigned>(__builtin_ctzll(masks[0]) * 16 + __builtin_ctzll(masks[1]))];
  }
  CHECK(std::abs(chance::uniform_z(pairs)) < chance::limit);
}

TEST_CASE("find knows each entry's events, and pieces of entries are the whole") {
  status state;
  const auto bound = bind(each_entry{exactly{7}}, 11, 20, 8, state);
  REQUIRE(state.ok());
  CHECK(bound.units() == 77);
  const auto sites = drawn::sites(bound, key(1));
  CHECK(drawn::is_set_below(sites, 11 * 20 * 8));
  for (std::size_t i = 0; i < sites.size(); ++i)
    CHECK(sites[i] / 160 == i / 7);
  std::vector<std::int64_t> event_of(1760, -1);
  for (std::size_t i = 0; i < sites.size(); ++i)
    event_of[sites[i]] = static_cast<std::int64_t>(i);
  const auto draw = bound.start(random_stream(key(1)));
  bool same = true;
  for (index_t s = 0; s < 1760; ++s) {
    std::uint64_t event = 0;
    const bool found = draw.find(s, event);
    same = same && found == (event_of[s] >= 0) &&
           (!found || event == static_cast<std::uint64_t>(event_of[s]));
  }
  CHECK(same);
  for (const index_t cut : {1u, 6u, 7u, 8u, 40u, 76u}) {
    auto joined = drawn::sites<1>(bound, key(1), 0, cut);
    const auto rest = drawn::sites<3>(bound, key(1), cut, 77);
    joined.insert(joined.end(), rest.begin(), rest.end());
    CHECK(joined == sites);
  }
  // The number of the first event of each batch.
  bound.start(random_stream(key(1)))
      .visit<4>(0, 77, [&](const index_t* s, unsigned n, index_t event) {
        for (unsigned i = 0; i < n; ++i)
          CHECK(s[i] == sites[event + i]);
      });
}

TEST_CASE("fractions are taken of each entry") {
  status state;
  CHECK(bind(each_entry{fraction{0.25}}, 3, 10, 1, state).units() == 3 * 3); // round(2.5) = 3
  CHECK(bind(each_entry{fraction{0.1}}, 3, 10, 8, state).units() == 3 * 8);
  CHECK(bind(each_entry{exactly_elements{10}}, 3, 10, 8, state).units() == 30);
  CHECK(state.ok());
}

TEST_CASE("more faults than an entry has sites are refused") {
  status state;
  bind(each_entry{exactly{11}}, 3, 10, 1, state);
  CHECK(state == status{refusal::too_many_faults, 0, 11, 10});
  status elements;
  bind(each_entry{exactly_elements{11}}, 3, 10, 8, elements);
  CHECK(elements == status{refusal::too_many_faults, 0, 11, 10});
  status empty;
  bind(each_entry{exactly{1}}, 0, 10, 1, empty);
  CHECK(empty.reason == refusal::too_many_faults);
  status none;
  CHECK(bind(each_entry{exactly{0}}, 0, 10, 1, none).units() == 0);
  CHECK(none.ok());
}
