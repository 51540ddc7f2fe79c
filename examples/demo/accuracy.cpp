// SPDX-License-Identifier: MIT

// Accuracy of the shipped weights on all test images, and images per second on one thread.

#include "data.hpp"
#include "network.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <span>
#include <vector>

int main(int count, char** arguments) {
  try {
    if (count > 3) {
      std::fprintf(stderr, "usage: demo_accuracy [FOLDER of the test images [WEIGHTS]]\n");
      return 2;
    }
    const std::filesystem::path folder = count > 1 ? arguments[1] : DEMO_DATA_DIRECTORY;
    const std::filesystem::path file =
        count > 2 ? std::filesystem::path(arguments[2]) : folder / "demo_network.safetensors";
    const auto set = demo::load_test_set(folder);
    auto net = demo::load_network(file);
    const auto images = set.normalized(0, set.count());
    const std::size_t pixels = set.image_size();

    std::size_t parameters = 0;
    for (const auto& tensor : net.parameters()) {
      parameters += tensor.data.size();
    }
    for (const auto& [key, value] : demo::read_metadata(file)) {
      std::printf("%-13s %s\n", (key + ":").c_str(), value.c_str());
    }
    std::printf("%-13s %zu\n", "parameters:", parameters);

    for (const std::size_t batch : {1U, 32U, 256U}) {
      std::size_t correct = 0;
      double best = 0;
      for (int round = 0; round < 5; ++round) { // the fastest: other work only slows down
        correct = 0;
        const auto begin = std::chrono::steady_clock::now();
        for (std::size_t first = 0; first < set.count(); first += batch) {
          const std::size_t size = std::min(batch, set.count() - first);
          const auto logits = net.infer(std::span(images).subspan(first * pixels, size * pixels));
          for (std::size_t i = 0; i < size; ++i) {
            correct += demo::best_class(logits, i) == set.labels[first + i] ? 1U : 0U;
          }
        }
        const std::chrono::duration<double> time = std::chrono::steady_clock::now() - begin;
        best = std::max(best, static_cast<double>(set.count()) / time.count());
      }
      std::printf("batch %3zu: %zu of %zu correct (%.2f %%), %.0f images/s\n", batch, correct,
                  set.count(),
                  100.0 * static_cast<double>(correct) / static_cast<double>(set.count()), best);
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "demo_accuracy: %s\n", error.what());
    return 1;
  }
}
