// SPDX-License-Identifier: MIT
#include "bitfault/campaign/figures.hpp"

#include "catch.hpp"
#include "synthetic.hpp"

#include <bitfault/statistics/wilson.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

using namespace campaign_tests;

namespace {

/// Two float32 targets, and any number of experiments on them.
campaign_description description() {
  campaign_description d;
  d.identity.name = "figures";
  d.identity.inputs = 10;
  d.identity.batch = 1;
  d.identity.headline = "sdc_1";
  d.identity.library_version = library_version_text();
  d.identity.compiler = compiler_text();
  d.targets = {{"fc.weight", target_kind::weight, "float32", 32, {4}, 0},
               {"it's_50%{odd}", target_kind::bias, "float32", 32, {2}, 1}};
  d.criteria = {{"sdc_1", true}};
  return d;
}

void add_experiment(campaign_description& d, experiment e, std::uint64_t planned,
                    std::vector<target_sites> targets) {
  e.trials = planned;
  stored_experiment stored{e, planned, 0, std::move(targets)};
  for (const target_sites& t : stored.targets)
    stored.sites += t.sites;
  d.experiments.push_back(stored);
}

/// A trial with one flipped bit and so many inputs of each kind.
trial_record flip(std::uint64_t number, std::uint32_t target, unsigned bit, std::uint32_t sdc,
                  std::uint32_t masked, std::uint32_t right) {
  trial_record r;
  r.number = number;
  r.inputs = sdc + masked;
  r.outcomes[static_cast<std::size_t>(outcome::sdc)] = sdc;
  r.outcomes[static_cast<std::size_t>(outcome::masked)] = masked;
  r.outcomes_golden_correct = r.outcomes;
  r.answered_correctly = right;
  r.activated = true;
  r.criteria = {static_cast<double>(sdc)};
  r.faults = {{target, {0, std::uint64_t{1} << bit, 0, bitfault::fault_action::flip}, 0, 1}};
  return r;
}

const figure* find(const std::vector<figure>& list, const std::string& name) {
  const auto at =
      std::find_if(list.begin(), list.end(), [&](const figure& f) { return f.name == name; });
  return at == list.end() ? nullptr : &*at;
}

/// "81.0 25.5 36.6" as the data of figures have it.
std::string numbers(double a, const bitfault::interval& within) {
  return format_number("%.10g", 100 * a) + " " + format_number("%.10g", 100 * within.lower) + " " +
         format_number("%.10g", 100 * within.upper);
}

} // namespace

TEST_CASE("bars by bit and by target are the counted shares with Wilson's interval") {
  campaign_description d = description();
  experiment e;
  e.name = "any bit";
  add_experiment(d, e, 100, {{0, 128}, {1, 64}});
  const temporary_folder folder;
  store s = store::open(folder.path / "s.db", d);
  // Bit 30 of the first target: 5 of 40. Bit 31 of the second: 0 of 60.
  std::vector<trial_record> trials;
  for (std::uint64_t i = 0; i < 100; ++i)
    trials.push_back(i < 40 ? flip(i, 0, 30, i < 5 ? 1 : 0, i < 5 ? 0 : 1, 1)
                            : flip(i, 1, 31, 0, 1, 1));
  s.add(0, trials);
  const auto figures = figures_of(s, overviews_of(s));

  const figure* bits = find(figures, "bits_0");
  REQUIRE(bits != nullptr);
  CHECK(has(bits->script, "\n30 " + numbers(0.125, bitfault::wilson_interval(5, 40)) + " "));
  CHECK(has(bits->script, "\n31 " + numbers(0, bitfault::wilson_interval(0, 60)) + " "));
  CHECK(has(bits->caption, "Wilson"));
  CHECK(has(bits->caption, "40 to 60 trials for a bit"));

  const figure* targets = find(figures, "targets_0");
  REQUIRE(targets != nullptr);
  CHECK(has(targets->script, "\n0 " + numbers(0.125, bitfault::wilson_interval(5, 40)) + " "));
  CHECK(has(targets->caption, "pointwise"));

  const figure* map = find(figures, "map_0");
  REQUIRE(map != nullptr);
  CHECK(has(map->script, "$hit <<EOD\n30 0 12.5\nEOD\n$none <<EOD\n31 1\nEOD"));
  CHECK(has(map->caption, "pointwise"));
  for (const figure& f : figures) // gnuplot takes all of them, the odd name too
    CHECK(has(draw(f), "</svg>"));
  CHECK(has(draw(*map), "it's_50%{odd}"));
}

