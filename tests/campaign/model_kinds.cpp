// SPDX-License-Identifier: MIT
#include <bitfault/campaign/model_kinds.hpp>

#include "catch.hpp"
#include "synthetic.hpp"
#include "toy_networks.hpp"

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using namespace campaign_tests;

model_kinds two_kinds() {
  model_kinds kinds;
  kinds.add("residual", [](table_reader& keys) {
    return std::make_unique<toy::residual_network>(keys.whole_number("inputs", 24, 1, 1000));
  });
  kinds.add("plain", [](table_reader&) { return std::make_unique<toy::plain_network>(8); });
  return kinds;
}

configuration with_model(const std::string& keys) {
  return read_configuration("[model]\n" + keys +
                                "\n[[experiment]]\nname = 'e'\ntargets = 'add'\ntrials = 5\n",
                            "toy.toml");
}

std::string complaint(const model_kinds& kinds, const std::string& keys) {
  return thrown<configuration_error>([&] { kinds.open(with_model(keys)); });
}

} // namespace

TEST_CASE("the model that a configuration names is made, with the keys that are its own") {
  const model_kinds kinds = two_kinds();
  CHECK(kinds.names() == std::vector<std::string>{"residual", "plain"});
  CHECK(kinds.open(with_model("kind = 'residual'\ninputs = 6"))->golden().inputs() == 6);
  CHECK(kinds.open(with_model("kind = 'plain'"))->golden().inputs() == 8);
}

TEST_CASE("a kind that is not there is reported with the nearest one") {
  const model_kinds kinds = two_kinds();
  CHECK(complaint(kinds, "kind = 'plane'") ==
        "bitfault: toy.toml: line 2: model.kind: there is no 'plane'; the nearest name is 'plain'");
  CHECK(has(thrown<configuration_error>([&] { kinds.open(read_configuration("", "toy.toml")); }),
            "model.kind is missing; it takes one of [\"residual\", \"plain\"]"));
  CHECK(has(complaint({}, "kind = 'plain'"), "this program has no models"));
  CHECK(has(complaint(kinds, "kind = 'residual'\ninput = 6"),
            "line 3: [model] has no key 'input'; the nearest name is 'inputs'"));
}

TEST_CASE("two kinds of one name are refused") {
  model_kinds kinds = two_kinds();
  const auto plain = [](table_reader&) { return std::make_unique<toy::plain_network>(8); };
  CHECK_THROWS_WITH(kinds.add("plain", plain), "bitfault: two kinds of models are named 'plain'");
  CHECK(kinds.names().size() == 2);
}

TEST_CASE("a store gives back the configuration of its campaign, strata as experiments") {
  const temporary_folder folder;
  configuration c = with_model("kind = 'residual'\ninputs = 6");
  c.settings.seed = 77;
  c.experiments[0].targets = {"@biases"};
  c.experiments[0].strata = strata_kind::targets;
  const model_kinds kinds = two_kinds();
  const auto campaign = kinds.open(c);
  const std::filesystem::path path = folder.path / "toy.db";
  {
    store s = store::open(path, campaign->description());
    s.set_golden(summary_of(campaign->golden()));
    campaign->run(s, {}, [](const progress&) {});
  }
  const configuration again = stored_configuration(path);
  CHECK(again.settings.seed == 77);
  CHECK(again.output.store == path.string());
  REQUIRE(again.experiments.size() == 3);
  CHECK(again.experiments[2].name == "e, dense3.bias");
  CHECK(again.experiments[2].stratum_of == "e");
  // It is the same campaign: a run finds nothing left to do.
  const auto same = kinds.open(again);
  CHECK(same->description() == campaign->description());
  store s = store::open(path, same->description());
  progress last;
  same->run(s, {}, [&](const progress& p) { last = p; });
  CHECK(last.ran == 0);
  CHECK(last.done == 15);
}
