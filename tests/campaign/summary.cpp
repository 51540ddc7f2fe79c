// SPDX-License-Identifier: MIT
#include "bitfault/campaign/summary.hpp"

#include "catch.hpp"
#include "trials_by_hand.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace bitfault::campaign {

using namespace trials_by_hand;

TEST_CASE("trials of one random input each give shares with Wilson's interval") {
  summary s = summary_of(false);
  for (std::uint64_t i = 0; i < 263; ++i)
    s.add(record(i,
                 i < 81   ? sdc
                 : i < 90 ? crash
                          : masked,
                 i % 2 == 0 ? (i < 81 ? sdc : masked) : outcome_counts{}));
  const trial_estimate e = s.sdc_share(s.all());
  CHECK(e.hits == 81);
  CHECK(e.of == 263);
  CHECK(e.method == interval_method::wilson);
  // Newcombe's published interval for 81 of 263.
  CHECK(std::abs(e.bounds.lower - 0.2553) < 5e-5);
  CHECK(std::abs(e.bounds.upper - 0.3662) < 5e-5);
  CHECK(s.critical_share(s.all()) == e);
  CHECK(s.flag_share(s.all(), 0) == e);
  CHECK(s.criterion_mean(s.all(), 1) == 0.5);

  const trial_estimate right = s.sdc_share(s.all(), denominator::golden_correct);
  CHECK(right.hits == 41);
  CHECK(right.of == 132);
  CHECK(right.bounds == wilson_interval(41, 132));
  CHECK(s.due_share(s.all()).hits == 9);
  // ALFI's: the nine that died leave the denominator.
  CHECK(s.sdc_share_without_due(s.all()).of == 254);
  CHECK(s.sdc_share_without_due(s.all()).bounds == wilson_interval(81, 254));
  CHECK(s.outcome_share(s.all(), outcome::masked).hits == 173);
}

TEST_CASE("faults crossed with inputs are counted by fault and by input") {
  const auto crossed = [](const std::vector<std::string>& rows, summary s = summary_of(true)) {
    std::uint64_t number = 0;
    for (const std::string& row : rows) {
      trial_record r = record(number++, {});
      r.inputs = static_cast<std::uint32_t>(row.size());
      r.outcomes_by_input = row;
      for (std::size_t o = 0; o < outcome_count; ++o)
        r.outcomes[o] =
            static_cast<std::uint32_t>(std::count(row.begin(), row.end(), outcome_letters[o]));
      r.set_aside = static_cast<std::uint32_t>(std::count(row.begin(), row.end(), '-'));
      s.add(r);
    }
    return s;
  };
  // Four faults on five inputs, of which the second is set aside: 3, 0, 1 and 2 hits by fault, and
  // 3, 2, 0 and 1 by input. The outcomes in between count for nothing.
  const summary s = crossed({"s-sms", "m-nmm", "t-smc", "s-sth"});
  const trial_estimate e = s.sdc_share_beyond_inputs();
  const std::vector<std::uint64_t> by_fault{3, 0, 1, 2}, by_input{2, 3, 0, 1};
  CHECK(e.hits == 6);
  CHECK(e.of == 16);
  CHECK(e.value == 6.0 / 16);
  CHECK(e.method == interval_method::two_way);
  CHECK(e.bounds == two_way_interval(by_fault, by_input));
  CHECK(e.bounds != s.sdc_share(s.all()).bounds);
  // All hits are due to one input: other inputs are uncertain, these are not.
  const summary one_input =
      crossed({"smmm", "smmm", "smmm", "smmm", "smmm", "smmm", "smmm", "smmm", "smmm", "smmm"});
  CHECK(one_input.sdc_share_beyond_inputs().bounds.width() >
        1.25 * one_input.sdc_share(one_input.all()).bounds.width());

  const auto method = [](const summary& of) { return of.sdc_share_beyond_inputs().method; };
  CHECK(method(crossed({"ss"})) == interval_method::none);       // one fault
  CHECK(method(crossed({"s", "m"})) == interval_method::none);   // one input
  CHECK(method(crossed({"sm", "-s"})) == interval_method::none); // not the same inputs
  CHECK(method(crossed({"sm", "m"})) == interval_method::none);
  CHECK(method(crossed({"sm", "mm"}, summary_of(false))) == interval_method::none);
  stored_experiment stopped = experiment_of(true);
  stopped.asked.stop = stop_rule{0.1};
  CHECK(method(crossed({"sm", "mm"}, {stopped, targets, {true, false}})) == interval_method::none);
}