TEST_CASE("where there are several figures of a kind, each says of which experiments it is") {
  campaign_description d = description();
  experiment e;
  for (std::uint32_t target = 0; target < 2; ++target) {
    e.name = "weights, " + d.targets[target].name;
    e.stratum_of = "weights";
    e.targets = {d.targets[target].name};
    add_experiment(d, e, 20, {{target, target == 0 ? 128U : 64U}});
  }
  const temporary_folder folder;
  store s = store::open(folder.path / "s.db", d);
  for (std::uint32_t target = 0; target < 2; ++target) {
    std::vector<trial_record> trials;
    for (std::uint64_t i = 0; i < 20; ++i)
      trials.push_back(
          flip(i, target, static_cast<unsigned>(i % 4), i % 2 == 0 ? 1 : 0, i % 2 == 0 ? 0 : 1, 1));
    s.add(target, trials);
  }
  const auto figures = figures_of(s, overviews_of(s));
  for (const char* name : {"bits_0", "bits_1"})
    REQUIRE(find(figures, name) != nullptr);
  CHECK(find(figures, "bits_0")->title ==
        "Silent data corruption by bit position (float32): weights, fc.weight");
  CHECK(find(figures, "bits_1")->title ==
        "Silent data corruption by bit position (float32): weights, it's_50%{odd}");
  REQUIRE(find(figures, "targets_0") != nullptr); // one figure: no name
  CHECK(find(figures, "targets_0")->title == "Silent data corruption by target");
}

TEST_CASE("where two experiments say something of one bit, the one with most trials is shown") {
  campaign_description d = description();
  experiment e;
  e.amount.which = fault_amount::kind::exactly;
  for (const unsigned bit : {3U, 4U}) {
    e.name = "bit " + std::to_string(bit);
    e.fault.bits = {mask_family::kind::given, {bit}};
    add_experiment(d, e, 20, {{0, 4}, {1, 2}});
  }
  e.name = "any";
  e.fault.bits = {};
  add_experiment(d, e, 10, {{0, 128}, {1, 64}});
  const temporary_folder folder;
  store s = store::open(folder.path / "s.db", d);
  std::vector<trial_record> few, many;
  for (std::uint64_t i = 0; i < 20; ++i)
    many.push_back(flip(i, 0, 3, i < 10 ? 1 : 0, i < 10 ? 0 : 1, 1));
  s.add(0, many);
  for (std::uint64_t i = 0; i < 20; ++i)
    many[static_cast<std::size_t>(i)] = flip(i, 1, 4, 0, 1, 1);
  s.add(1, many);
  for (std::uint64_t i = 0; i < 10; ++i)
    few.push_back(flip(i, 0, 3, 0, 1, 1));
  s.add(2, few);
  const auto figures = figures_of(s, overviews_of(s));
  const figure* bits = find(figures, "bits_0");
  REQUIRE(bits != nullptr);
  CHECK(find(figures, "bits_1") == nullptr); // same targets, same fault: one figure
  CHECK(has(bits->script, "\n3 " + numbers(0.5, bitfault::wilson_interval(10, 20)) + " "));
}

