// SPDX-License-Identifier: MIT
// What it costs to find the event that an element belongs to: counted, not timed.
#include "catch.hpp"

#include <bitfault/bitfault.hpp>

#include <cstdint>
#include <numeric>
#include <type_traits>
#include <vector>

using namespace bitfault;

namespace {

/// How often a draw was asked for sites, and for the event of a site.
struct questions {
  static inline std::uint64_t draws = 0, finds = 0;
  static void reset() { draws = finds = 0; }
};

template <class Inner>
struct counted_selector : Inner {
  struct draw {
    decltype(std::declval<const Inner&>().start(std::declval<const random_stream&>())) inner;
    template <unsigned Batch, class Sink>
    void visit(index_t first, index_t last, Sink&& sink) const {
      questions::draws += last - first;
      inner.template visit<Batch>(first, last, sink);
    }
    bool find(index_t site, std::uint64_t& event) const {
      ++questions::finds;
      return inner.find(site, event);
    }
  };
  draw start(const random_stream& stream) const { return {Inner::start(stream)}; }
};

/// `exactly_elements`, counted.
struct counted {
  static constexpr kind policy_kind = kind::selector;
  static constexpr bool needs_single_bits = false;
  index_t k;
  template <class Extents, class Region>
  auto bind(const bitfault::detail::site_space& space, const Extents& e, const Region& region,
            status& state) const {
    const auto inner = exactly_elements{k}.bind(space, e, region, state);
    return counted_selector<std::remove_const_t<decltype(inner)>>{inner};
  }
};

/// A list of element numbers that counts how often it is read.
struct counted_list {
  const index_t* first;
  index_t operator[](index_t i) const {
    ++questions::finds;
    return first[i];
  }
};

constexpr fault_key key{.seed = 1};

template <class Pattern>
void check_cost(const Pattern& pattern, index_t k, index_t length) {
  questions::reset();
  std::vector<float> memory(1 << 16, 1.0f);
  REQUIRE(make_injector(zero{}, counted{k}, pattern)
              .apply(view(memory.data(), extents{256, 256}), key)
              .ok());
  CAPTURE(k, length, questions::draws, questions::finds);
  CHECK(questions::draws <= k + k * (k - 1) / 2);
  CHECK(questions::finds <= 2 * k * length); // asking each anchor for each cell: k * length^2
}

} // namespace

TEST_CASE("few large events ask the draw O(k^2) times, not once for each pair of cells") {
  for (const index_t length : {index_t{64}, index_t{256}, index_t{1024}})
    check_cost(burst{length}, 100, length);
  check_cost(tile{32, 32}, 50, 1024);
}

TEST_CASE("many events of few cells ask for the anchors of those cells only") {
  questions::reset();
  std::vector<float> memory(1 << 14, 1.0f);
  constexpr index_t k = 4000;
  REQUIRE(make_injector(zero{}, counted{k}, burst{3}).apply(view(memory), key).ok());
  CHECK(questions::finds <= k * 3 * 3);
  CHECK(questions::draws <= k + 45);
}

TEST_CASE("events that cover whole lines are asked for once each") {
  questions::reset();
  std::vector<float> memory(1 << 14, 1.0f);
  constexpr index_t k = 100;
  REQUIRE(make_injector(zero{}, counted{k}, row{})
              .apply(view(memory.data(), extents{128, 128}), key)
              .ok());
  CHECK(questions::finds <= k * 128);
  CHECK(questions::draws <= k);
}

TEST_CASE("an entry of an ascending list is found by bisection") {
  std::vector<index_t> list(1 << 16);
  std::iota(list.begin(), list.end(), index_t{0});
  using bound = bitfault::detail::bound_list<counted_list>;
  for (const bool ascending : {true, false}) {
    const bound b{{list.data()}, list.size(), ascending};
    questions::reset();
    std::uint64_t event = 0;
    REQUIRE(b.start(random_stream(key)).find_next(40000, event, 60000));
    CHECK(event == 40000);
    CHECK((questions::finds <= 20) == ascending);
  }
}
