// SPDX-License-Identifier: MIT

// The outcomes that ship with the demo, of all single bit flips in its weights, are what a run
// gives.

#include "catch.hpp"

#include "../../examples/demo/campaign/demo_model.hpp"
#include "../../examples/demo/campaign/truth_experiment.hpp"
#include "../../examples/demo/data.hpp"
#include "../../examples/demo/network.hpp"

#include <bitfault/campaign/campaign.hpp>
#include <bitfault/campaign/truth.hpp>
#include <bitfault/campaign/truth_store.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

namespace {

namespace bc = bitfault::campaign;
const std::filesystem::path data = DEMO_DATA_DIRECTORY;

} // namespace

// Another instruction set (-march=native) rounds differently and may move a few outcomes: what has
// to match is a build without it. The file says which golden outputs it belongs to.
TEST_CASE("a random thousand of the demo's known outcomes come out again, in all criteria") {
  const auto known = bc::truth::load(data / "demo_truth.bits");
  const auto net = demo::load_network(data / "demo_network.safetensors");
  const auto in =
      std::make_shared<const demo::labelled_inputs>(demo::load_test_set(data), demo::truth_images);
  bc::settings settings;
  settings.seed = 20261122; // the permutation's first thousand sites are the random ones
  bc::campaign<demo::demo_model> c([&] { return std::make_unique<demo::demo_model>(net, in, 1); },
                                   settings, {demo::truth_experiment()});
  const bc::bound_experiment& e = c.experiments()[0];
  REQUIRE(known.sites() == e.space().sites());
  REQUIRE(known.facts().at("parameters_crc32") == std::to_string(c.golden().parameters_checksum()));
  const bool same_rounding =
      known.facts().at("golden_crc32") == std::to_string(c.golden().outputs_checksum());
#if !defined(__FMA__)
  CHECK(same_rounding);
#endif

  constexpr std::uint64_t sample = 1000;
  bc::truth_store again(e, c.chosen().criteria);
  again.add(0, c.make_runner()->run(e, 0, sample));
  REQUIRE(again.known().criteria() == known.criteria());
  std::size_t differ = 0, critical = 0;
  for (std::uint64_t trial = 0; trial < sample; ++trial) {
    const std::uint64_t site = e.sites_of(trial).front().number;
    for (std::size_t i = 0; i < known.criteria().size(); ++i)
      differ += again.known().holds(i, site) == known.holds(i, site) ? 0 : 1;
    critical += known.holds(known.number_of("sdc_1"), site) ? 1 : 0;
  }
  CHECK(differ <= (same_rounding ? 0U : sample / 100));
  // And the thousand are no thousand of nothing.
  CHECK(critical > 0);
  CHECK(known.share(known.number_of("sdc_1")) > 0);
}