TEST_CASE("a sweep shows golden accuracy less the mean drop at each rate") {
  campaign_description d = description();
  experiment e;
  e.all_inputs = true;
  for (const double rate : {1e-3, 1e-5}) { // in any order
    e.name = "rate " + format_number("%g", rate);
    e.amount = {fault_amount::kind::per_bit, 1, rate};
    add_experiment(d, e, 4, {{0, 128}, {1, 64}});
  }
  const temporary_folder folder;
  store s = store::open(folder.path / "s.db", d);
  // All ten inputs are right without a fault; with faults 5, 5, 10, 0 and always 10.
  std::vector<trial_record> trials;
  for (const std::uint32_t right : {5U, 5U, 10U, 0U})
    trials.push_back(flip(trials.size(), 0, 1, 10 - right, right, right));
  s.add(0, trials);
  for (std::uint64_t i = 0; i < 4; ++i)
    trials[static_cast<std::size_t>(i)] = flip(i, 0, 1, 0, 10, 10);
  s.add(1, trials);
  const auto all = overviews_of(s);
  const auto figures = figures_of(s, all);
  const figure* sweep = find(figures, "sweep_0");
  REQUIRE(sweep != nullptr);
  CHECK(has(sweep->script, "$data <<EOD\n1e-05 100 "));
  CHECK(has(sweep->script, "\n0.001 50 "));
  CHECK(has(sweep->script, "title 'no faults: 100.00 %'"));
  CHECK(sweep->title == "Accuracy against fault rate");
  CHECK(has(sweep->script, "set key outside")); // not where the points are
  CHECK(has(draw(*sweep), "</svg>"));
}

TEST_CASE("closing in shows the anytime-valid interval of the complete prefix and a known truth") {
  campaign_description d = description();
  experiment e;
  e.name = "closing";
  e.all_inputs = true;
  e.stop = stop_rule{0.01, 0.95};
  add_experiment(d, e, 192, {{0, 128}, {1, 64}});
  const temporary_folder folder;
  store s = store::open(folder.path / "s.db", d);
  std::vector<trial_record> trials;
  for (std::uint64_t i = 0; i < 150; ++i)
    if (i != 120) // trials behind the gap do not count
      trials.push_back(
          flip(i, 0, static_cast<unsigned>(i % 32), i % 4 == 0 ? 2 : 0, i % 4 == 0 ? 8 : 10, 10));
  s.add(0, trials);
  const auto all = overviews_of(s);
  REQUIRE(!all[0].course.empty());
  CHECK(all[0].course.back().trials == 120);
  CHECK(all[0].course.back().critical == 30);
  for (const known_by_then& k : all[0].course)
    CHECK(k.within == bitfault::anytime_interval(k.critical, k.trials, 0.95, 192));
  const auto figures = figures_of(s, all, {{"closing", 0.25}});
  const figure* closing = find(figures, "closing_in_0");
  REQUIRE(closing != nullptr);
  CHECK(has(closing->script,
            "\n120 " + numbers(0.25, bitfault::anytime_interval(30, 120, 0.95, 192)) + "\nEOD"));
  CHECK(has(closing->script, "25 with lines dt (8,5) lw 2 lc rgb '#d1603d' title 'the truth'"));
  CHECK(has(draw(*closing), "</svg>"));
}

TEST_CASE("gnuplot's own words come with the error") {
  CHECK(has(thrown<gnuplot_error>([] { gnuplot_svg("plot nonsense(x)", "a", 100, 100); }),
            "nonsense"));
}

TEST_CASE("no bar, cell or point of a target shows what is known of a part of it") {
  campaign_description d = description();
  experiment e;
  e.name = "half";
  e.targets = {"fc.weight[0:2]", "it's_50%{odd}"};
  add_experiment(d, e, 100, {{0, 64}, {1, 64}});
  e.name = "other half";
  e.targets = {"fc.weight[2:4]", "it's_50%{odd}"};
  add_experiment(d, e, 100, {{0, 64}, {1, 64}});
  const temporary_folder folder;
  store s = store::open(folder.path / "s.db", d);
  for (std::size_t experiment = 0; experiment < 2; ++experiment) {
    std::vector<trial_record> trials;
    for (std::uint64_t i = 0; i < 40; ++i)
      trials.push_back(
          flip(i, static_cast<std::uint32_t>(i % 2), static_cast<unsigned>(20 + i % 12), 1, 0, 1));
    s.add(experiment, trials);
  }
  for (const figure& f : figures_of(s, overviews_of(s))) {
    INFO(f.name);
    CHECK(f.name.find("closing_in") == 0);
  }
}
