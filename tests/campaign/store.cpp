// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "synthetic.hpp"

#include <bitfault/campaign/store.hpp>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <vector>

using namespace campaign_tests;
using bitfault::file_error;

TEST_CASE("a store gives back its description, its golden run and every bit of its trials") {
  const temporary_folder folder;
  const auto path = folder.path / "campaign.db";
  const campaign_description d = synthetic_description();
  {
    store s = store::open(path, d);
    CHECK(s.description() == d);
    CHECK_FALSE(s.golden());
    s.set_golden(synthetic_golden());
    complete(s, 37);
  }
  CHECK(folder.files() == 1);
  const store s = store::read(path);
  CHECK(s.description() == d);
  CHECK(s.golden() == synthetic_golden());
  for (std::size_t e = 0; e < 2; ++e) {
    std::uint64_t next = 0;
    bool equal = true;
    s.for_each_trial(e, [&](const trial_record& t) {
      equal = equal && bits_of(t) == bits_of(synthetic_trial(d, e, next));
      ++next;
    });
    CHECK(equal);
    CHECK(next == d.experiments[e].planned);
    CHECK(s.missing(e).empty());
  }
  // The synthetic trials have what could get lost: NaN, -0.0, infinities, words with the top bit.
  std::string all;
  s.for_each_trial(1, [&](const trial_record& t) { all += bits_of(t); });
  CHECK(has(all, "9221120237041090560 "));
  CHECK(has(all, "9223372036854775808 "));
  CHECK(has(all, "9218868437227405312 "));
}

TEST_CASE("trials come in any order, and the missing ones are known") {
  const temporary_folder folder;
  const campaign_description d = synthetic_description();
  store s = store::open(folder.path / "campaign.db", d);
  CHECK(s.missing(0) == std::vector<trial_range>{{0, 200}});
  CHECK(s.complete_prefix(0) == 0);
  s.add(0, synthetic_trials(d, 0, {50, 60}));
  s.add(0, synthetic_trials(d, 0, {0, 10}));
  auto backwards = synthetic_trials(d, 0, {100, 110});
  std::reverse(backwards.begin(), backwards.end());
  s.add(0, backwards);
  const std::vector<trial_range> gaps{{10, 50}, {60, 100}, {110, 200}};
  CHECK(s.missing(0) == gaps);
  CHECK(s.complete_prefix(0) == 10);
  CHECK(s.stored(0).count() == 30);
  CHECK(s.missing(1) == std::vector<trial_range>{{0, 100}});
  CHECK(s.trial(0, 55));
  CHECK_FALSE(s.trial(0, 60));
  std::vector<std::uint64_t> seen;
  s.for_each_trial(0, {8, 105}, [&](const trial_record& t) { seen.push_back(t.number); });
  CHECK(seen == std::vector<std::uint64_t>{8, 9, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 100, 101,
                                           102, 103, 104});
  const store again = store::read(folder.path / "campaign.db");
  CHECK(again.missing(0) == gaps);
  CHECK(again.complete_prefix(0) == 10);
}

TEST_CASE("a trial that is there already must have the same result") {
  const temporary_folder folder;
  const campaign_description d = synthetic_description();
  store s = store::open(folder.path / "campaign.db", d);
  auto some = synthetic_trials(d, 1, {0, 20});
  s.add(1, some);
  s.add(1, synthetic_trials(d, 1, {10, 30}));
  CHECK(s.complete_prefix(1) == 30);
  const std::string before = exported(s);

  std::vector<trial_record> wrong = synthetic_trials(d, 1, {15, 40});
  wrong[4].outcomes[0] += 1;
  const std::string what = thrown<file_error>([&] { s.add(1, wrong); });
  CHECK(has(what, "campaign.db: trial 19 of experiment 'noise, everywhere' is there already"));
  CHECK(exported(s) == before);
  CHECK(s.complete_prefix(1) == 30);
  // Twice in one call, too.
  wrong = synthetic_trials(d, 1, {50, 52});
  wrong[1] = wrong[0];
  s.add(1, wrong);
  CHECK(s.stored(1).count() == 31);
  wrong[1].number = wrong[0].number = 60;
  wrong[1].set_aside += 1;
  CHECK(has(thrown<file_error>([&] { s.add(1, wrong); }), "trial 60"));
  CHECK(s.stored(1).count() == 31);
}

