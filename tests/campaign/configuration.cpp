// SPDX-License-Identifier: MIT
#include <bitfault/campaign/configuration.hpp>

#include "catch.hpp"
#include "configuration_problems.hpp"

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <limits>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace configuration_tests;

/// Every key that there is, with a value other than its default.
const char* const everything = R"(
[campaign]
name = "conv faults"
seed = 42
criteria = ["sdc_5", "sdc_1"]
headline = "sdc_5"
monitors = ["conv*", "fc"]
declared_dead = "spare"
golden.repeats = 5
output_check = true
threads = 8
cache = "2 GiB"
shortcuts = ["share_batches"]
isolate = true
time_limit = 2.5

[model]
kind = "demo"
weights = "weights.safetensors"

[[experiment]]
name = "first"
targets = ["conv1.weight", "@biases"]
fault = "stuck_at_1"
bits = [30, 29]
amount = {exactly = 3}
trials = 1000
inputs = "all"
tau = 2
stop = {half_width = 0.01, confidence = 0.99}

[[experiment]]
name = "second"
targets = "fc.weight"
fault = {normal_noise = [0.5, 2]}
amount = {per_element = [1e-6, 0.5]}
plan = {margin = 0.02, confidence = 0.9, expected = 0.25}

[output]
store = "c.sqlite"
report = ""
)";

bool same(const settings& a, const settings& b) {
  return a.name == b.name && a.seed == b.seed && a.headline == b.headline &&
         a.criteria.size() == b.criteria.size() && a.monitors == b.monitors &&
         a.declared_dead == b.declared_dead && a.golden_repeats == b.golden_repeats &&
         a.output_check == b.output_check && a.threads == b.threads &&
         a.cache_bytes == b.cache_bytes && a.start_at_fault == b.start_at_fault &&
         a.stop_if_masked == b.stop_if_masked && a.share_batches == b.share_batches &&
         a.isolate == b.isolate && a.time_limit == b.time_limit;
}

} // namespace

TEST_CASE("a configuration says what its file says") {
  const configuration c = read(everything);
  const settings& s = c.settings;
  CHECK(s.name == "conv faults");
  CHECK(s.seed == 42);
  REQUIRE(s.criteria.size() == 2);
  CHECK(s.criteria[0].name == "sdc_5");
  CHECK(s.headline == "sdc_5");
  CHECK(s.monitors == std::vector<std::string>{"conv*", "fc"});
  CHECK(s.declared_dead == std::vector<std::string>{"spare"});
  CHECK(s.golden_repeats == 5);
  CHECK(s.output_check);
  CHECK(s.threads == 8);
  CHECK(s.cache_bytes == std::uint64_t{1} << 31);
  CHECK_FALSE(s.start_at_fault);
  CHECK_FALSE(s.stop_if_masked);
  CHECK(s.share_batches);
  CHECK(s.isolate);
  CHECK(s.time_limit == 2.5);
  CHECK(model_kind(c) == "demo");
  CHECK(c.output == output_files{"c.sqlite", ""});

  REQUIRE(c.experiments.size() == 3);
  using fault = fault_description::kind;
  using masks = mask_family::kind;
  using amount = fault_amount::kind;
  CHECK(c.experiments[0] == experiment{"first",
                                       {"conv1.weight", "@biases"},
                                       {fault::stuck_at_1, 0, 0, {masks::given, {30, 29}, 2}},
                                       {amount::exactly, 3, 0},
                                       1000,
                                       {},
                                       true,
                                       2,
                                       stop_rule{0.01, 0.99}});
  const experiment second{"second, per_element 1e-06",
                          {"fc.weight"},
                          {fault::normal_noise, 0.5, 2, {masks::all, {}, 2}},
                          {amount::per_element, 1, 1e-6},
                          0,
                          sample_plan{0.02, 0.9, 0.25},
                          false,
                          1,
                          {}};
  CHECK(c.experiments[1] == second);
  experiment third = second;
  third.name = "second, per_element 0.5";
  third.amount.rate = 0.5;
  CHECK(c.experiments[2] == third);
}

TEST_CASE("an empty configuration has the defaults that the structures have") {
  const configuration c = read("");
  settings s;
  s.criteria = classification_criteria();
  CHECK(same(c.settings, s));
  CHECK(c.experiments.empty());
  CHECK(model_kind(c).empty());
  CHECK(c.output == output_files{});
  experiment e;
  e.name = "e";
  e.trials = 1;
  CHECK(experiment_with("") == e);
}

