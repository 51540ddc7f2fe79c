// SPDX-License-Identifier: MIT
#include <bitfault/campaign/summary_table.hpp>

#include "catch.hpp"
#include "synthetic.hpp"

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

namespace {

using namespace campaign_tests;
using bitfault::wilson_interval;
using Catch::Contains;

/// One random input for each trial; a flag and a number that may be negative.
campaign_description small_campaign() {
  campaign_description d;
  d.identity.inputs = 10;
  d.identity.headline = "iou_below";
  d.targets = {{"a", target_kind::weight, "float32", 32, {10}, 0},
               {"b", target_kind::weight, "float32", 32, {20}, 1}};
  d.criteria = {{"iou_below"}, {"mean_iou_loss", false}};
  stored_experiment e;
  e.asked.name = "weights";
  e.asked.trials = 100;
  e.planned = 100;
  e.sites = 960;
  e.targets = {{0, 320}, {1, 640}};
  d.experiments = {e};
  return d;
}

/// Every fifth trial is an SDC, every tenth crashes.
trial_record trial(std::uint64_t number) {
  const outcome o = number % 10 == 0  ? outcome::crash
                    : number % 5 == 1 ? outcome::sdc
                    : number % 5 == 2 ? outcome::non_finite
                                      : outcome::masked;
  trial_record r;
  r.number = number;
  r.inputs = 1;
  r.outcomes[static_cast<std::size_t>(o)] = 1;
  r.activated = true;
  r.criteria = {o == outcome::sdc ? 1.0 : 0.0, -0.5};
  r.faults = {{static_cast<std::uint32_t>(number % 2),
               {number % 10, std::uint64_t{1} << (number % 32), 0, bitfault::fault_action::flip},
               0,
               1}};
  return r;
}
void add(store& s, std::uint64_t begin, std::uint64_t end) {
  std::vector<trial_record> list;
  for (std::uint64_t n = begin; n < end; ++n)
    list.push_back(trial(n));
  s.add(0, list);
}
std::string share(std::uint64_t hits, std::uint64_t of) {
  return lettered_estimate_text({hits, of, static_cast<double>(hits) / static_cast<double>(of),
                                 wilson_interval(hits, of), interval_method::wilson});
}

/// The words of the line after the first one that has `head` in it.
std::string line_after(const std::string& text, const std::string& head) {
  const std::size_t begin = text.find('\n', text.find(head)) + 1;
  std::string line = text.substr(begin, text.find('\n', begin) - begin), words;
  for (const char c : line)
    if (c != ' ' || words.empty() || words.back() != ' ')
      words += c;
  return words;
}

} // namespace

TEST_CASE("the table has shares with the letters of their intervals, and all outcomes apart") {
  const temporary_folder folder;
  store s = store::open(folder.path / "c.sqlite", small_campaign());
  add(s, 0, 100);
  const std::string text = summary_table(s);
  CHECK_THAT(share(20, 100), Contains("] W"));
  CHECK(line_after(text, "critical") ==
        "weights 100 " + share(20, 100) + " 1 " + share(20, 100) + " - - " + share(10, 100) + " -");
  // inputs, golden-correct, crash, hang, detected, non-finite, masked, SDC, tolerable, set aside
  CHECK(line_after(text, "set aside") == "weights 100 0 10 0 0 20 50 20 0 0");
  CHECK(line_after(text, "mean_iou_loss, mean") == "weights " + share(20, 100) + " -0.5");
  CHECK_THAT(text, Contains("SDC: iou_below; DUE: crash, hang and detected.") && !Contains("gap"));
  CHECK_THAT(text, Contains("bf1:b[1]^1") && Contains("bf1:a[6]^6") && Contains("bf1:b[1]^11"));
  const experiment_overview view = overview_of(s, 0);
  CHECK(view.sums.flag_share(view.sums.all(), 0).hits == 20);
  CHECK(view.sums.criterion_mean(view.sums.all(), 1) == -0.5);
  CHECK_THROWS(view.sums.flag_share(view.sums.all(), 1)); // a number, whatever its name
  CHECK(view.dead_count == 10);
  CHECK(view.worst.size() == 3);
  CHECK(view.worst[0].number == 1);
}

TEST_CASE("only trials without a gap before them count, and the table says so") {
  const temporary_folder folder;
  store s = store::open(folder.path / "c.sqlite", small_campaign());
  add(s, 0, 40);
  const std::string forty = summary_table(s);
  CHECK_THAT(forty, Contains("40 of 100") && !Contains("gap"));
  add(s, 41, 90); // 40 is missing
  std::string text = summary_table(s);
  CHECK_THAT(text, Contains("weights: 49 more trials are behind a gap and do not count yet: 40 of "
                            "100 are complete."));
  CHECK_THAT(text, Contains(share(8, 40)) && !Contains(share(18, 89)));
  text.erase(text.find("weights: "), text.find("Shares of inputs") - text.find("weights: "));
  CHECK(text == forty);
  const experiment_overview view = overview_of(s, 0);
  CHECK(view.planned == 100);
  CHECK(view.behind_gap == 49);
  CHECK(view.course.back().trials == 40);
  CHECK(view.dead_count == 4);
  add(s, 40, 41);
  CHECK_THAT(summary_table(s),
             Contains("90 of 100") && Contains(share(18, 90)) && !Contains("gap"));
}