TEST_CASE("faults crossed with all inputs are counted by fault") {
  summary s = summary_of(true);
  // Four faults on ten inputs: 10, 0, 0, 2 SDC.
  s.add(record(0, {0, 0, 0, 0, 0, 10, 0}, {0, 0, 0, 0, 0, 8, 0}, 1));
  s.add(record(1, {0, 0, 0, 0, 10, 0, 0}, {0, 0, 0, 0, 8, 0, 0}, 8));
  s.add(record(2, {0, 0, 0, 0, 0, 0, 10}, {0, 0, 0, 0, 0, 0, 8}, 8));
  s.add(record(3, {0, 0, 1, 0, 7, 2, 0}, {0, 0, 0, 0, 7, 1, 0}, 7));
  const trial_estimate pairs = s.sdc_share(s.all());
  CHECK(pairs.hits == 12);
  CHECK(pairs.of == 40);
  CHECK(pairs.method == interval_method::clustered);
  const std::vector<std::uint64_t> hits{10, 0, 0, 2}, right{8, 0, 0, 1};
  CHECK(pairs.bounds == clustered_interval(hits, 10, 0.95, 960));
  // Far wider than if the forty pairs were independent.
  CHECK(pairs.bounds.width() > 1.5 * wilson_interval(12, 40).width());
  CHECK(s.sdc_share(s.all(), denominator::golden_correct).bounds ==
        clustered_interval(right, 8, 0.95, 960));
  CHECK(s.sdc_share(s.all(), denominator::golden_correct).of == 32);

  // Nothing is known of the inputs.
  CHECK(s.sdc_share_beyond_inputs().method == interval_method::none);
  CHECK(s.sdc_share_beyond_inputs().value == pairs.value);

  const trial_estimate critical = s.critical_share(s.all());
  CHECK(critical.hits == 2);
  CHECK(critical.of == 4);
  CHECK(critical.method == interval_method::clopper_pearson);
  CHECK(critical.bounds == clopper_pearson_interval(2, 4, 0.95, 960));
  // One input was detected, so the rate without DUE has denominators that differ: no interval.
  CHECK(s.sdc_share_without_due(s.all()).value == 12.0 / 39);
  CHECK(s.sdc_share_without_due(s.all()).method == interval_method::none);

  const accuracy_drop drop = s.accuracy().value();
  CHECK(drop.mean.value == Approx((0.7 + 0 + 0 + 0.1) / 4).epsilon(1e-15));
  CHECK(drop.mean.bounds ==
        bounded_mean_interval(std::vector<double>{0.7, 0, 0, 0.1}, 0.95, {-1, 1}, 960));
  CHECK(drop.median == 0);
  CHECK(drop.percentile_95 == 0.7);
  CHECK(drop.most == 0.7);
}

