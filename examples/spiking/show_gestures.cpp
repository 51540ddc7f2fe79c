// SPDX-License-Identifier: MIT

// show_gestures FILE.aedat: the gestures of a recording of DVS128 Gesture (its labels lie beside
// it), and what a network gets to see of them.

#include "spiking/events/binning.hpp"
#include "spiking/events/gestures.hpp"

#include <algorithm>
#include <exception>
#include <filesystem>
#include <iostream>

namespace {

void print(const spiking::gesture_sample& gesture, const spiking::frames& frames) {
  const auto most = std::max_element(frames.values.begin(), frames.values.end());
  std::cout << "class " << gesture.output + 1 << ": " << gesture.seen.events.size() << " events in "
            << gesture.duration_microseconds << " us, " << frames.steps << " steps of "
            << frames.channels << " x " << frames.height << " x " << frames.width << ", at most "
            << (most == frames.values.end() ? 0.0F : *most) << " in a cell\n";
}

void show(const std::filesystem::path& file) {
  // [gestures]
  for (const auto& gesture : spiking::read_gestures(file)) {
    const auto steps = spiking::bins_until(gesture.duration_microseconds, 25'000);
    const spiking::frames frames = spiking::bin_by_time(
        gesture.seen, steps, {.pooling = 4, .polarity = spiking::polarity_channels::merged});
    print(gesture, frames);
  }
  // [/gestures]
}

} // namespace

int main(int count, char** arguments) {
  if (count != 2) {
    std::cerr << "usage: show_gestures FILE.aedat\n";
    return 2;
  }
  try {
    show(arguments[1]);
  } catch (const std::exception& error) {
    std::cerr << "show_gestures: " << error.what() << '\n';
    return 1;
  }
}
