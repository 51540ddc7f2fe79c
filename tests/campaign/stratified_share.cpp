// SPDX-License-Identifier: MIT
#include <bitfault/campaign/stratified_share.hpp>

#include "catch.hpp"
#include "synthetic.hpp"
#include "toy_networks.hpp"

#include <bitfault/campaign/campaign.hpp>
#include <bitfault/campaign/describe.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace {

using namespace campaign_tests;
using net = toy::residual_network;

experiment biases(std::uint64_t trials, strata_kind strata) {
  experiment e;
  e.name = "biases";
  e.targets = {"@biases"};
  e.all_inputs = true;
  e.trials = trials;
  e.strata = strata;
  return e;
}

/// A campaign's store after a run.
struct finished {
  explicit finished(const std::vector<experiment>& experiments, std::uint64_t seed = 1) {
    settings s;
    s.seed = seed;
    campaign<net> c([] { return std::make_unique<net>(8, 8); }, s, experiments);
    results.emplace(store::open(folder.path / "toy.sqlite", describe(c, "m", "")));
    results->set_golden(summary_of(c.golden()));
    c.run(*results);
    views = overviews_of(*results);
  }
  trial_estimate share() const { return stratified_share(*results, "biases", views); }
  trial_estimate critical(std::size_t e) const {
    return views[e].sums.critical_share(views[e].sums.all());
  }
  temporary_folder folder;
  std::optional<store> results;
  std::vector<experiment_overview> views;
};

} // namespace

TEST_CASE("strata that are tried to the end give the truth of the whole") {
  const finished whole({biases(0, strata_kind::none)});
  REQUIRE(whole.critical(0).method == interval_method::exact);
  for (const strata_kind kind : {strata_kind::targets, strata_kind::targets_and_bits}) {
    const finished split({biases(0, kind)});
    CHECK(stratified_experiments(split.results->description()) ==
          std::vector<std::string>{"biases"});
    const trial_estimate e = split.share();
    CHECK(e.method == interval_method::exact);
    CHECK(e.hits == whole.critical(0).hits);
    CHECK(e.of == 640);
    CHECK(e.value == Approx(whole.critical(0).value).epsilon(1e-14));
    CHECK(e.bounds.lower == Approx(e.value).epsilon(1e-14));
    CHECK(e.bounds.upper == Approx(e.value).epsilon(1e-14));
  }
  CHECK(stratified_experiments(whole.results->description()).empty());
}

TEST_CASE("each site weighs the same, though the strata had equal numbers of trials") {
  // 256 sites, 256 and 128.
  const finished split({biases(100, strata_kind::targets)});
  std::vector<bitfault::stratum> counts;
  for (std::size_t e = 0; e < 3; ++e)
    counts.push_back({e == 2 ? 128U : 256U, 100, split.critical(e).hits});
  const bitfault::estimate expected = bitfault::stratified_estimate(counts);
  const trial_estimate e = split.share();
  CHECK(e.method == interval_method::clopper_pearson);
  CHECK(e.of == 300);
  CHECK(e.value == Approx(expected.value).epsilon(1e-14));
  CHECK(e.bounds.lower == Approx(expected.bounds.lower).epsilon(1e-14));
  CHECK(e.bounds.upper == Approx(expected.bounds.upper).epsilon(1e-14));
  // The pooled share is another number: the small stratum counts too much in it.
  CHECK(e.value != Approx(static_cast<double>(e.hits) / 300).epsilon(1e-3));
}

TEST_CASE("strata that stop by themselves have bounds that hold together") {
  experiment looking = biases(0, strata_kind::targets);
  looking.stop = stop_rule{0.1, 0.95};
  const finished split({looking});
  double lower = 0, upper = 0;
  for (std::size_t e = 0; e < 3; ++e) {
    const double weight = e == 2 ? 0.2 : 0.4;
    const trial_estimate known = split.critical(e);
    REQUIRE(split.results->stopped_at(e));
    const auto ends =
        bitfault::anytime_interval(known.hits, known.of, 1 - 0.05 / 3, e == 2 ? 128 : 256);
    lower += weight * ends.lower;
    upper += weight * ends.upper;
  }
  const trial_estimate e = split.share();
  CHECK(e.method == interval_method::anytime);
  CHECK(e.bounds.lower == Approx(lower).epsilon(1e-9));
  CHECK(e.bounds.upper == Approx(upper).epsilon(1e-9));
}

TEST_CASE("without a trial in a stratum there is no interval") {
  const temporary_folder folder;
  campaign<net> c([] { return std::make_unique<net>(8, 8); }, {},
                  {biases(100, strata_kind::targets)});
  store s = store::open(folder.path / "toy.sqlite", describe(c, "m", ""));
  s.set_golden(summary_of(c.golden()));
  const auto now = [&] { return stratified_share(s, "biases", overviews_of(s)); };
  CHECK(now() == trial_estimate{});
  for (std::uint64_t t = 0; t < 50; ++t)
    s.add(1, std::vector<trial_record>{c.replay(1, t)});
  CHECK(now().of == 50);
  CHECK(now().method == interval_method::none);
  CHECK(now().bounds == bitfault::interval{0, 1});
  CHECK(s.description() == store::read(folder.path / "toy.sqlite").description());
  CHECK(s.description().experiments[1].asked.stratum_of == "biases");
}