TEST_CASE("trials count for the target, bit and action that they struck, and only if it is one") {
  summary s = summary_of(false);
  s.add(record(0, sdc, {}, 0, 0, 30));
  s.add(record(1, masked, {}, 0, 2, 30));
  s.add(record(2, masked, {}, 0, 2, 3));
  trial_record two = record(3, sdc);
  two.faults.push_back(two.faults[0]);
  s.add(two);
  trial_record wide = record(4, sdc, {}, 0, 2);
  wide.faults[0].fault.mask = 6;
  wide.faults[0].fault.action = fault_action::stuck_at_1;
  s.add(wide);

  CHECK(s.all().trials == 5);
  CHECK(s.sdc_share(s.all()).hits == 3);
  REQUIRE(s.by_target().size() == 2);
  CHECK(s.by_target().at(0).trials == 1);
  CHECK(s.by_target().at(0).sites == 320);
  CHECK(s.by_target().at(2).trials == 3);
  CHECK(s.sdc_share(s.by_target().at(2)).hits == 1);
  REQUIRE(s.by_bit().size() == 2);
  CHECK(s.by_bit().at({"float32", 30}).trials == 2);
  CHECK(s.by_bit().at({"float32", 30}).sites == 30);
  CHECK(s.by_bit().at({"float32", 3}).trials == 1);
  REQUIRE(s.by_target_and_bit().size() == 3);
  CHECK(s.by_target_and_bit().at({2, 30}).trials == 1);
  CHECK(s.by_target_and_bit().at({2, 30}).sites == 20);
  REQUIRE(s.by_action().size() == 2);
  CHECK(s.by_action().at(fault_action::flip).trials == 3);
  CHECK(s.by_action().at(fault_action::stuck_at_1).trials == 1);
}

TEST_CASE("the accuracy that is lost is known of each target, bit and action, too") {
  summary s = summary_of(true);
  const outcome_counts all_sdc{0, 0, 0, 0, 0, 10, 0}, right{0, 0, 0, 0, 8, 0, 0};
  const std::vector<std::uint32_t> answered{1, 8, 7, 8, 0, 8};
  std::vector<double> of_a, of_c, of_bit_3;
  for (std::uint32_t i = 0; i < answered.size(); ++i) {
    const unsigned bit = i < 2 ? 3 : 30;
    s.add(record(i, all_sdc, right, answered[i], i % 2 == 0 ? 0 : 2, bit));
    const double drop = (8.0 - answered[i]) / 10;
    (i % 2 == 0 ? of_a : of_c).push_back(drop);
    if (bit == 3)
      of_bit_3.push_back(drop);
  }
  const auto check = [&](const trial_tally& t, const std::vector<double>& drops,
                         std::uint64_t sites) {
    const accuracy_drop drop = s.accuracy(t).value();
    CHECK(drop.mean.of == drops.size());
    CHECK(drop.mean.bounds == bounded_mean_interval(drops, 0.95, {-1, 1}, sites));
    CHECK(drop.most == *std::max_element(drops.begin(), drops.end()));
  };
  check(s.by_target().at(0), of_a, 320);
  check(s.by_target().at(2), of_c, 640);
  check(s.by_bit().at({"float32", 3}), of_bit_3, 30);
  CHECK(s.accuracy(s.by_action().at(fault_action::flip))->mean.value == s.accuracy()->mean.value);
  CHECK_FALSE(s.accuracy(s.by_target_and_bit().at({0, 3})).has_value());
}

TEST_CASE("when all sites have been tried on all inputs the shares are the truth") {
  summary s = summary_of(true);
  std::uint64_t number = 0;
  for (const auto& [target, elements] : {std::pair{0U, 10U}, std::pair{2U, 20U}})
    for (unsigned element = 0; element < elements; ++element)
      for (unsigned bit = 0; bit < 32; ++bit) {
        if (number == 959) // one site less than all
          CHECK(s.sdc_share(s.all()).method == interval_method::clustered);
        s.add(record(number++, {0, 0, 0, 0, 3, bit == 30 ? 1U : 0U, bit == 30 ? 0U : 1U},
                     {0, 0, 0, 0, 3, 0, 0}, 3, target, bit));
      }
  REQUIRE(s.all().trials == s.all().sites);
  const trial_estimate e = s.sdc_share(s.all());
  CHECK(e.method == interval_method::exact);
  CHECK(e.value == 30.0 / (960 * 4));
  CHECK(e.bounds == interval{e.value, e.value});
  CHECK(s.critical_share(s.all()).bounds == interval{1.0 / 32, 1.0 / 32});
  CHECK(s.sdc_share(s.by_bit().at({"float32", 30})).bounds == interval{0.25, 0.25});
  CHECK(s.sdc_share(s.by_target_and_bit().at({2, 30})).method == interval_method::exact);
  CHECK(s.accuracy()->mean.method == interval_method::exact);
  CHECK(s.accuracy()->mean.value == 0);
}

