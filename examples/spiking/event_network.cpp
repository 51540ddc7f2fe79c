// SPDX-License-Identifier: MIT
#include "event_network.hpp"

#include "events/binning.hpp"
#include "events/simulated_sensor.hpp"
#include "weights_file.hpp"

#include <algorithm>
#include <cstdint>
#include <utility>

namespace spiking {

frames event_frames(std::span<const std::uint8_t> image) {
  constexpr std::int64_t length = saccades::steps * saccades::step_microseconds;
  return bin_by_time(record_saccades(image),
                     {.start = 0, .width = length / event_steps, .steps = event_steps});
}

network<float> make_event_network(const event_parameters<float>& parameters) {
  const auto leaky = [](shape s) {
    neurons<float> group({.reset = reset_kind::by_subtraction, .fires_at_threshold = true},
                         s.size());
    std::fill(group.leak.begin(), group.leak.end(), lif_leak<float>);
    return group;
  };
  neurons<float> readout({.reset = reset_kind::never}, event_classes);
  std::fill(readout.leak.begin(), readout.leak.end(), readout_leak<float>);
  std::fill(readout.gain.begin(), readout.gain.end(), readout_gain<float>);

  network<float> net(event_input);
  net.add("conv1", convolution<float>{conv1_window, parameters.conv1});
  net.add("lif1", leaky(conv1_shape));
  net.add("pool1", pooling{pooling_kind::sum, pool_window});
  net.add("conv2", convolution<float>{conv2_window, parameters.conv2});
  net.add("lif2", leaky(conv2_shape));
  net.add("pool2", pooling{pooling_kind::sum, pool_window});
  net.add("dense", dense<float>{parameters.readout});
  net.add("readout", std::move(readout));
  return net;
}

network<float> load_event_network(const std::filesystem::path& file) {
  event_parameters<float> parameters;
  read_tensors(read_weights(file), parameters.tensors());
  return make_event_network(parameters);
}

} // namespace spiking
