// SPDX-License-Identifier: MIT

// Trains the network of event_network.hpp on events of Fashion-MNIST:
// backpropagation through time by hand (gradients.hpp), Adam, cosine learning
// rate. One thread.

#include "../shared/training.hpp"
#include "demo/data.hpp"
#include "event_network.hpp"
#include "gradients.hpp"
#include "weights_file.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

using examples::generator;
using examples::read;
using spiking::index_t;
using parameters = spiking::event_parameters<float>;

struct options {
  std::filesystem::path data = "/usr/share/datasets/fashion-mnist";
  std::filesystem::path output = "event_network.safetensors";
  std::size_t epochs = 8;
  std::size_t stop_after = 0;
  std::size_t batch = 32;
  std::size_t images = 60000;
  std::size_t validation = 0;
  std::uint64_t seed = 1;
  float learning_rate = 2e-3F;
  float decay = 0.01F;
};

constexpr const char* usage =
    "usage: spiking_train [option value]...\n"
    "  --data DIR        folder of the four .gz files of Fashion-MNIST\n"
    "  --output FILE     weights to write (safetensors), after each epoch\n"
    "  --epochs N        passes over the training images\n"
    "  --stop-after N    end after so many of them, the learning rate being as for all (0: never)\n"
    "  --images N        train on the first N images only\n"
    "  --validation N    hold the last N training images out, report accuracy "
    "on them, and leave\n"
    "                    the test images alone (0)\n"
    "  --batch N         recordings in a step\n"
    "  --learning-rate X peak learning rate; it falls to zero along a cosine\n"
    "  --decay X         weight decay, decoupled\n"
    "  --seed N          of initial weights, order and mirroring\n";

[[nodiscard]] options parse(int count, char** arguments) {
  options result;
  for (int i = 1; i < count; i += 2) {
    const std::string name = arguments[i];
    if (i + 1 == count)
      throw std::invalid_argument("no value for " + name);
    const std::string value = arguments[i + 1];
    if (name == "--data")
      result.data = value;
    else if (name == "--output")
      result.output = value;
    else if (name == "--epochs")
      read(name, value, result.epochs);
    else if (name == "--stop-after")
      read(name, value, result.stop_after);
    else if (name == "--batch")
      read(name, value, result.batch);
    else if (name == "--images")
      read(name, value, result.images);
    else if (name == "--validation")
      read(name, value, result.validation);
    else if (name == "--seed")
      read(name, value, result.seed);
    else if (name == "--learning-rate")
      read(name, value, result.learning_rate);
    else if (name == "--decay")
      read(name, value, result.decay);
    else
      throw std::invalid_argument("unknown option " + name);
  }
  if (result.batch == 0)
    throw std::invalid_argument("--batch must be positive");
  return result;
}

/// What has an influence on the result, as one would type it.
[[nodiscard]] std::string command_of(const options& o) {
  std::array<char, 256> text{};
  std::snprintf(
      text.data(), text.size(),
      "spiking_train --epochs %zu --stop-after %zu --images %zu --batch %zu --learning-rate %g "
      "--decay %g "
      "--seed %llu",
      o.epochs, o.stop_after, o.images, o.batch, static_cast<double>(o.learning_rate),
      static_cast<double>(o.decay), static_cast<unsigned long long>(o.seed));
  return text.data();
}

/// The frames of many images, made when they are first asked for and kept as
/// their few cells that are not zero.
class recordings {
public:
  explicit recordings(const demo::labelled_images& set) : set_(set), kept_(2 * set.count()) {}

  /// As the trainer wants them: {channels, steps, height, width}.
  void get(std::size_t image, bool mirrored, std::vector<float>& to) {
    auto& cells = kept_[2 * image + (mirrored ? 1 : 0)];
    if (cells.empty())
      cells = make(image, mirrored);
    to.assign(static_cast<std::size_t>(spiking::event_steps * spiking::event_input.size()), 0.0F);
    for (const cell& c : cells)
      to[c.place] = static_cast<float>(c.count);
  }

private:
  struct cell {
    std::uint16_t place, count;
  };
  static_assert(spiking::event_steps * spiking::event_input.size() <= 65536);

  [[nodiscard]] std::vector<cell> make(std::size_t image, bool mirrored) const {
    const std::size_t size = set_.image_size();
    std::vector<std::uint8_t> pixels(set_.pixels.data() + image * size,
                                     set_.pixels.data() + (image + 1) * size);
    if (mirrored) {
      for (std::size_t y = 0; y < set_.rows; ++y) {
        const auto row = pixels.begin() + static_cast<std::ptrdiff_t>(y * set_.columns);
        std::reverse(row, row + static_cast<std::ptrdiff_t>(set_.columns));
      }
    }
    const spiking::frames seen = spiking::event_frames(pixels);
    const std::size_t plane = seen.height * seen.width;
    std::vector<cell> cells;
    for (std::size_t t = 0; t < seen.steps; ++t)
      for (std::size_t c = 0; c < seen.channels; ++c)
        for (std::size_t p = 0; p < plane; ++p)
          if (const float count = seen.values[(t * seen.channels + c) * plane + p]; count != 0)
            cells.push_back({static_cast<std::uint16_t>((c * seen.steps + t) * plane + p),
                             static_cast<std::uint16_t>(count)});
    cells.shrink_to_fit();
    return cells;
  }

  const demo::labelled_images& set_;
  std::vector<std::vector<cell>> kept_;
};