TEST_CASE("trials that the campaign does not have are refused and nothing is kept") {
  const temporary_folder folder;
  const campaign_description d = synthetic_description();
  store s = store::open(folder.path / "campaign.db", d);
  const auto refused = [&](auto&& change) {
    auto list = synthetic_trials(d, 0, {0, 3});
    change(list[2]);
    return thrown<std::invalid_argument>([&] { s.add(0, list); });
  };
  CHECK(has(refused([](trial_record& t) { t.number = 200; }),
            "trial 200 of experiment 'weights' is beyond the 200 planned ones"));
  CHECK(has(refused([](trial_record& t) { t.criteria.pop_back(); }), "2 values for 3 criteria"));
  CHECK(has(refused([](trial_record& t) { t.first_input = 11; }),
            "inputs from 11 to 17; the campaign has 16"));
  CHECK(has(refused([](trial_record& t) { t.faults[0].target = 5; }), "target 5"));
  CHECK(has(thrown<std::invalid_argument>([&] { s.add(2, {}); }), "no experiment 2; there are 2"));
  CHECK(s.stored(0).count() == 0);
  CHECK_FALSE(s.trial(0, 0));
}

TEST_CASE("trials from where an experiment stopped are taken out and not let in again") {
  const temporary_folder folder;
  const campaign_description d = synthetic_description();
  const auto path = folder.path / "campaign.db";
  {
    store s = store::open(path, d);
    s.add(0, synthetic_trials(d, 0, {0, 50}));
    s.add(0, synthetic_trials(d, 0, {60, 80}));
    s.record_death(0, 70, outcome::crash);
    CHECK(has(thrown<std::invalid_argument>([&] { s.set_stopped_at(0, 51); }),
              "only the first 50 trials are complete"));
    CHECK_FALSE(s.stopped_at(0));
    s.set_stopped_at(0, 40);
    s.set_stopped_at(0, 40);
    CHECK(has(thrown<file_error>([&] { s.set_stopped_at(0, 30); }),
              "was stopped at trial 40 already, and now at trial 30"));
    CHECK(s.stopped_at(0) == 40);
    CHECK(s.limit(0) == 40);
    CHECK(s.missing(0).empty());
    s.add(0, synthetic_trials(d, 0, {35, 60}));
    CHECK(s.stored(0).count() == 40);
    CHECK(s.deaths(0).empty());
  }
  store s = store::open(path, d);
  CHECK(s.stopped_at(0) == 40);
  CHECK(s.complete_prefix(0) == 40);
  CHECK_FALSE(s.trial(0, 40));
  CHECK_FALSE(s.trial(0, 70));
  CHECK_FALSE(s.stopped_at(1));
}

TEST_CASE("deaths are counted by trial and kind") {
  const temporary_folder folder;
  const campaign_description d = synthetic_description();
  const auto path = folder.path / "campaign.db";
  {
    store s = store::open(path, d);
    CHECK(s.record_death(0, 9, outcome::hang) == 1);
    CHECK(s.record_death(0, 9, outcome::crash) == 2);
    CHECK(s.record_death(0, 9, outcome::crash) == 3);
    CHECK(s.record_death(0, 2, outcome::crash) == 1);
    CHECK(has(thrown<std::invalid_argument>([&] { s.record_death(0, 2, outcome::masked); }),
              "does not die of 'masked'"));
  }
  store s = store::open(path, d);
  CHECK(s.deaths(0) == std::vector<trial_deaths>{{2, 1, 0}, {9, 2, 1}});
  CHECK(s.deaths(1).empty());
  // Of two files the larger count of each stays.
  const auto other = folder.path / "other.db";
  {
    store o = store::open(other, d);
    static_cast<void>(o.record_death(0, 2, outcome::hang));
    static_cast<void>(o.record_death(0, 9, outcome::crash));
    for (int i = 0; i < 5; ++i)
      static_cast<void>(o.record_death(0, 9, outcome::hang));
    static_cast<void>(o.record_death(0, 11, outcome::crash));
  }
  s.add_all_of(store::read(other));
  CHECK(s.deaths(0) == std::vector<trial_deaths>{{2, 1, 1}, {9, 2, 5}, {11, 1, 0}});
}

