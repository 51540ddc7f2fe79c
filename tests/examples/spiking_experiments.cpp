// SPDX-License-Identifier: MIT

// What the spiking demo asks: it follows from the layers of the network.

#include "../../examples/spiking/campaign/experiments.hpp"
#include "../../examples/spiking/campaign/hardware_model.hpp"
#include "spiking/dvs128_network.hpp"
#include "spiking/event_network.hpp"

#include "catch.hpp"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace {

namespace bc = bitfault::campaign;

[[nodiscard]] std::vector<bc::target> targets_of(const spiking::network<float>& net,
                                                 std::size_t steps) {
  auto inputs = std::make_shared<spiking::labelled_frames>();
  inputs->steps = steps;
  inputs->values.resize(steps * static_cast<std::size_t>(net.input().size()));
  inputs->labels.push_back(0);
  spiking::hardware_model model(net, inputs, 1, spiking::over_time::summed,
                                spiking::hardware::lines);
  return bc::targets_of(model.layers(), model.parameters());
}

} // namespace

TEST_CASE("spiking: the sweep has enpheeph's 65 rates, or nine") {
  const auto rates = spiking::sweep_rates(true);
  REQUIRE(rates.size() == 65);
  CHECK(std::is_sorted(rates.begin(), rates.end()));
  CHECK(rates.front() == 0);
  CHECK(rates[1] == 1e-7);
  CHECK(rates[6] == 6e-7);
  CHECK(rates[18] == 9e-6);
  CHECK(rates[63] == 0.9);
  CHECK(rates.back() == 1);
  for (const double rate : spiking::sweep_rates(false))
    CHECK(std::count(rates.begin(), rates.end(), rate) == 1);
}

TEST_CASE("spiking: a network's parts are its layers with weights and the neurons that they feed") {
  const auto names = [](const spiking::network<float>& net) {
    std::vector<std::string> list;
    for (const spiking::network_part& p : spiking::parts_of(net))
      list.push_back(p.name() + (p.fires ? " fires" : ""));
    return list;
  };
  CHECK(names(spiking::make_event_network({})) ==
        std::vector<std::string>{"conv1, lif1 fires", "conv2, lif2 fires", "dense, readout"});
  CHECK(names(spiking::make_dvs128_network(spiking::untrained_dvs128(1))) ==
        std::vector<std::string>{"conv1, lif1 fires", "conv2, lif2 fires", "dense1",
                                 "dense2, readout"});
}

TEST_CASE("spiking: every experiment has a name of its own and targets that are there") {
  const spiking::campaign_sizes sizes;
  constexpr std::size_t steps = 5;
  const auto net = spiking::make_event_network({});
  const auto parts = spiking::parts_of(net);
  const auto targets = targets_of(net, steps);
  std::set<std::string> names;
  const auto by_model = spiking::faults_by_model(sizes, parts, targets);
  for (const auto& cell : by_model) {
    CHECK(names.insert(cell.asked.name).second);
    CHECK_NOTHROW(bc::find_targets(targets, cell.asked.targets));
  }
  // 13 models in two layers of neurons that fire (and two of them in a readout, too), five in each
  // of three layers of synapses.
  CHECK(by_model.size() == 13 * 2 + 2 + 5 * 3);
  const auto by_step = spiking::faults_by_step(sizes, parts, targets, steps);
  for (const auto& cell : by_step) {
    CHECK(names.insert(cell.asked.name).second);
    CHECK(bc::find_targets(targets, cell.asked.targets).size() == 1);
  }
  CHECK(by_step.size() == 3 * (steps - 1) + 2 * steps); // nobody reads the last membranes
  for (const auto& e : spiking::sweeps(sizes, parts))
    CHECK(names.insert(e.name).second);
}
