// SPDX-License-Identifier: MIT
#include <bitfault/campaign/search_critical_bits.hpp>

#include "catch.hpp"
#include "toy_networks.hpp"

#include <bitfault/campaign/memory_store.hpp>

#include <bit>
#include <cstdint>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace bitfault::campaign;

using toy_campaign = campaign<toy::residual_network>;

std::unique_ptr<toy::residual_network> make() {
  return std::make_unique<toy::residual_network>(12, 4);
}

experiment every_bit(std::uint32_t tau) {
  experiment e;
  e.name = "every bit";
  e.targets = {"dense3.*", "dense1.bias"};
  e.all_inputs = true;
  e.tau = tau;
  return e;
}
toy_campaign campaign_of(const experiment& e, unsigned threads = 1) {
  settings s;
  s.threads = threads;
  return {make, s, {e}};
}
critical_bits_search search(const toy_campaign& c, const critical_bits_options& o) {
  return search_critical_bits(c, make, c.experiments()[0], o, [](std::uint64_t, std::uint64_t) {});
}

/// The critical bits of each element, from a campaign of one trial for each bit.
std::map<std::pair<std::uint32_t, std::uint64_t>, std::uint64_t>
exhaustive_truth(toy_campaign& c, std::uint32_t tau) {
  memory_store results(1);
  c.run(results);
  std::map<std::pair<std::uint32_t, std::uint64_t>, std::uint64_t> truth;
  results.for_each_trial(0, {0, c.experiments()[0].trials()}, [&](const trial_record& r) {
    const injected_fault& f = r.faults[0];
    std::uint64_t& mask = truth[{f.target, f.fault.element}];
    if (r.outcomes[static_cast<std::size_t>(outcome::sdc)] >= tau)
      mask |= f.fault.mask;
  });
  return truth;
}

constexpr std::uint64_t elements = 4 * 8 + 4 + 8;

} // namespace

TEST_CASE("where every bit is tried, the critical ones are those of the exhaustive campaign") {
  for (const std::uint32_t tau : {1U, 5U}) {
    toy_campaign c = campaign_of(every_bit(tau));
    const auto truth = exhaustive_truth(c, tau);
    REQUIRE(truth.size() == elements);
    const critical_bits_search all = search(c, {0, elements});
    CHECK(all.of_elements == elements);
    CHECK(all.trials == 32 * elements);
    REQUIRE(all.elements.size() == elements);
    auto at = truth.begin();
    std::uint64_t critical = 0;
    for (const searched_element& e : all.elements) {
      CHECK(std::pair(e.target, e.element) == at->first);
      CHECK(e.truth == at->second);
      critical += static_cast<std::uint64_t>(std::popcount(at->second));
      ++at;
    }
    CHECK(all.check.elements == elements);
    CHECK(all.check.bits == 32 * elements);
    CHECK(all.check.critical == critical);
    CHECK(critical > 30); // or there would be nothing to find
    CHECK(critical < 16 * elements);
  }
}

TEST_CASE("the search asks the network as it asks the exhaustive truth, and far less often") {
  toy_campaign c = campaign_of(every_bit(3));
  const auto truth = exhaustive_truth(c, 3);
  const critical_bits_search all = search(c, {});
  REQUIRE(all.elements.size() == elements);
  auto at = truth.begin();
  std::uint64_t evaluations = 0, missed = 0;
  const bitfault::code_layout layout = bitfault::element_traits<float>::layout;
  for (const searched_element& e : all.elements) {
    const critical_bits found = find_critical_bits(
        layout, e.word, [&](unsigned bit) { return (at->second >> bit & 1U) != 0; });
    CHECK(e.found == found);
    CHECK_FALSE(e.truth.has_value());
    evaluations += found.evaluations;
    missed += static_cast<std::uint64_t>(std::popcount(at->second & ~found.mask));
    ++at;
  }
  CHECK(all.trials == evaluations);
  CHECK(all.trials < 32 * elements / 2);
  CHECK(all.check.elements == 0);
  // Checked, the same search says how many bits it has missed.
  CHECK(search(c, {0, elements}).check.missed == missed);
}

TEST_CASE("elements are a sample of the targets', whatever the number of threads") {
  const toy_campaign c = campaign_of(every_bit(1)), three = campaign_of(every_bit(1), 3);
  const critical_bits_search some = search(c, {13, 5}), same = search(three, {13, 5});
  CHECK(some.elements == same.elements);
  CHECK(some.trials == same.trials);
  CHECK(some.elements.size() == 13);
  CHECK(some.check.elements == 5);
  // The first 13 of the order in which all come.
  const critical_bits_search all = search(c, {0, 5});
  for (const searched_element& e : some.elements)
    CHECK(std::find(all.elements.begin(), all.elements.end(), e) != all.elements.end());
  CHECK(search(c, {1000, 0}).elements.size() == elements);
}

TEST_CASE("what an earlier search has found is not searched for again, and changes nothing") {
  const toy_campaign c = campaign_of(every_bit(3), 2);
  std::map<std::uint64_t, std::uint64_t> masks;
  critical_bits_options o{0, 7};
  o.keep = [&](std::uint64_t place, std::uint64_t mask) { masks[place] = mask; };
  const critical_bits_search whole = search(c, o);
  REQUIRE(masks.size() == elements);
  for (std::uint64_t place = 0; place < elements; ++place)
    if (place % 3 != 1) // a search that was killed
      o.known[place] = masks[place];
  std::map<std::uint64_t, std::uint64_t> found;
  o.keep = [&](std::uint64_t place, std::uint64_t mask) { found[place] = mask; };
  const critical_bits_search rest = search(c, o);
  CHECK(rest.elements == whole.elements);
  CHECK(rest.trials == whole.trials);
  CHECK(rest.check.missed == whole.check.missed);
  CHECK(found.size() == (elements + 1) / 3);
  for (const auto& [place, mask] : found) {
    CHECK(place % 3 == 1);
    CHECK(mask == masks[place]);
  }
  // The network is asked for nothing that is known.
  for (auto& [place, mask] : masks)
    o.known[place] = 0;
  for (const searched_element& e : search(c, o).elements)
    CHECK(e.found.mask == 0);
}

TEST_CASE("experiments that are no flips of single bits in parameters on all inputs are refused") {
  const auto refused = [](experiment e) -> std::string {
    const toy_campaign c = campaign_of(e);
    try {
      static_cast<void>(search(c, {1, 0}));
    } catch (const std::invalid_argument& error) {
      return error.what();
    }
    return "";
  };
  CHECK(refused(every_bit(1)).empty());
  experiment e = every_bit(1);
  e.all_inputs = false;
  CHECK(refused(e).find("'every bit' cannot be searched for critical bits: each bit is tried on "
                        "the same inputs") != std::string::npos);
  e = every_bit(1);
  e.targets = {"dense3.weight", "relu1"};
  CHECK(refused(e).find("'relu1' is the output of a layer") != std::string::npos);
  e = every_bit(1);
  e.fault.which = fault_description::kind::stuck_at_1;
  CHECK(refused(e).find("bit_flip") != std::string::npos);
}