TEST_CASE("the same campaign is continued, another one is refused with what differs") {
  const temporary_folder folder;
  const auto path = folder.path / "campaign.db";
  const campaign_description d = synthetic_description();
  {
    store s = store::open(path, d);
    s.add(0, synthetic_trials(d, 0, {0, 50}));
  }
  const std::string before = file_content(path);
  const auto refused = [&](auto&& change) {
    campaign_description other = d;
    change(other);
    return thrown<file_error>([&] { static_cast<void>(store::open(path, other)); });
  };
  const auto says = [&](auto&& change, const std::string& words) {
    const std::string what = refused(change);
    INFO(what);
    CHECK(has(what, "campaign.db: this is the file of another campaign: " + words));
  };
  using c = campaign_description;
  says([](c& o) { o.identity.parameters_checksum = 1; },
       "model: checksum of the parameters: '0xdeadbeef' in the file, '0x1' now");
  says([](c& o) { o.identity.seed = 8; }, "seed: '18446744073709551612' in the file, '8' now");
  says([](c& o) { o.identity.library_version = "9.0.0"; }, "library version: ");
  says([](c& o) { o.identity.draw_version = 2; }, "draw version: '1' in the file, '2' now");
  says([](c& o) { o.identity.compiler = "cc"; }, "compiler: ");
  says([](c& o) { o.identity.model = "m"; }, "model: 'synthetic' in the file, 'm' now");
  says([](c& o) { o.identity.name = "n"; }, "name: ");
  says([](c& o) { o.identity.inputs = 32; }, "number of inputs: '16' in the file, '32' now");
  says([](c& o) { o.identity.batch = 4; }, "batch: ");
  says([](c& o) { o.identity.headline = "never"; }, "headline criterion: ");
  says([](c& o) { o.identity.output_check = true; }, "output check: 'no' in the file");
  says([](c& o) { o.criteria[1].is_flag = true; }, "criterion 1: 'margin_loss (a number)' in");
  says([](c& o) { o.identity.configuration.replace(16, 1, "8"); },
       "configuration: campaign.seed: 'campaign.seed = 7' in the file, 'campaign.seed = 8' now");
  says([](c& o) { o.identity.configuration += "new = 1\n"; },
       "configuration: new: nothing in the file, 'new = 1' now");
  says([](c& o) { o.identity.configuration.pop_back(); }, "order or blanks of the configuration");
  says([](c& o) { o.targets[0].extents[0] = 5; }, "target 0: 'conv1.weight");
  says([](c& o) { o.targets.pop_back(), o.experiments[1].targets.clear(); }, "target 4: 'fc");
  says([](c& o) { o.criteria[2].name = "ever"; }, "criterion 2: 'never' in the file, 'ever' now");
  says([](c& o) { o.experiments.pop_back(); }, "experiment 1: name: 'noise, everywhere' in");
  says([](c& o) { o.experiments[0].asked.name = "w"; }, "experiment 0: name: 'weights' in");
  says([](c& o) { o.experiments[0].planned = 201; }, "experiment 0: planned trials: '200' in");
  says([](c& o) { o.experiments[0].asked.stop.reset(); }, "experiment 0: stop rule: 'half width");
  says([](c& o) { o.experiments[1].asked.plan->margin = 0.1; }, "experiment 1: plan: 'margin 0.05");
  says([](c& o) { o.experiments[1].asked.fault.a = 0.0; },
       "experiment 1: fault: 'normal_noise -0 0.25' in the file, 'normal_noise 0 0.25' now");
  says([](c& o) { o.experiments[1].asked.fault.bits.bits[0] = 1; }, "experiment 1: bits: 'given");
  says([](c& o) { o.experiments[1].asked.amount.rate = 0.2; }, "experiment 1: amount: ");
  says([](c& o) { o.experiments[1].asked.tau = 1; }, "experiment 1: tau: '3' in the file");
  says([](c& o) { o.experiments[1].asked.all_inputs = false; }, "experiment 1: all inputs: 'yes'");
  says([](c& o) { o.experiments[0].asked.targets = {"*"}; }, "experiment 0: targets: ");
  says([](c& o) { o.experiments[0].targets[1].sites = 7; },
       "experiment 0: sites in target 1: '800' in the file, '7' now");
  const bool unchanged = file_content(path) == before;
  CHECK(unchanged);
  CHECK(folder.files() == 1);
  CHECK(store::open(path, d).complete_prefix(0) == 50);
}

