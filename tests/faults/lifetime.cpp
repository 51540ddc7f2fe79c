// SPDX-License-Identifier: MIT
#include "catch.hpp"

#include <bitfault/bitfault.hpp>

#include <cmath>
#include <cstdint>
#include <set>
#include <vector>

using namespace bitfault;

namespace {

using words = std::vector<std::uint32_t>;

template <class Injector>
words faults(const Injector& injector, std::uint32_t step, std::size_t n = 500) {
  words memory(n);
  REQUIRE(injector.apply(view(memory), {.seed = 41, .trial = 2, .step = step}).ok());
  return memory;
}

} // namespace

TEST_CASE("transient faults have other sites in each step") {
  const auto injector = make_injector(bit_flip{}, exactly{40});
  std::set<words> distinct;
  for (std::uint32_t step = 0; step < 20; ++step)
    distinct.insert(faults(injector, step));
  CHECK(distinct.size() == 20);
}

TEST_CASE("permanent faults have the same sites in each step, and other ones in each trial") {
  const auto injector = make_injector(bit_flip{}, rate::per_bit(0.01), permanent{});
  const words first = faults(injector, 0);
  for (std::uint32_t step = 1; step < 20; ++step)
    CHECK(faults(injector, step) == first);
  words other(500);
  REQUIRE(injector.apply(view(other), {.seed = 41, .trial = 3}).ok());
  CHECK(other != first);
}

TEST_CASE("a permanent random value is the same value in each step") {
  const auto injector = make_injector(random_value{-1, 1}, exactly{30}, permanent{});
  std::vector<float> a(100), b(100);
  REQUIRE(injector.reapply(view(a), {.seed = 1, .step = 3}).ok());
  REQUIRE(injector.reapply(view(b), {.seed = 1, .step = 8}).ok());
  CHECK(a == b);
}

TEST_CASE("reapply holds a stuck-at fault through every write") {
  const auto injector = make_injector(stuck_at_1{}, exactly{60}, permanent{});
  const words stuck = faults(injector, 0);
  for (std::uint32_t step = 0; step < 5; ++step) {
    words written(500);
    for (std::size_t i = 0; i < written.size(); ++i)
      written[i] = static_cast<std::uint32_t>(i * 2654435761u * (step + 1));
    words expected = written;
    for (std::size_t i = 0; i < expected.size(); ++i)
      expected[i] |= stuck[i];
    REQUIRE(injector.reapply(view(written), {.seed = 41, .trial = 2, .step = step}).ok());
    CHECK(written == expected);
    REQUIRE(injector.reapply(view(written), {.seed = 41, .trial = 2, .step = step}).ok());
    CHECK(written == expected); // idempotent
  }
}

TEST_CASE("an intermittent fault is active in about that share of the steps") {
  constexpr double p = 0.3;
  const auto injector = make_injector(stuck_at_1{}, exactly{200}, intermittent{p});
  const words sites = faults(make_injector(stuck_at_1{}, exactly{200}, permanent{}), 0);
  constexpr int steps = 400;
  std::vector<int> active(500 * 32);
  int hits = 0;
  for (std::uint32_t step = 0; step < steps; ++step) {
    const words memory = faults(injector, step);
    for (std::size_t i = 0; i < memory.size(); ++i) {
      REQUIRE((memory[i] & ~sites[i]) == 0); // always a subset of the same sites
      for (std::size_t b = 0; b < 32; ++b) {
        const int hit = static_cast<int>((memory[i] >> b) & 1u);
        active[i * 32 + b] += hit;
        hits += hit;
      }
    }
  }
  // 80,000 trials: six standard deviations.
  CHECK(std::abs(hits - 80000 * p) < 6 * std::sqrt(80000 * p * (1 - p)));
  // Each fault on its own: 200 binomials, chi-square with mean 200 and standard deviation 20.
  double chi2 = 0;
  for (std::size_t i = 0; i < active.size(); ++i)
    if (((sites[i / 32] >> (i % 32)) & 1u) != 0)
      chi2 += (active[i] - steps * p) * (active[i] - steps * p) / (steps * p * (1 - p));
  CHECK(std::abs(chi2 - 200) < 5 * 20);
}

TEST_CASE("which intermittent faults are active does not depend on threads") {
  const auto injector = make_injector(bit_flip{}, rate::per_bit(0.02), intermittent{0.5});
  for (std::uint32_t step = 0; step < 5; ++step) {
    const words one = faults(injector, step);
    for (const unsigned count : {2u, 8u}) {
      words many(500);
      const fault_key key{.seed = 41, .trial = 2, .step = step};
      REQUIRE(injector.apply(threads{count, 1}, view(many), key).ok());
      CHECK(many == one);
    }
  }
}

TEST_CASE("an intermittent fault with probability 1 is a permanent one, with 0 none") {
  const words permanent_sites = faults(make_injector(bit_flip{}, exactly{50}, permanent{}), 9);
  CHECK(faults(make_injector(bit_flip{}, exactly{50}, intermittent{1}), 9) == permanent_sites);
  CHECK(faults(make_injector(bit_flip{}, exactly{50}, intermittent{0}), 9) == words(500));
}

TEST_CASE("an inactive event does not keep its element from others") {
  // Every element is covered by ten events. While the lowest one sleeps, the next one owns it.
  const auto injector = make_injector(constant{1.0f}, every{}, burst{10}, intermittent{0.5});
  std::vector<float> memory(2000);
  REQUIRE(injector.apply(view(memory), {.seed = 1, .step = 4}).ok());
  int hit = 0;
  for (const float f : memory)
    hit += f == 1.0f;
  CHECK(hit > 1980); // 2 of 1000 are expected to be left out
  CHECK(hit <= 2000);
}
