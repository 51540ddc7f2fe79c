// SPDX-License-Identifier: MIT
#include "workload.hpp"

#include "../dvs128_network.hpp"
#include "../event_network.hpp"
#include "demo/data.hpp"

#include <filesystem>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>

namespace spiking {

workload shipped_workload(std::size_t recordings) {
  const auto images = demo::load_test_set(DEMO_DATA_DIRECTORY);
  if (recordings > images.count())
    throw std::out_of_range(std::to_string(recordings) + " recordings asked for; there are " +
                            std::to_string(images.count()) + " images to make them of");
  auto inputs = std::make_shared<labelled_frames>();
  inputs->steps = static_cast<std::size_t>(event_steps);
  for (std::size_t i = 0; i < recordings; ++i) {
    const auto seen = event_frames(
        std::span(images.pixels).subspan(i * images.image_size(), images.image_size()));
    inputs->values.insert(inputs->values.end(), seen.values.begin(), seen.values.end());
    inputs->labels.push_back(images.labels[i]);
  }
  return {"events of Fashion-MNIST images moved past a simulated sensor of 34 x 34 pixels", "event",
          load_event_network(std::filesystem::path(SPIKING_DATA_DIRECTORY) /
                             "event_network.safetensors"),
          std::move(inputs)};
}

workload dvs128_workload(const std::filesystem::path& folder, const std::filesystem::path& weights,
                         std::size_t steps, std::size_t recordings) {
  auto inputs =
      std::make_shared<const labelled_frames>(load_dvs128_frames(folder, steps, recordings));
  workload result{"recordings of gestures, from " + folder.string(), "dvs128",
                  weights.empty() ? make_dvs128_network(untrained_dvs128(1))
                                  : load_dvs128_network(weights),
                  std::move(inputs), over_time::largest};
  if (weights.empty())
    result.warning = "The network is untrained: its weights are random, and its answers mean "
                     "nothing. What faults change in them can be seen all the same.";
  return result;
}

} // namespace spiking