TEST_CASE("another golden run is refused with what differs") {
  const temporary_folder folder;
  const auto path = folder.path / "campaign.db";
  store s = store::open(path, synthetic_description());
  s.set_golden(synthetic_golden());
  s.set_golden(synthetic_golden());
  golden_summary other = synthetic_golden();
  other.inputs[7].answer = 9;
  CHECK(has(thrown<file_error>([&] { s.set_golden(other); }),
            "the golden run is not the one of this file: answer of input 7: 7 in the file, 9 now"));
  other = synthetic_golden();
  other.outputs_checksum = 2;
  CHECK(has(thrown<file_error>([&] { s.set_golden(other); }),
            "checksum of the outputs: 0xffffffff in the file, 0x2 now"));
  CHECK(s.golden() == synthetic_golden());
  // Noise is no difference, an answer that does not vary is one.
  other.noise = 1e-7;
  s.set_golden(other);
  other.inputs[5].answer = 0;
  s.set_golden(other);
  other.inputs[6].answer = 0;
  CHECK(has(thrown<file_error>([&] { s.set_golden(other); }), "answer of input 6"));
}

TEST_CASE("descriptions that no file could hold are refused before a file is made") {
  const temporary_folder folder;
  const auto refused = [&](auto&& change) {
    campaign_description d = synthetic_description();
    change(d);
    return thrown<std::invalid_argument>(
        [&] { static_cast<void>(store::open(folder.path / "c.db", d)); });
  };
  using c = campaign_description;
  CHECK(has(refused([](c& d) { d.targets[1].name = "a b"; }), "white space in it: 'a b'"));
  CHECK(has(refused([](c& d) { d.targets[1].name = "scale"; }), "two targets are named 'scale'"));
  CHECK(has(refused([](c& d) { d.experiments[1].asked.name = "weights"; }), "two experiments"));
  CHECK(has(refused([](c& d) { d.criteria[1].name = "sdc_1"; }), "two criteria are named 'sdc_1'"));
  CHECK(has(refused([](c& d) { d.experiments[0].sites = ~std::uint64_t{0}; }),
            "the number of fault sites of experiment 'weights' is 18446744073709551615"));
  CHECK(has(refused([](c& d) { d.experiments[0].targets[1].target = 0; }), "rising order"));
  CHECK(has(refused([](c& d) { d.targets[0].word_bits = 65; }), "words of 65 bits"));
  CHECK(folder.files() == 0);
}

TEST_CASE("a store that was opened for reading only is not written to") {
  const temporary_folder folder;
  const campaign_description d = synthetic_description();
  const auto path = folder.path / "campaign.db";
  { store s = store::open(path, d); }
  store s = store::read(path);
  CHECK(has(thrown<file_error>([&] {
              s.add(0, synthetic_trials(d, 0, {0, 1}));
            }),
            "campaign.db: the file was opened for reading only"));
  CHECK(has(thrown<file_error>([&] { s.record_death(0, 0, outcome::crash); }), "reading only"));
  CHECK(s.stored(0).count() == 0);
  CHECK(has(thrown<file_error>([&] { static_cast<void>(store::read(folder.path / "x.db")); }),
            "x.db: there is no such file"));
}
