// SPDX-License-Identifier: MIT
#include <bitfault/campaign/describe.hpp>

#include "catch.hpp"
#include "synthetic.hpp"
#include "toy_networks.hpp"

#include <bitfault/campaign/classification.hpp>
#include <bitfault/campaign/overview.hpp>

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace {

using namespace campaign_tests;
using toy_campaign = campaign<toy::residual_network>;

settings usual() {
  settings s;
  s.name = "toy";
  s.seed = 5;
  return s;
}
std::unique_ptr<toy_campaign> make(settings s, std::vector<experiment> list) {
  return std::make_unique<toy_campaign>(
      [] { return std::make_unique<toy::residual_network>(24, 4); }, std::move(s), std::move(list));
}
experiment weights() {
  experiment e;
  e.name = "weights";
  e.targets = {"dense1.weight", "dense3.bias"};
  e.trials = 100;
  return e;
}

} // namespace

TEST_CASE("a description says of a campaign what a store has to know") {
  settings s = usual();
  s.output_check = true;
  const auto c = make(s, {weights()});
  const campaign_description d = describe(*c, "a model", "key = 1\n");
  CHECK(d.identity.name == "toy");
  CHECK(d.identity.seed == 5);
  CHECK(d.identity.model == "a model");
  CHECK(d.identity.inputs == 24);
  CHECK(d.identity.batch == 4);
  CHECK(d.identity.headline == "sdc_1");
  CHECK(d.identity.output_check);
  CHECK(d.identity.configuration == "key = 1\n");
  CHECK(d.identity.parameters_checksum == c->golden().parameters_checksum());
  REQUIRE(d.targets.size() == c->targets().size());
  CHECK(d.targets[0].name == c->targets()[0].name);
  REQUIRE(d.experiments.size() == 1);
  CHECK(d.experiments[0].asked == weights());
  CHECK(d.experiments[0].planned == 100);
  CHECK(d.experiments[0].sites == (48 + 4) * 32);
  REQUIRE(d.experiments[0].targets.size() == 2);
  CHECK(d.targets[d.experiments[0].targets[0].target].name == "dense1.weight");
  CHECK(d.experiments[0].targets[0].sites == 48 * 32);
  CHECK(d.targets[d.experiments[0].targets[1].target].name == "dense3.bias");
  CHECK(d.experiments[0].targets[1].sites == 4 * 32);
  const std::vector<criterion> shipped = classification_criteria();
  REQUIRE(d.criteria.size() == shipped.size());
  for (std::size_t i = 0; i < shipped.size(); ++i) {
    CHECK(d.criteria[i].name == shipped[i].name);
    CHECK(d.criteria[i].is_flag == shipped[i].is_flag);
  }
  CHECK_FALSE(d.criteria.back().is_flag); // margin_loss

  const golden_summary golden = summary_of(c->golden());
  REQUIRE(golden.inputs.size() == 24);
  CHECK(golden.repeats == 2);
  CHECK(golden.noise == 0);
  CHECK(golden.inputs[5].label == 1);
  CHECK(golden.inputs[5].answer == c->golden().answer(5));
}

TEST_CASE(
    "a store gives the description back, and refuses that of a campaign that counts otherwise") {
  const temporary_folder folder;
  const auto path = folder.path / "toy.sqlite";
  const campaign_description d = describe(*make(usual(), {weights()}), "m", "");
  { store::open(path, d); }
  CHECK(store::read(path).description() == d);
  settings checked = usual();
  checked.output_check = true;
  CHECK(has(thrown<bitfault::file_error>(
                [&] { store::open(path, describe(*make(checked, {weights()}), "m", "")); }),
            "output check: 'no' in the file, 'yes' now"));
  campaign_description other = d;
  other.criteria.back().is_flag = true;
  CHECK(has(thrown<bitfault::file_error>([&] { store::open(path, other); }),
            "criterion 6: 'margin_loss (a number)' in the file, 'margin_loss' now"));
}

TEST_CASE("a fault whose value is drawn is no census, though every site was tried on every input") {
  experiment drawn = weights(), set = weights();
  drawn.fault = {fault_description::kind::random_value, -4, 4, {mask_family::kind::all, {}, 2}};
  drawn.trials = 0;
  drawn.all_inputs = true;
  set = drawn;
  set.name = "set";
  set.fault.which = fault_description::kind::constant;
  const auto c = make(usual(), {drawn, set});
  REQUIRE(c->experiments()[0].exhaustive());
  const temporary_folder folder;
  store s = store::open(folder.path / "toy.sqlite", describe(*c, "m", ""));
  s.set_golden(summary_of(c->golden()));
  c->run(s);
  const experiment_overview random = overview_of(s, 0), constant = overview_of(s, 1);
  REQUIRE(random.sums.all().trials == 52);
  const trial_estimate share = random.sums.critical_share(random.sums.all());
  CHECK(share.method == interval_method::clopper_pearson);
  CHECK(share.bounds == bitfault::clopper_pearson_interval(share.hits, 52));
  CHECK(share.bounds.width() > 0.1);
  CHECK(random.sums.accuracy()->mean.method == interval_method::bounded_mean);
  CHECK(random.course.back().within == bitfault::anytime_interval(share.hits, 52));
  CHECK(constant.sums.critical_share(constant.sums.all()).method == interval_method::exact);
}
