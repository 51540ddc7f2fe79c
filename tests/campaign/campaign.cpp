// SPDX-License-Identifier: MIT
#include <bitfault/campaign/campaign.hpp>

#include "catch.hpp"
#include "toy_networks.hpp"

#include <bitfault/campaign/memory_store.hpp>

#include <algorithm>
#include <memory>
#include <set>
#include <utility>

namespace {

using namespace bitfault::campaign;
using net = toy::residual_network;

std::vector<experiment> two_experiments() {
  experiment weights;
  weights.name = "weights";
  weights.all_inputs = true;
  weights.stop = stop_rule{0.03, 0.95};
  experiment activations;
  activations.name = "activations";
  activations.targets = {"@activations"};
  activations.trials = 700;
  return {weights, activations};
}

campaign<net> make(unsigned threads, std::vector<experiment> experiments = two_experiments()) {
  settings s;
  s.threads = threads;
  return campaign<net>([] { return std::make_unique<net>(24, 4); }, s, std::move(experiments));
}

std::vector<trial_record> all_of(const memory_store& store, std::size_t experiments = 2) {
  std::vector<trial_record> all;
  for (std::size_t e = 0; e < experiments; ++e)
    store.for_each_trial(e, {0, ~std::uint64_t{0}},
                         [&](const trial_record& r) { all.push_back(r); });
  return all;
}

template <class Campaign>
std::vector<trial_record> run_all(Campaign& c) {
  memory_store store(c.experiments().size());
  c.run(store);
  return all_of(store);
}

} // namespace

TEST_CASE("a campaign's trials do not depend on the number of threads") {
  auto alone = make(1), two = make(2), many = make(5);
  const auto expected = run_all(alone);
  CHECK(expected.size() > 700);
  CHECK(run_all(two) == expected);
  CHECK(run_all(many) == expected);
}

TEST_CASE("shards in any order make up the whole, and the stop rule is carried out at the end") {
  auto c = make(2);
  const auto expected = run_all(c);
  memory_store merged(2);
  for (const std::uint64_t index : {2U, 0U, 1U}) {
    memory_store part(2);
    c.run(part, {index, 3}, [](const progress&) {});
    for (std::size_t e = 0; e < 2; ++e)
      part.for_each_trial(e, {0, ~std::uint64_t{0}}, [&](const trial_record& r) {
        merged.add(e, {&r, 1});
      });
  }
  CHECK(all_of(merged).size() > expected.size()); // a shard does not stop early
  c.finish(merged);
  CHECK(all_of(merged) == expected);
}

TEST_CASE("pieces of what is missing have no gaps, are of one size, and make up the whole") {
  auto c = make(1);
  const auto expected = run_all(c);
  memory_store before(2);
  for (const trial_record& r : expected)
    if (r.inputs == 24 && r.number < 640)
      before.add(0, {&r, 1});
  memory_store merged(2);
  for (const std::uint64_t index : {1U, 2U, 0U}) {
    memory_store part = before;
    c.run(part, {index, 3, shard::dealing::in_pieces}, [](const progress&) {});
    trial_ranges own;
    for (const trial_range& gap : before.stored(0).missing_below(5248))
      part.for_each_trial(0, gap, [&](const trial_record& r) { own.add(r.number); });
    CHECK(own.count() == (5248 - 640) / 3);
    CHECK(own.missing_below(5248).size() <= 2); // before it and behind it
    for (std::size_t e = 0; e < 2; ++e)
      part.for_each_trial(e, {0, ~std::uint64_t{0}}, [&](const trial_record& r) {
        if (!merged.stored(e).contains(r.number))
          merged.add(e, {&r, 1});
      });
  }
  c.finish(merged);
  CHECK(all_of(merged) == expected);
}

TEST_CASE("a campaign that was cut off goes on, whichever trials are there") {
  auto c = make(2);
  const auto expected = run_all(c);
  memory_store part(2);
  std::size_t kept = 0;
  for (const trial_record& r : expected)
    if ((r.number * 2654435761U >> 7U) % 3 != 0) {
      part.add(r.inputs == 24 ? 0 : 1, {&r, 1});
      ++kept;
    }
  CHECK(kept < expected.size());
  progress last;
  c.run(part, {}, [&](const progress& p) { last = p; });
  CHECK(all_of(part) == expected);
  CHECK(last.done == last.planned);
  CHECK(last.ran <= 5248 + 700 - kept);
}

