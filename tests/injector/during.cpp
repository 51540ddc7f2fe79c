// SPDX-License-Identifier: MIT
#include "catch.hpp"

#include <bitfault/bitfault.hpp>

#include <cstdint>
#include <set>
#include <string>
#include <vector>

using namespace bitfault;

namespace {

using words = std::vector<std::uint32_t>;

constexpr std::uint32_t run_length = 12;
constexpr extents state{2, 5}; // batch, neurons

constexpr fault_key key_of(std::uint32_t step) {
  return {.seed = 11, .trial = 3, .stream = 2, .step = step};
}

/// What an injector leaves of an inference that writes its state anew in each step.
template <class Injector>
std::vector<words> history(const Injector& injector) {
  std::vector<words> result;
  for (std::uint32_t t = 0; t < run_length; ++t) {
    words now(state.size(), 0x1000'0000u + t);
    REQUIRE(injector.apply(view(now, state), key_of(t)).ok());
    result.push_back(now);
  }
  return result;
}

/// The same for injector i in the steps of a set, and nothing in the others.
template <class Injector>
std::vector<words> history_in(const std::set<std::uint32_t>& when, const Injector& injector) {
  std::vector<words> result;
  for (std::uint32_t t = 0; t < run_length; ++t) {
    words now(state.size(), 0x1000'0000u + t);
    if (when.count(t) != 0)
      REQUIRE(injector.apply(view(now, state), key_of(t)).ok());
    result.push_back(now);
  }
  return result;
}

words hit_in(const std::vector<words>& all, std::uint32_t t) {
  words result;
  for (std::uint32_t i = 0; i < all[t].size(); ++i)
    if (all[t][i] != 0x1000'0000u + t)
      result.push_back(i);
  return result;
}

} // namespace

TEST_CASE("during injects what the injector does, in its steps and no others") {
  const auto check = [](const auto& injector) {
    CHECK(history(during(one_step(4), injector)) == history_in({4}, injector));
    CHECK(history(during(steps{3, 7}, injector)) == history_in({3, 4, 5, 6}, injector));
    CHECK(history(during(from_step(9), injector)) == history_in({9, 10, 11}, injector));
    CHECK(history(during(every_nth_step(5, 1), injector)) == history_in({1, 6, 11}, injector));
    CHECK(history(during(steps{5, 5}, injector)) == history_in({}, injector));
    CHECK(history(during(steps{}, injector)) == history(injector));
    CHECK(history(during(steps{2, 8}, during(steps{4, 12}, injector))) ==
          history_in({4, 5, 6, 7}, injector));
  };
  check(make_injector(bit_flip{}, exactly{3}));
  check(make_injector(stuck_at_1{}, rate::per_bit(0.05), permanent{}));
  check(make_injector(constant{7}, exactly_elements{2}, batch_entry(1)));
  check(make_injector(bit_flip{}, exactly{4}, intermittent{0.5}));
}

TEST_CASE("one step, one batch entry, one neuron: one element and no other") {
  for (std::uint32_t t = 0; t < run_length; ++t)
    for (std::size_t b = 0; b < state[0]; ++b)
      for (std::size_t n = 0; n < state[1]; ++n) {
        const auto flip =
            during(one_step(t), make_injector(bit_flip{}, at{coordinates{b, n}}, bits::given{3}));
        const auto seen = history(flip);
        for (std::uint32_t s = 0; s < run_length; ++s)
          for (std::size_t i = 0; i < state.size(); ++i) {
            const bool here = s == t && i == b * state[1] + n;
            REQUIRE(seen[s][i] == ((0x1000'0000u + s) ^ (here ? 8u : 0u)));
          }
        // The same in a tensor that has time as an axis.
        words recorded;
        for (std::uint32_t s = 0; s < run_length; ++s)
          recorded.insert(recorded.end(), state.size(), 0x1000'0000u + s);
        const auto region = make_injector(bit_flip{}, at{b * state[1] + n + t * state.size()},
                                          bits::given{3}, time_step(t));
        REQUIRE(region.apply(view(recorded, extents{run_length, 2, 5}), key_of(0)).ok());
        for (std::uint32_t s = 0; s < run_length; ++s)
          REQUIRE(std::equal(seen[s].begin(), seen[s].end(),
                             recorded.begin() + static_cast<std::ptrdiff_t>(s * state.size())));
      }
}

TEST_CASE("from one step on, permanent faults keep their sites and transient "
          "ones do not") {
  const auto lasting =
      history(during(from_step(4), make_injector(bit_flip{}, exactly{3}, permanent{})));
  std::set<words> sites;
  for (std::uint32_t t = 4; t < run_length; ++t)
    sites.insert(hit_in(lasting, t));
  CHECK(sites.size() == 1);
  const auto passing = history(during(from_step(4), make_injector(bit_flip{}, exactly{3})));
  sites.clear();
  for (std::uint32_t t = 4; t < run_length; ++t)
    sites.insert(hit_in(passing, t));
  CHECK(sites.size() > 5);
}

TEST_CASE("reapply, executors and bound plans have the same steps") {
  const auto injector = make_injector(stuck_at_0{}, exactly{200}, permanent{});
  const auto timed = during(steps{2, 5}, injector);
  const auto plan = timed.bind<std::uint32_t>(state);
  for (std::uint32_t t = 0; t < 8; ++t) {
    words one(state.size(), ~0u), two = one, three = one, four = one, expected = one;
    if (t >= 2 && t < 5)
      REQUIRE(injector.apply(view(expected, state), key_of(t)).ok());
    REQUIRE(timed.reapply(view(one, state), key_of(t)).ok());
    REQUIRE(timed.apply(threads{2, 1}, view(two, state), key_of(t)).ok());
    REQUIRE(plan.apply(serial{}, view(three, state), key_of(t)).ok());
    REQUIRE(timed.bind(view(four, state)).apply(view(four, state), key_of(t)).ok());
    CHECK(one == expected);
    CHECK(two == expected);
    CHECK(three == expected);
    CHECK(four == expected);
    std::size_t cells = 0;
    plan.for_each_fault(key_of(t), [&](const auto&, auto...) { ++cells; });
    CHECK(cells == (t >= 2 && t < 5 ? 200u : 0u));
    CHECK(plan.cells(key_of(t)) == cells);
  }
}

TEST_CASE("in a step that is not chosen nothing is looked at") {
  const auto timed = during(one_step(3), make_injector(bit_flip{}, exactly{1}));
  std::uint32_t* const nowhere = nullptr;
  CHECK(timed.apply(view(nowhere, state), key_of(2)).ok());
  CHECK(timed.apply(view(nowhere, state), key_of(3)).reason == refusal::null_data);
  // A refusal of the injector comes in its step.
  words now(state.size());
  const auto many = during(one_step(3), make_injector(bit_flip{}, exactly{1000}));
  CHECK(many.apply(view(now, state), key_of(2)).ok());
  CHECK(many.apply(view(now, state), key_of(3)).reason == refusal::too_many_faults);
  CHECK(many.bind<std::uint32_t>(state).state().reason == refusal::too_many_faults);
}

TEST_CASE("steps that make no sense are refused in every step, and nothing is "
          "changed") {
  const auto wrong = during(steps{7, 2}, make_injector(bit_flip{}, exactly{1}, permanent{}));
  words now(state.size());
  for (const std::uint32_t t : {0u, 2u, 5u, 7u}) {
    CHECK(wrong.apply(view(now, state), key_of(t)).reason == refusal::bad_parameter);
    CHECK(wrong.reapply(view(now, state), key_of(t)).reason == refusal::bad_parameter);
    wrong.bind<std::uint32_t>(state).for_each_fault(key_of(t),
                                                    [&](const auto&, auto...) { ++now[0]; });
  }
  CHECK(!wrong.bind<std::uint32_t>(state).state().ok());
  CHECK(!wrong.bind<std::uint32_t>(state).check(view(now, state)).ok());
  CHECK(now == words(state.size()));
}

namespace {

constexpr int changed_in(std::uint32_t step) {
  std::uint8_t memory[4]{};
  const auto timed = during(one_step(2), make_injector(bit_flip{}, exactly{3}));
  if (!timed.apply(view(memory), key_of(step)).ok())
    return -1;
  int bits = 0;
  for (const std::uint8_t m : memory)
    bits += detail::popcount(m);
  return bits;
}
static_assert(changed_in(1) == 0 && changed_in(2) == 3 && changed_in(3) == 0);

} // namespace