TEST_CASE("a wrong key is reported with its line and the nearest name") {
  CHECK(problem("[campaign]\nname = 'x'\nsead = 3") ==
        "line 3: [campaign] has no key 'sead'; the nearest name is 'seed'");
  CHECK(problem("[campaign]\n[campaing]\n") ==
        "line 2: the configuration has no table 'campaing'; the nearest name is 'campaign'");
  CHECK(problem("[campaign.golden]\nrepeat = 3") ==
        "line 2: [campaign.golden] has no key 'repeat'; the nearest name is 'repeats'");
  CHECK(in_experiment("target = ['a']") ==
        "line 4: [experiment] has no key 'target'; the nearest name is 'targets'");
  CHECK(in_experiment("stop = {half_width = 0.1, confidense = 0.9}") ==
        "line 4: [experiment.stop] has no key 'confidense'; the nearest name is 'confidence'");
  CHECK(problem("[output]\ncsv = 'a'").find("line 2: [output] has no key 'csv'") == 0);
}

TEST_CASE("strata are none, targets, or targets and bits") {
  const std::string head = "[[experiment]]\nname = 'a'\ntrials = 1\n";
  const auto strata = [&](const std::string& line) {
    return read(head + line).experiments.at(0).strata;
  };
  CHECK(strata("") == strata_kind::none);
  CHECK(strata("strata = 'none'") == strata_kind::none);
  CHECK(strata("strata = 'targets'") == strata_kind::targets);
  CHECK(strata("strata = 'targets_and_bits'") == strata_kind::targets_and_bits);
  CHECK(problem(head + "strata = 'target'") ==
        "line 4: experiment.strata: there is no 'target'; the nearest name is 'targets'");
  const std::string split = head + "strata = 'targets'\n";
  CHECK(read(split).experiments.at(0).allocation == allocation_kind::each);
  CHECK(read(split + "allocation = 'proportional'").experiments.at(0).allocation ==
        allocation_kind::proportional);
  CHECK(problem(split + "allocation = 'proportion'") ==
        "line 5: experiment.allocation: there is no 'proportion'; the nearest name is "
        "'proportional'");
  CHECK(problem(head + "allocation = 'proportional'") ==
        "line 4: experiment.allocation: there are no strata to deal trials out to");
}

TEST_CASE("the report lies beside the database unless the file says where") {
  const auto report = [](const std::string& output) {
    return read("[output]\n" + output).output.report;
  };
  CHECK(report("") == "campaign.html");
  CHECK(report("store = 'runs/a.sqlite'") == "runs/a.html");
  CHECK(report("store = 'a.html'") == "a.html.html");
  CHECK(report("store = 'a'\nreport = 'b/c'") == "b/c");
  CHECK(report("report = ''").empty());
  CHECK(problem("[output]\nreport = 1") ==
        "line 2: output.report: expected text, found the number 1");
}

TEST_CASE("a wrong value is reported with its line, what it is and what it may be") {
  CHECK(problem("[campaign]\nseed = -1") ==
        "line 2: campaign.seed: expected a whole number, at least 0, found the number -1");
  CHECK(problem("[campaign]\n\nname = 5") ==
        "line 3: campaign.name: expected text, found the number 5");
  CHECK(problem("[campaign]\nthreads = 0") ==
        "line 2: campaign.threads: expected a whole number from 1 to 4096, found the number 0");
  CHECK(problem("[campaign]\nthreads = 4097") ==
        "line 2: campaign.threads: expected a whole number from 1 to 4096, found the number 4097");
  CHECK(problem("[campaign]\nthreads = 2.0") ==
        "line 2: campaign.threads: expected a whole number from 1 to 4096, found the number 2.0");
  CHECK(problem("[campaign]\ntime_limit = nan") ==
        "line 2: campaign.time_limit: expected a number above 0, found the number nan");
  CHECK(problem("[campaign]\ncache = '5 MIB'") ==
        "line 2: campaign.cache: expected a whole number of bytes, or text such as \"256 MiB\", "
        "found the text \"5 MIB\"");
  CHECK(problem("[campaign]\ncache = '99999999999 TiB'").find("line 2: campaign.cache") == 0);
  CHECK(problem("[campaign]\nisolate = 'yes'") ==
        "line 2: campaign.isolate: expected true or false, found the text \"yes\"");
  CHECK(problem("[campaign]\nmonitors = ['a', 3]") ==
        "line 2: campaign.monitors: expected text or a list of texts, found a list");
  CHECK(problem("[campaign]\nshortcuts = ['start_at_falt']") ==
        "line 2: campaign.shortcuts: there is no 'start_at_falt'; the nearest name is "
        "'start_at_fault'");
  CHECK(problem("[campaign]\ncriteria = ['sdc_1', 'sdc_10_per']") ==
        "line 2: campaign.criteria: there is no 'sdc_10_per'; the nearest name is 'sdc_10pp'");
  CHECK(problem("[campaign]\ncriteria = ['sdc_1', 'sdc_1']") ==
        "line 2: campaign.criteria: 'sdc_1' is given twice");
  CHECK(problem("[campaign]\nheadline = 'margin_loss'") ==
        "line 2: campaign.headline: 'margin_loss' is a number; the headline has to be a flag");
  CHECK(problem("[campaign]\ncriteria = 'sdc_5'") ==
        "line 1: campaign.headline: 'sdc_1' is not among the criteria");
  CHECK(problem("campaign = 3") == "line 1: campaign: expected a table, found the number 3");
  CHECK(problem("[experiment]\nname = 'a'") ==
        "line 1: experiment: expected tables, each headed [[experiment]], found a table");
  CHECK(problem("[model]\n") == "line 1: model.kind is missing; it takes text");
  CHECK(problem("[campaign]\nname = ").find("line 2: ") == 0); // the parser's own words
}

