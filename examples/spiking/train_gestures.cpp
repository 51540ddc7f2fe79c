// SPDX-License-Identifier: MIT

// Trains the network of dvs128_network.hpp on a folder of recordings in the form of DVS128 Gesture:
// backpropagation through time by hand (dvs128_gradients.hpp), Adam, cosine learning rate. One
// thread.

#include "../shared/training.hpp"
#include "dvs128_gradients.hpp"
#include "dvs128_network.hpp"
#include "weights_file.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <numeric>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

using spiking::index_t;
using parameters = spiking::dvs128_parameters<float>;

struct options {
  std::string data, output = "dvs128_network.safetensors";
  std::size_t epochs = 8, batch = 8, steps = 40, held_out = 0;
  std::uint64_t seed = 1;
  float learning_rate = 1e-3F, decay = 0.01F;
};

class trainer {
public:
  trainer(const options& o, const spiking::labelled_frames& set)
      : options_(o), set_(set), random_(o.seed), net_(spiking::untrained_dvs128(o.seed)),
        order_(set.labels.size() - o.held_out),
        adam_(o.learning_rate, o.epochs * ((order_.size() + o.batch - 1) / o.batch)) {
    std::iota(order_.begin(), order_.end(), std::size_t{0});
  }

  void epoch(std::size_t number) {
    for (std::size_t i = order_.size(); i > 1; --i)
      std::swap(order_[i - 1], order_[random_.below(i)]);
    double loss = 0, spikes = 0;
    std::size_t correct = 0;
    for (std::size_t first = 0; first < order_.size(); first += options_.batch) {
      const std::size_t last = std::min(first + options_.batch, order_.size());
      for (auto& t : gradient_.tensors())
        std::fill(t.data.begin(), t.data.end(), 0.0F);
      for (std::size_t i = first; i < last; ++i) {
        loss += static_cast<double>(
            tape_.add_gradient(net_, frames(order_[i]), steps(), label(order_[i]), gradient_));
        correct += right(order_[i]);
        spikes += static_cast<double>(tape_.spikes());
      }
      adam_.step(net_, gradient_, mean_, square_, 1.0F / static_cast<float>(last - first),
                 options_.decay);
    }
    const auto count = static_cast<double>(order_.size());
    std::printf("epoch %2zu  loss %.4f  correct %zu of %zu  spikes %.0f\n", number, loss / count,
                correct, order_.size(), spikes / count);
    std::fflush(stdout);
  }

  /// How many of those that were held out are classified rightly.
  [[nodiscard]] std::size_t correct_of_held_out() {
    std::size_t correct = 0;
    for (std::size_t i = order_.size(); i < set_.labels.size(); ++i) {
      tape_.forward(net_, frames(i), steps());
      correct += right(i);
    }
    return correct;
  }

  [[nodiscard]] parameters& network() { return net_; }

private:
  [[nodiscard]] index_t steps() const { return static_cast<index_t>(set_.steps); }
  [[nodiscard]] index_t label(std::size_t i) const { return set_.labels[i]; }
  [[nodiscard]] const float* frames(std::size_t i) const {
    return set_.values.data() +
           i * set_.steps * static_cast<std::size_t>(spiking::dvs128_layout::input.size());
  }
  [[nodiscard]] std::size_t right(std::size_t i) const {
    const std::span<const float> scores(tape_.scores.data(), spiking::dvs128_layout::classes);
    return spiking::best_class<float>(scores) == set_.labels[i] ? 1 : 0;
  }

  const options& options_;
  const spiking::labelled_frames& set_;
  examples::generator random_;
  parameters net_, gradient_, mean_, square_;
  std::vector<std::size_t> order_;
  examples::adam adam_;
  spiking::dvs128_tape<float> tape_;
};

void train(options o) {
  const auto set = spiking::load_dvs128_frames(o.data, o.steps);
  if (o.held_out >= set.labels.size())
    throw std::invalid_argument("--held-out " + std::to_string(o.held_out) +
                                " leaves nothing of the " + std::to_string(set.labels.size()) +
                                " gestures");
  trainer t(o, set);
  for (std::size_t e = 1; e <= o.epochs; ++e)
    t.epoch(e);
  const std::string accuracy = o.held_out == 0 ? "not counted"
                                               : std::to_string(t.correct_of_held_out()) + " of " +
                                                     std::to_string(o.held_out) +
                                                     " gestures that were held out";
  std::vector<spiking::float_tensor> tensors;
  for (const auto& tensor : t.network().tensors())
    tensors.push_back({tensor.name, tensor.extents, tensor.data});
  spiking::write_weights(o.output, tensors,
                         {{"accuracy", accuracy},
                          {"gestures", std::to_string(set.labels.size() - o.held_out)},
                          {"steps", std::to_string(o.steps)}});
  std::printf("%s, written to %s\n", accuracy.c_str(), o.output.c_str());
}

} // namespace

int main(int count, char** arguments) {
  options o;
  CLI::App app{"Trains the spiking network for DVS128 Gesture."};
  app.add_option("--data", o.data, "Folder of recordings: *.aedat, each with its *_labels.csv")
      ->required();
  app.add_option("--output", o.output, "Weights to write (safetensors)")->capture_default_str();
  app.add_option("--epochs", o.epochs, "Passes over the gestures")->capture_default_str();
  app.add_option("--steps", o.steps, "Frames of 25 ms of each gesture, from its start")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--batch", o.batch, "Gestures in a step of the optimizer")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--held-out", o.held_out,
                 "Leave out the last so many gestures, and count at the end how many of them are "
                 "classified rightly")
      ->capture_default_str();
  app.add_option("--learning-rate", o.learning_rate, "The highest; it falls along a cosine")
      ->capture_default_str();
  app.add_option("--decay", o.decay, "Weight decay, decoupled")->capture_default_str();
  app.add_option("--seed", o.seed, "Of initial weights and order")->capture_default_str();
  try {
    app.parse(count, arguments);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  try {
    train(std::move(o));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "spiking_train_gestures: %s\n", error.what());
    return 1;
  }
}