TEST_CASE("a stop rule ends an experiment at a trial that does not depend on who finished first") {
  auto one = make(1), three = make(3);
  memory_store a(2), b(2);
  one.run(a);
  three.run(b);
  REQUIRE(a.stopped_at(0));
  CHECK(*a.stopped_at(0) == *b.stopped_at(0));
  CHECK(*a.stopped_at(0) < one.experiments()[0].trials());
  CHECK(a.stored(0).count() == *a.stopped_at(0));
  std::uint64_t hits = 0;
  a.for_each_trial(0, {0, ~std::uint64_t{0}},
                   [&](const trial_record& r) { hits += is_critical(r, 1) ? 1 : 0; });
  const auto known = bitfault::anytime_interval(hits, *a.stopped_at(0), 0.95,
                                                one.experiments()[0].space().sites());
  CHECK((known.upper - known.lower) / 2 <= 0.03);
}

TEST_CASE(
    "a campaign that was cut off just before it stopped an experiment runs nothing more of it") {
  auto c = make(2);
  memory_store whole(2), part(2);
  c.run(whole);
  REQUIRE(whole.stopped_at(0));
  for (std::size_t e = 0; e < 2; ++e)
    whole.for_each_trial(e, {0, ~std::uint64_t{0}}, [&](const trial_record& r) {
      part.add(e, {&r, 1});
    });
  progress last;
  c.run(part, {}, [&](const progress& p) { last = p; });
  CHECK(last.ran == 0);
  CHECK(last.done == last.planned);
  CHECK(part.stopped_at(0) == whole.stopped_at(0));
  CHECK(all_of(part) == all_of(whole));
}

TEST_CASE("a shard stops nothing, though the first trials that it finds would do") {
  auto experiments = two_experiments();
  experiments[0].stop = stop_rule{0.4, 0.95};
  auto c = make(1, experiments);
  memory_store part(2);
  c.run(part, {0, 3}, [](const progress&) {});
  const std::uint64_t count = part.stored(0).count();
  REQUIRE(part.stored(0).prefix() == 64);
  c.run(part, {0, 3}, [](const progress&) {});
  CHECK_FALSE(part.stopped_at(0).has_value());
  CHECK(part.stored(0).count() == count);
}

TEST_CASE("a single-fault campaign is a prefix of the exhaustive one") {
  auto experiments = two_experiments();
  experiments[0].stop.reset();
  auto whole = make(2, experiments);
  experiments[0].trials = 300;
  auto part = make(2, experiments);
  const auto all = run_all(whole), some = run_all(part);
  CHECK(whole.experiments()[0].exhaustive());
  CHECK(std::equal(some.begin(), some.begin() + 300, all.begin()));
  std::set<std::pair<std::uint64_t, std::uint64_t>> sites;
  for (std::size_t i = 0; i < whole.experiments()[0].trials(); ++i)
    sites.emplace(all[i].faults[0].target * 100000 + all[i].faults[0].fault.element,
                  all[i].faults[0].fault.mask);
  CHECK(sites.size() == whole.experiments()[0].space().sites());
}

TEST_CASE("a trial is replayed from its number") {
  auto c = make(2);
  memory_store store(2);
  c.run(store);
  for (const std::uint64_t t : {0U, 13U, 699U})
    store.for_each_trial(1, {t, t + 1}, [&](const trial_record& r) { CHECK(c.replay(1, t) == r); });
}