TEST_CASE("all sites with a random input each are a sample still, and a part may be complete") {
  summary random = summary_of(false);
  for (std::uint64_t i = 0; i < 960; ++i)
    random.add(record(i, i % 32 == 0 ? sdc : masked));
  CHECK(random.sdc_share(random.all()).method == interval_method::wilson);

  summary crossed = summary_of(true);
  for (std::uint64_t i = 0; i < 10; ++i)
    crossed.add(record(i, {0, 0, 0, 0, 1, 1, 0}));
  CHECK(crossed.sdc_share(crossed.by_target_and_bit().at({0, 30})).method ==
        interval_method::exact);
  CHECK(crossed.sdc_share(crossed.by_target().at(0)).method == interval_method::clustered);
}

TEST_CASE("a drawn value and noise leave no census, and numbers are no flags") {
  for (const bool noisy : {false, true}) {
    stored_experiment e = experiment_of(true);
    e.asked.fault.which =
        noisy ? fault_description::kind::scale : fault_description::kind::normal_noise;
    summary_options options;
    options.noisy = noisy;
    summary s(e, targets, {true, false}, options);
    for (std::uint64_t i = 0; i < 960; ++i)
      s.add(record(i, i % 32 == 0 ? sdc : masked));
    CHECK(s.critical_share(s.all()).method == interval_method::clopper_pearson);
    CHECK(s.critical_share(s.all()).bounds == clopper_pearson_interval(30, 960));
    CHECK(s.by_target().at(0).sites == 320);
  }
  summary s = summary_of(false);
  for (const double value : {-1.0, 0.5, std::nan("")}) {
    trial_record r = record(7, sdc);
    r.criteria[1] = -2.5;
    r.criteria[0] = value;
    CHECK_THROWS_WITH(s.add(r), Catch::Contains("criterion 0, which is a flag"));
  }
  CHECK(s.all().trials == 0);
}

TEST_CASE("a stop rule takes an interval that holds whenever one looks, or none") {
  stored_experiment e = experiment_of(false);
  e.asked.stop = stop_rule{0.01, 0.95};
  summary random(e, targets, {});
  e.asked.all_inputs = true;
  summary crossed(e, targets, {});
  for (std::uint64_t i = 0; i < 50; ++i) {
    random.add(record(i, i < 5 ? sdc : masked, {0, 0, 0, 0, 1, 0, 0}, 1));
    crossed.add(
        record(i, {0, 0, 0, 0, 1, i < 5 ? 1U : 0U, i < 5 ? 0U : 1U}, {0, 0, 0, 0, 1, 0, 0}, 1));
  }
  CHECK(random.sdc_share(random.all()).method == interval_method::anytime);
  CHECK(random.sdc_share(random.all()).bounds == anytime_interval(5, 50));
  CHECK(crossed.critical_share(crossed.all()).bounds == anytime_interval(5, 50, 0.95, 960));
  const trial_estimate pairs = crossed.sdc_share(crossed.all());
  CHECK(pairs.value == 0.05);
  CHECK(pairs.method == interval_method::anytime);
  mean_sequence shares(0.95, {0, 1}, 960);
  for (int i = 0; i < 50; ++i)
    shares.add(i < 5 ? 0.5 : 0);
  CHECK(pairs.bounds == shares.current());
  // Of other shares of inputs no such interval is kept: it says so.
  CHECK(crossed.due_share(crossed.all()).method == interval_method::none);
  CHECK(crossed.due_share(crossed.all()).bounds == interval{0, 1});
  CHECK(crossed.sdc_share(crossed.by_target().at(0)).method == interval_method::none);
  CHECK(crossed.accuracy()->mean.method == interval_method::anytime);
  CHECK(crossed.accuracy()->mean.bounds.contains(0));
}

