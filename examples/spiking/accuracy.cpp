// SPDX-License-Identifier: MIT

// How many of the first N test images the event network classifies as they are
// labelled, how often its neurons fire, and how long that takes:
// spiking_accuracy [N]

#include "demo/data.hpp"
#include "event_network.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <span>
#include <stdexcept>
#include <string>
#include <system_error>

int main(int count, char** arguments) {
  try {
    const auto test = demo::load_test_set(DEMO_DATA_DIRECTORY);
    std::size_t images = test.count();
    if (count > 1) {
      const std::string text = arguments[1];
      const auto* end = text.data() + text.size();
      const auto [stop, error] = std::from_chars(text.data(), end, images);
      if (error != std::errc{} || stop != end || images == 0 || images > test.count())
        throw std::invalid_argument("'" + text + "' is no number of images from 1 to " +
                                    std::to_string(test.count()));
    }
    auto net = spiking::load_event_network(std::filesystem::path(SPIKING_DATA_DIRECTORY) /
                                           "event_network.safetensors");
    std::size_t correct = 0;
    double spikes = 0, events = 0;
    std::chrono::steady_clock::duration in_network{};
    for (std::size_t i = 0; i < images; ++i) {
      const auto seen = spiking::event_frames(
          std::span(test.pixels).subspan(i * test.image_size(), test.image_size()));
      for (const float x : seen.values)
        events += static_cast<double>(x);
      const auto begin = std::chrono::steady_clock::now();
      const auto scores = spiking::scores_of<float>(net, seen.values, spiking::over_time::summed);
      in_network += std::chrono::steady_clock::now() - begin;
      correct += spiking::best_class<float>(scores) == test.labels[i] ? 1 : 0;

      net.reset(); // once more, to count
      for (std::size_t t = 0; t < seen.steps; ++t)
        net.step(std::span(seen.values).subspan(t * seen.step_size(), seen.step_size()),
                 [&](std::size_t, const spiking::layer<float>& one) {
                   if (one.name == "lif1" || one.name == "lif2")
                     for (const float x : one.activation)
                       spikes += static_cast<double>(x);
                 });
    }
    const auto each = [images](double total) { return total / static_cast<double>(images); };
    std::printf("%zu of %zu test images (%.2f %%)\n", correct, images,
                100 * each(static_cast<double>(correct)));
    std::printf("%.0f events and %.0f spikes, %.3f ms in the network for each image\n",
                each(events), each(spikes),
                each(std::chrono::duration<double, std::milli>(in_network).count()));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "spiking_accuracy: %s\n", error.what());
    return 1;
  }
}