TEST_CASE("the file of a shard that does not have the first trials shows no shares of them") {
  const temporary_folder folder;
  store s = store::open(folder.path / "c.sqlite", small_campaign());
  add(s, 64, 100);
  const std::string text = summary_table(s);
  CHECK(line_after(text, "critical") == "weights 0 of 100 - 1 - - - - -");
  CHECK(line_after(text, "mean_iou_loss, mean") == "weights - -");
  CHECK_THAT(text, Contains("36 more trials are behind a gap") && Contains("merge"));
}

TEST_CASE("strata have a row each, and one for all of them") {
  const temporary_folder folder;
  campaign_description d = small_campaign();
  stored_experiment a = d.experiments[0], b = a;
  a.asked.name = "weights, a";
  a.sites = 320;
  a.targets = {{0, 320}};
  b.asked.name = "weights, b";
  b.sites = 640;
  b.targets = {{1, 640}};
  a.asked.stratum_of = b.asked.stratum_of = "weights";
  d.experiments = {a, b};
  store s = store::open(folder.path / "c.sqlite", d);
  std::vector<trial_record> even, odd; // those of target a, and of target b
  for (std::uint64_t n = 0; n < 100; ++n) {
    trial_record r = trial(n < 50 ? 2 * n : n % 2 == 0 ? 11 : 13);
    r.number = n % 50;
    (n < 50 ? even : odd).push_back(r);
  }
  s.add(0, even);
  s.add(1, odd);
  const trial_estimate all = stratified_share(s, "weights", overviews_of(s));
  REQUIRE(all.of == 100);
  // The second stratum is twice as large.
  const auto share_of = [&](std::size_t e) {
    const summary sums = overview_of(s, e).sums;
    return sums.critical_share(sums.all()).value;
  };
  REQUIRE(share_of(0) == 0.2);
  REQUIRE(share_of(1) == 0.5);
  CHECK(std::abs(all.value - (0.2 + 2 * 0.5) / 3) < 1e-12);
  CHECK(line_after(summary_table(s), "weights, b") ==
        "weights, all strata 100 " + lettered_estimate_text(all));
}

TEST_CASE("with an output check non-finite outputs count as DUE") {
  const temporary_folder folder;
  campaign_description d = small_campaign();
  d.identity.output_check = true;
  store s = store::open(folder.path / "c.sqlite", d);
  add(s, 0, 100);
  CHECK_THAT(summary_table(s),
             Contains(share(30, 100)) && Contains("and non-finite, since the output is checked"));
}

TEST_CASE("where golden runs differ nothing is exact") {
  const temporary_folder folder;
  campaign_description d = small_campaign();
  d.experiments[0].asked.all_inputs = true;
  d.experiments[0].sites = 100;
  golden_summary golden;
  golden.noise = 0.25;
  golden.inputs.resize(10);
  for (const bool noisy : {false, true}) {
    store s = store::open(folder.path / (noisy ? "noisy.sqlite" : "same.sqlite"), d);
    if (noisy)
      s.set_golden(golden);
    add(s, 0, 100);
    const experiment_overview view = overview_of(s, 0);
    CHECK(view.sums.critical_share(view.sums.all()).method ==
          (noisy ? interval_method::clopper_pearson : interval_method::exact));
    CHECK((view.course.back().within.width() == 0) != noisy);
  }
}

TEST_CASE("faults that do different things to the bits have a table by action") {
  const temporary_folder folder;
  campaign_description d = small_campaign();
  stored_experiment stuck = d.experiments[0];
  stuck.asked.name = "stuck";
  stuck.asked.fault.which = fault_description::kind::stuck_at_1;
  stuck.asked.trials = stuck.planned = 20;
  d.experiments.push_back(stuck);
  store s = store::open(folder.path / "c.sqlite", d);
  add(s, 0, 100);
  CHECK_THAT(summary_table(s), !Contains("action"));
  std::vector<trial_record> list;
  for (std::uint64_t n = 0; n < 20; ++n) {
    list.push_back(trial(n));
    list.back().faults[0].fault.action = bitfault::fault_action::stuck_at_1;
  }
  s.add(1, list);
  const std::string text = summary_table(s);
  CHECK(line_after(text, "  action ") == "weights flip 100 " + share(20, 100) + " -");
  CHECK(line_after(text, "  flip  ") == "stuck stuck at 1 20 " + share(4, 20) + " -");
}

TEST_CASE("the table says how noisy the golden run is") {
  const temporary_folder folder;
  golden_summary golden;
  golden.repeats = 3;
  golden.inputs.resize(10);
  const auto text_with = [&](const golden_summary& g) {
    store s =
        store::open(folder.path / (std::to_string(folder.files()) + ".sqlite"), small_campaign());
    s.set_golden(g);
    return summary_table(s);
  };
  CHECK_THAT(text_with(golden), Contains("Golden runs: 3, bit for bit the same.\n"));
  golden.noise = 0.25;
  golden.inputs[4].varies = golden.inputs[7].varies = true;
  CHECK_THAT(
      text_with(golden),
      Contains("Golden runs: 3, outputs differ by up to 0.25, which counts as masked; inputs "
               "set aside, since their golden answer varies: 2 of 10.\n"));
  golden.repeats = 1;
  CHECK_THAT(text_with(golden), Contains("The golden run was made once: nothing says"));
}

TEST_CASE("a trial in words names its faults, words, outcomes and criteria") {
  trial_record r = trial(41);
  r.faults[0].before = 0x10;
  r.faults[0].after = 0x210;
  CHECK(trial_text(small_campaign(), r) == "trial 41, inputs 0 to 0\n"
                                           "  bf1:b[1]^9  0x10 -> 0x210\n"
                                           "  sdc: 1\n"
                                           "  iou_below: 1\n"
                                           "  mean_iou_loss: -0.5\n");
}