TEST_CASE("a wrong experiment is reported with its line") {
  CHECK(problem("\n[[experiment]]\ntrials = 3") ==
        "line 2: experiment.name is missing; it takes text");
  CHECK(problem("[[experiment]]\nname = 'e'") ==
        "line 1: experiment.trials is missing; it takes a whole number, at least 1, or \"all\", "
        "unless there is a plan");
  CHECK(problem("[[experiment]]\nname = 'e'\ntrials = 0") ==
        "line 3: experiment.trials: expected a whole number, at least 1, or \"all\", found the "
        "number 0");
  CHECK(in_experiment("plan = {margin = 0.1}") ==
        "line 3: experiment.trials: given beside a plan, which says how many there are");
  CHECK(in_experiment("stop = {}") ==
        "line 4: experiment.stop.half_width is missing; it takes a number above 0 and below 1");
  CHECK(in_experiment("targets = []") == "line 4: experiment.targets: the list is empty");
  CHECK(in_experiment("fault = 'zero'\nbits = 30") ==
        "line 5: experiment.bits: a fault that sets the value looks at no bits; leave them out");
  CHECK(in_experiment("amount = {per_bit = 0.1}\nbits = {adjacent = 2}") ==
        "line 4: experiment.amount: per_bit is the probability of each bit by itself; faults of "
        "several bits take per_element");
  CHECK(problem("[[experiment]]\nname='e'\ntrials='all'\namount = {exactly = 2}") ==
        "line 3: experiment.trials: \"all\" are every site once, so the amount has to be "
        "\"single\"");
  CHECK(in_experiment("inputs = 'some'") ==
        "line 4: experiment.inputs: expected \"one\" or \"all\", found the text \"some\"");
  CHECK(in_experiment("tau = 2") ==
        "line 4: experiment.tau: a trial runs on one input, so no more than 1 of them can be "
        "critical; inputs = \"all\" runs it on all");
  CHECK(in_experiment("[[experiment]]\nname = 'e'\ntrials = 1") ==
        "line 5: experiment.name: another experiment is named 'e' too");
}

TEST_CASE("all problems of a file are reported at once, in the order of its lines") {
  const std::vector<std::string> all = problems("[output]\nstor = 'a'\n[[experiment]]\nname = 1\n"
                                                "trials = 'al'\n[campaign]\nseed = 'x'\n");
  REQUIRE(all.size() == 4);
  CHECK(all[0].find("line 2: [output] has no key 'stor'") == 0);
  CHECK(all[1].find("line 4: experiment.name") == 0);
  CHECK(all[2].find("line 5: experiment.trials") == 0);
  CHECK(all[3].find("line 7: campaign.seed") == 0);
}