struct score {
  double loss = 0, spikes = 0;
  std::size_t correct = 0, count = 0;
  [[nodiscard]] double accuracy() const {
    return count == 0 ? 0.0 : static_cast<double>(correct) / static_cast<double>(count);
  }
};

class trainer {
public:
  trainer(const options& o, const demo::labelled_images& set)
      : options_(o), set_(set), seen_(set), random_(o.seed),
        order_(std::min(o.images, set.count()) - o.validation),
        adam_(o.learning_rate, o.epochs * ((order_.size() + o.batch - 1) / o.batch)) {
    for (std::size_t i = 0; i < order_.size(); ++i)
      order_[i].image = i;
    initialize();
  }

  score epoch() {
    for (std::size_t i = order_.size(); i > 1; --i)
      std::swap(order_[i - 1], order_[random_.below(i)]);
    for (auto& e : order_)
      e.mirrored = random_.below(2) == 1;
    score total{.count = order_.size()};
    for (std::size_t first = 0; first < order_.size(); first += options_.batch) {
      const std::size_t last = std::min(first + options_.batch, order_.size());
      for (auto& t : gradient_.tensors())
        std::fill(t.data.begin(), t.data.end(), 0.0F);
      for (std::size_t i = first; i < last; ++i) {
        seen_.get(order_[i].image, order_[i].mirrored, frames_);
        const auto label = static_cast<index_t>(set_.labels[order_[i].image]);
        total.loss += static_cast<double>(
            tape_.add_gradient(net_, frames_.data(), spiking::event_steps, label, gradient_));
        count(label, total);
      }
      adam_.step(net_, gradient_, mean_, square_, 1.0F / static_cast<float>(last - first),
                 options_.decay);
    }
    total.loss /= static_cast<double>(total.count);
    total.spikes /= static_cast<double>(total.count);
    return total;
  }

  /// Accuracy on images [first, last) of a set.
  [[nodiscard]] score evaluate(const demo::labelled_images& set, std::size_t first,
                               std::size_t last) {
    recordings seen(set);
    score total{.count = last - first};
    for (std::size_t i = first; i < last; ++i) {
      seen.get(i, false, frames_);
      tape_.forward(net_, frames_.data(), spiking::event_steps);
      count(static_cast<index_t>(set.labels[i]), total);
    }
    return total;
  }

  [[nodiscard]] parameters& network() { return net_; }

private:
  struct example {
    std::size_t image = 0;
    bool mirrored = false;
  };

  /// The weights of the readout begin at a tenth of the usual: its sums over time are scores that
  /// begin near each other.
  void initialize() {
    for (auto* layer : {&net_.conv1, &net_.conv2, &net_.readout})
      examples::initialize(layer->weight, random_, layer == &net_.readout ? 0.1F : 1.0F);
  }

  void count(index_t label, score& total) const {
    index_t best = 0;
    tape_.scores.maxCoeff(&best);
    total.correct += best == label ? 1U : 0U;
    total.spikes += static_cast<double>(tape_.spikes());
  }

  const options& options_;
  const demo::labelled_images& set_;
  recordings seen_;
  generator random_;
  std::vector<example> order_;
  examples::adam adam_;
  std::vector<float> frames_;
  parameters net_, gradient_, mean_, square_;
  spiking::event_tape<float> tape_;
};

void save(const options& o, parameters& net, const std::string& accuracy) {
  std::vector<spiking::float_tensor> tensors;
  for (const auto& t : net.tensors())
    tensors.push_back({t.name, t.extents, t.data});
  spiking::write_weights(o.output, tensors,
                         {{"architecture", "conv1 5x5 stride 2, lif1, sum pool 2, conv2 3x3, "
                                           "lif2, sum pool 2, dense, "
                                           "leaky readout; 24 steps of 12.5 ms"},
                          {"accuracy", accuracy},
                          {"data", "events of Fashion-MNIST images moved past a simulated sensor"},
                          {"trained_with", command_of(o)},
                          {"licence", "MIT"}});
}

} // namespace

int main(int count, char** arguments) {
  try {
    const options o = parse(count, arguments);
    const auto set = demo::load_training_set(o.data);
    const auto test = demo::load_test_set(o.data);
    if (o.validation >= std::min(o.images, set.count()))
      throw std::invalid_argument("--validation leaves nothing");
    const auto begin = std::chrono::steady_clock::now();
    const auto seconds = [begin] {
      return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    };
    trainer t(o, set);
    for (std::size_t e = 1; e <= o.epochs; ++e) {
      const score s = t.epoch();
      std::printf("epoch %2zu  loss %.4f  accuracy %.4f  spikes %.0f", e, s.loss, s.accuracy(),
                  s.spikes);
      if (o.validation != 0) {
        const std::size_t end = std::min(o.images, set.count());
        std::printf("  validation %.4f", t.evaluate(set, end - o.validation, end).accuracy());
      }
      std::printf("  %.0f s\n", seconds());
      std::fflush(stdout);
      save(o, t.network(), "not counted");
      if (e == o.stop_after)
        break;
    }
    if (o.validation != 0)
      return 0; // chosen on held-out images: the test set stays unseen

    const score s = t.evaluate(test, 0, test.count());
    const std::string result =
        std::to_string(s.correct) + " of " + std::to_string(s.count) + " test images";
    save(o, t.network(), result);
    std::printf("%s, written to %s\n", result.c_str(), o.output.string().c_str());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "spiking_train: %s\n%s", error.what(), usage);
    return 1;
  }
}