TEST_CASE("an exception of the model ends the run, and what was finished is kept") {
  struct throwing : net {
    using net::net;
    void run_layer(std::size_t n, std::uint64_t first, std::span<const tensor_ref> in,
                   const tensor_ref& out) {
      net::run_layer(n, first, in, out);
      if (n == 6 && layers_run > 20000)
        throw std::runtime_error("inference gave up");
    }
  };
  settings s;
  s.threads = 2;
  auto experiments = two_experiments();
  experiments[0].stop.reset();
  campaign<throwing> c([] { return std::make_unique<throwing>(24, 4); }, s, experiments);
  memory_store store(2);
  CHECK_THROWS_WITH(c.run(store), Catch::Contains("experiment 'weights', trial ") &&
                                      Catch::Contains("(bf1:") &&
                                      Catch::Contains("inference threw: inference gave up"));
  CHECK(store.stored(0).count() > 0);
}

TEST_CASE("patterns of monitors name layers, and pass over parameters") {
  experiment e;
  e.name = "e";
  e.trials = 1;
  const auto watched = [&](std::vector<std::string> monitors) {
    settings s;
    s.monitors = std::move(monitors);
    campaign<net> c([] { return std::make_unique<net>(24, 4); }, s, {e});
    std::vector<std::uint32_t> layers;
    for (const monitor_record& m : c.replay(0, 0).monitors)
      layers.push_back(m.layer);
    return layers;
  };
  using layers = std::vector<std::uint32_t>;
  CHECK(watched({"*"}) == layers{0, 1, 2, 3, 4, 5, 6});
  CHECK(watched({"dense*"}) == layers{1, 3, 6}); // not dense1.weight and so on
  CHECK(watched({"relu1", "dense?", "dense1*"}) == layers{1, 2, 3, 6});
  CHECK(watched({"@activations"}) == layers{1, 2, 3, 4, 5, 6});
  CHECK(watched({"@input"}) == layers{0});
}

TEST_CASE("what does not fit is refused with the reason") {
  const auto refused = [](std::vector<experiment> list, settings s, const auto& matcher) {
    CHECK_THROWS_WITH(
        campaign<net>([] { return std::make_unique<net>(24, 4); }, s, std::move(list)), matcher);
  };
  using Catch::Contains;
  refused({}, {}, Contains("no experiments"));
  experiment e;
  e.name = "e";
  refused({e, e}, {}, Contains("two experiments are named 'e'"));
  e.targets = {"dense9*"};
  refused({e}, {}, Contains("no target is named 'dense9*'") && Contains("dense1.weight"));
  e.targets = {"@parameters"};
  e.trials = 100000;
  refused({e}, {}, Contains("asks for 100000 single faults; there are 5248 sites"));
  e.trials = 0;
  e.amount.which = fault_amount::kind::exactly;
  refused({e}, {}, Contains("no number of trials"));
  e.trials = 10;
  e.amount.count = 10000;
  refused({e}, {}, Contains("10000") && Contains("5248"));
  e.amount = {fault_amount::kind::per_bit, 1, 1.5};
  refused({e}, {}, Contains("1.5"));
  e.amount = {};
  e.fault.bits = {mask_family::kind::given, {40}, 2};
  refused({e}, {}, Contains("40") && Contains("32"));
  e.fault = {fault_description::kind::zero, 0, 0, {mask_family::kind::sign, {}, 2}};
  refused({e}, {}, Contains("bits given for a value fault"));
  e.fault = {};
  settings s;
  s.headline = "sdc_7";
  refused({e}, s, Contains("sdc_7") && Contains("sdc_1"));
  s = {};
  s.monitors = {"dense1.weight"};
  refused({e}, s, Contains("'dense1.weight' is a parameter"));
  s.monitors = {"relu*", "dense1.weight"};
  refused({e}, s, Contains("'dense1.weight' is a parameter"));
  s.monitors = {"*", "*.b?as"};
  refused({e}, s, Contains("'*.b?as' names no layer: 'dense1.bias' is a parameter"));
  s.monitors = {"dense9*"};
  refused({e}, s, Contains("no target is named 'dense9*'"));
  s = {};
  s.golden_repeats = 0;
  refused({e}, s, Contains("golden_repeats is 0"));
  auto c = make(1);
  memory_store store(2);
  CHECK_THROWS_WITH(c.run(store, {3, 3}, [](const progress&) {}), Contains("shard 3 of 3"));
}