TEST_CASE("a model's own reader is checked like the rest") {
  const auto make = [](table_reader& r) {
    return std::pair(r.text("weights"), r.number("leak", 0.5, 0, 1));
  };
  configuration c = read("[model]\nkind = 'demo'\nweights = 'w'\nleak = 1");
  CHECK(read_model(c, make) == std::pair(std::string("w"), 1.0));
  CHECK(read_model(c, make) == std::pair(std::string("w"), 1.0)); // for the next thread

  const auto wrong = [&](const std::string& keys) -> std::string {
    const configuration copy = read("[model]\nkind = 'demo'\n" + keys);
    try {
      read_model(copy, make);
    } catch (const configuration_error& e) {
      return e.what();
    }
    return {};
  };
  CHECK(wrong("weight = 'w'") ==
        "bitfault: c.toml: line 1: model.weights is missing; it takes text\n"
        "bitfault: c.toml: line 3: [model] has no key 'weight'; the nearest name is 'weights'");
  CHECK(wrong("weights = 'w'\nleak = 2") ==
        "bitfault: c.toml: line 4: model.leak: expected a number from 0 to 1, found the number 2");
  // What comes of a wrong key does not hide it.
  const configuration without = read("[model]\nkind = 'demo'");
  CHECK_THROWS_AS(read_model(without,
                             [](table_reader& r) -> int {
                               if (r.text("weights").empty())
                                 throw std::runtime_error("no such file");
                               return 1;
                             }),
                  configuration_error);
  CHECK_THROWS_AS(read_model(c, [](table_reader&) -> int { throw std::runtime_error("x"); }),
                  std::runtime_error);
}

TEST_CASE("docs/campaign/configuration.md names every key with its type and its default") {
  configuration_log log;
  detail::read_tables(toml::parse(everything), "c.toml", classification_criteria(), log);
  REQUIRE(log.problems.empty());

  const auto here = std::filesystem::path(__FILE__).parent_path();
  std::ifstream file(here / "../../docs/campaign/configuration.md");
  REQUIRE(file);
  // Rows: | `key` | type | `default` | meaning |
  std::vector<configuration_key> documented;
  for (std::string line; std::getline(file, line);)
    if (line.rfind("| `", 0) == 0) {
      std::vector<std::string> cells;
      std::istringstream row(line.substr(1));
      for (std::string cell; std::getline(row, cell, '|');) {
        cell.erase(0, cell.find_first_not_of(' '));
        cell.erase(cell.find_last_not_of(' ') + 1);
        if (cell.size() > 1 && cell.front() == '`' && cell.back() == '`')
          cell = cell.substr(1, cell.size() - 2);
        cells.push_back(cell);
      }
      // A default that there is not is called none.
      REQUIRE(cells.size() == 4);
      CHECK_FALSE(cells[3].empty());
      documented.push_back({cells[0], cells[1], cells[2] == "none" ? "" : cells[2]});
    }
  const auto named = [](const std::vector<configuration_key>& keys, const std::string& name) {
    return std::find_if(keys.begin(), keys.end(),
                        [&](const configuration_key& k) { return k.name == name; });
  };
  for (const configuration_key& key : log.keys) {
    if (key.type == "a table")
      continue;
    INFO(key.name << " | " << key.type << " | " << key.default_value);
    const auto found = named(documented, key.name);
    REQUIRE(found != documented.end());
    CHECK(found->type == key.type);
    CHECK(found->default_value == key.default_value);
  }
  for (const configuration_key& key : documented) {
    INFO(key.name);
    CHECK(named(log.keys, key.name) != log.keys.end());
  }
}

TEST_CASE("a key at its documented default changes nothing") {
  configuration_log log;
  detail::read_tables(toml::parse(everything), "c.toml", classification_criteria(), log);
  const configuration plain = read("[[experiment]]\nname = 'e'\ntrials = 1\n");
  int checked = 0;
  for (const configuration_key& key : log.keys) {
    if (key.default_value.empty())
      continue;
    INFO(key.name << " = " << key.default_value);
    const std::size_t dot = key.name.find('.');
    const std::string inside = key.name.substr(dot + 1) + " = " + key.default_value + "\n";
    const bool nested = inside.find("plan.") == 0 || inside.find("stop.") == 0;
    if (nested)
      continue; // present only beside what has no default
    const std::string table = key.name.substr(0, dot);
    const std::string text =
        table == "experiment"
            ? "[[experiment]]\nname = 'e'\ntrials = 1\n" + inside
            : "[" + table + "]\n" + inside + "[[experiment]]\nname = 'e'\ntrials = 1\n";
    const configuration with = read(text);
    CHECK(same(with.settings, plain.settings));
    CHECK(with.experiments == plain.experiments);
    CHECK(with.output == plain.output);
    ++checked;
  }
  CHECK(checked > 15);
}
