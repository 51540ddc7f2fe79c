// SPDX-License-Identifier: MIT
#include <bitfault/campaign/any_campaign.hpp>

#include "catch.hpp"
#include "synthetic.hpp"
#include "toy_networks.hpp"

#include <cstdint>
#include <memory>
#include <vector>

namespace {

using namespace campaign_tests;

configuration toy_configuration() {
  return read_configuration("[campaign]\nseed = 3\nthreads = 2\n[model]\nkind = 'toy'\n"
                            "[[experiment]]\nname = 'weights'\ntrials = 150\n"
                            "[[experiment]]\nname = 'sums'\ntargets = 'add'\ntrials = 70\n",
                            "toy.toml");
}

/// Nobody looks at its progress.
const watch_progress unseen = [](const progress&) {};

} // namespace

TEST_CASE("a campaign whose model's type is not known does what it does with that type") {
  const configuration c = toy_configuration();
  const auto make = [] { return std::make_unique<toy::residual_network>(24, 4); };
  campaign<toy::residual_network> typed(make, c.settings, c.experiments);
  const std::unique_ptr<any_campaign> any = open_campaign<toy::residual_network>(make, c);
  CHECK(any->golden().outputs_checksum() == typed.golden().outputs_checksum());
  CHECK(any->description() == describe(typed, "toy", identity_text(c)));
  REQUIRE(any->experiments().size() == 2);
  CHECK(any->experiments()[1].what() == c.experiments[1]);
  any->require_live_targets();

  const temporary_folder folder;
  store mine = store::open(folder.path / "mine.db", any->description());
  store theirs = store::open(folder.path / "theirs.db", any->description());
  any->run(mine, {}, unseen);
  typed.run(theirs);
  CHECK(exported(mine) == exported(theirs));
  CHECK(mine.stored(1).count() == 70);
  CHECK(bits_of(any->replay(1, 13)) == bits_of(*mine.trial(1, 13)));
}

TEST_CASE("a rank's store takes the rank's part of such a campaign") {
  const auto any = open_campaign<toy::residual_network>(
      [] { return std::make_unique<toy::residual_network>(24, 4); }, toy_configuration());
  const temporary_folder folder;
  for (const std::uint64_t rank : {0U, 1U}) {
    store own =
        store::open(rank_file(folder.path / "all.db", static_cast<int>(rank)), any->description());
    own.set_golden(summary_of(any->golden()));
    rank_store results(own, folder.path / "all.db");
    any->run(results, {rank, 2}, unseen);
    CHECK(own.stored(0).count() == (rank == 0 ? 64U + 22 : 64U));
  }
  merge_ranks(folder.path / "all.db");
  store alone = store::open(folder.path / "alone.db", any->description());
  alone.set_golden(summary_of(any->golden()));
  any->run(alone, {}, unseen);
  CHECK(exported(store::read(folder.path / "all.db")) == exported(alone));
}

TEST_CASE("a dead target stops such a campaign, too") {
  struct with_dead_weights : toy::residual_network {
    using toy::residual_network::residual_network;
    std::vector<parameter> parameters() {
      auto list = toy::residual_network::parameters();
      list.push_back({"unused", bitfault::view(unused), parameter_kind::weight, {3}});
      return list;
    }
    std::vector<float> unused = std::vector<float>(5, 1.0F);
  };
  const auto any = open_campaign<with_dead_weights>(
      [] { return std::make_unique<with_dead_weights>(24, 4); }, toy_configuration());
  CHECK_THROWS_WITH(any->require_live_targets(), Catch::Contains("'unused' change no output"));
}