TEST_CASE("inputs that were set aside are in no share, and no data tell nothing") {
  summary s = summary_of(false);
  CHECK(s.sdc_share(s.all()) == trial_estimate{});
  CHECK_FALSE(s.accuracy().has_value());
  trial_record aside = record(0, {});
  aside.inputs = 1;
  aside.set_aside = 1;
  s.add(aside);
  s.add(record(1, sdc));
  CHECK(s.all().set_aside == 1);
  CHECK(s.sdc_share(s.all()).of == 1);
  CHECK_FALSE(s.accuracy().has_value()); // no labels
}

TEST_CASE("one input for each fault of a crossed experiment is counted by Clopper and Pearson") {
  summary s = summary_of(true);
  for (std::uint64_t i = 0; i < 100; ++i)
    s.add(record(i, i < 7 ? sdc : masked));
  CHECK(s.sdc_share(s.all()).method == interval_method::clopper_pearson);
  CHECK(s.sdc_share(s.all()).bounds == clopper_pearson_interval(7, 100, 0.95, 960));
}

TEST_CASE("what is out of order or of another campaign is refused and not counted") {
  summary s = summary_of(false);
  s.add(record(4, sdc));
  CHECK_THROWS_WITH(s.add(record(4, sdc)), "bitfault: summary: trial 4 comes after trial 4; trials "
                                           "are added by rising number");
  CHECK_THROWS_WITH(s.add(record(5, sdc, {}, 0, 1)),
                    "bitfault: summary: trial 5 has a fault in target 1, which the experiment does "
                    "not strike");
  CHECK_THROWS_AS(s.flag_share(s.all(), 1), std::invalid_argument);
  CHECK_THROWS_AS(s.flag_share(s.all(), 2), std::invalid_argument);
  CHECK(s.all().trials == 1);
  s.add(record(5, sdc));
  CHECK(s.all().trials == 2);
}

TEST_CASE("of a part of a target only the elements in it can be struck in a bit") {
  stored_experiment e = experiment_of(true);
  e.sites = 5 * 32 + 20 * 32;
  e.targets = {{0, 5 * 32}, {2, 20 * 32}}; // half of target 0
  summary half(e, targets, {true, false});
  half.add(record(0, sdc));
  CHECK(half.by_target_and_bit().at({0, 30}).sites == 5);
  CHECK(half.by_bit().at({"float32", 30}).sites == 25);

  e.asked.fault.bits.which = mask_family::kind::exponent;
  e.sites = 5 * 8;
  e.targets = {{0, 5 * 8}};
  summary exponent(e, targets, {true, false});
  for (std::uint64_t i = 0; i < 5; ++i)
    exponent.add(record(i, sdc));
  CHECK(exponent.sdc_share(exponent.by_bit().at({"float32", 30})).method ==
        interval_method::exact); // all five
}

TEST_CASE("of element types of one's own all elements of a target can be struck in a bit") {
  std::vector<stored_target> own = targets;
  own[0].element_type = "posit16";
  stored_experiment e = experiment_of(true);
  e.targets = {{0, 10 * 16}};
  summary s(e, own, {true, false});
  s.add(record(0, sdc, {}, 0, 0, 3));
  CHECK(s.by_target_and_bit().at({0, 3}).sites == 10);
  CHECK(s.strikes_whole_targets());
}

} // namespace bitfault::campaign
