// SPDX-License-Identifier: MIT
#include "dvs128_network.hpp"

#include "../shared/training.hpp"
#include "events/binning.hpp"
#include "events/gestures.hpp"

#include <algorithm>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace spiking {
namespace {

namespace fs = std::filesystem;

[[nodiscard]] std::vector<fs::path> recordings_in(const fs::path& folder) {
  std::error_code error;
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (entry.path().extension() == ".aedat")
      files.push_back(entry.path());
  }
  if (error)
    throw std::runtime_error(folder.string() + ": " + error.message());
  if (files.empty())
    throw std::runtime_error(folder.string() + ": there is no recording (*.aedat) in this folder");
  std::sort(files.begin(), files.end());
  return files;
}

} // namespace

dvs128_parameters<float> untrained_dvs128(std::uint64_t seed) {
  examples::generator random(seed);
  dvs128_parameters<float> result;
  examples::initialize(result.conv1.weight, random, 4.0F);
  examples::initialize(result.conv2.weight, random, 4.0F);
  examples::initialize(result.dense1.weight, random);
  examples::initialize(result.dense2.weight, random);
  return result;
}

template <class Scalar>
network<Scalar> make_dvs128_network(const dvs128_parameters<Scalar>& parameters) {
  const auto neurons_of = [](reset_kind reset, shape s) {
    neurons<Scalar> group({.reset = reset, .fires_at_threshold = false, .has_current = true},
                          s.size());
    std::fill(group.gain.begin(), group.gain.end(), static_cast<Scalar>(dvs128_layout::gain));
    std::fill(group.leak.begin(), group.leak.end(), static_cast<Scalar>(1 - dvs128_layout::gain));
    std::fill(group.current_leak.begin(), group.current_leak.end(),
              static_cast<Scalar>(dvs128_layout::current_leak));
    return group;
  };
  network<Scalar> net(dvs128_layout::input);
  net.add("conv1", convolution<Scalar>{dvs128_layout::window, parameters.conv1});
  net.add("lif1", neurons_of(reset_kind::to_value, dvs128_layout::conv1));
  net.add("pool1", pooling{pooling_kind::average, dvs128_layout::pool});
  net.add("conv2", convolution<Scalar>{dvs128_layout::window, parameters.conv2});
  net.add("lif2", neurons_of(reset_kind::to_value, dvs128_layout::conv2));
  net.add("pool2", pooling{pooling_kind::average, dvs128_layout::pool});
  net.add("dense1", dense<Scalar>{parameters.dense1});
  net.add("relu", rectifier{});
  net.add("dense2", dense<Scalar>{parameters.dense2});
  net.add("readout", neurons_of(reset_kind::never, {dvs128_layout::classes, 1, 1}));
  return net;
}

network<float> load_dvs128_network(const fs::path& file) {
  dvs128_parameters<float> parameters;
  read_tensors(read_weights(file), parameters.tensors());
  return make_dvs128_network(parameters);
}

labelled_frames load_dvs128_frames(const fs::path& folder, std::size_t steps, std::size_t most) {
  labelled_frames result;
  result.steps = steps;
  const time_bins bins{.start = 0, .width = dvs128_layout::step_microseconds, .steps = steps};
  for (const fs::path& file : recordings_in(folder)) {
    for (const gesture_sample& sample : read_gestures(file)) {
      if (result.labels.size() >= most)
        return result;
      const frames counts =
          bin_by_time(sample.seen, bins,
                      {.pooling = dvs128_layout::cell, .polarity = polarity_channels::merged});
      for (const float count : counts.values)
        result.values.push_back(count /
                                static_cast<float>(dvs128_layout::cell * dvs128_layout::cell));
      result.labels.push_back(static_cast<std::uint32_t>(sample.output));
    }
  }
  if (result.labels.empty())
    throw std::runtime_error(folder.string() + ": its recordings have no labelled gesture");
  return result;
}

template network<float> make_dvs128_network(const dvs128_parameters<float>&);
template network<double> make_dvs128_network(const dvs128_parameters<double>&);

} // namespace spiking
