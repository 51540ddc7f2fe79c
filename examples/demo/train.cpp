// SPDX-License-Identifier: MIT

// Trains the demo network: backpropagation by hand (gradients.hpp), Adam, cosine learning rate.
// The result does not depend on the number of threads: each batch is cut into the same slices,
// whose gradients are added in the same order.

#include "../shared/training.hpp"
#include "data.hpp"
#include "gradients.hpp"
#include "network.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <numeric>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

using demo::index_t;
using examples::generator;
using examples::read;

struct options {
  std::filesystem::path data = "/usr/share/datasets/fashion-mnist";
  std::filesystem::path output = "demo_network.safetensors";
  std::size_t epochs = 40;
  std::size_t batch = 64;
  std::size_t validation = 0;
  unsigned threads = 2;
  std::uint64_t seed = 1;
  float learning_rate = 3e-3F;
  float decay = 0.03F;
  float smoothing = 0.0F;
  int shift = 0;
  bool flip = true;
};

constexpr const char* usage =
    "usage: demo_train [option value]...\n"
    "  --data DIR        folder of the four .gz files of Fashion-MNIST\n"
    "  --output FILE     weights to write (safetensors)\n"
    "  --validation N    hold the last N training images out and report accuracy on them (0)\n"
    "  --epochs N        passes over the training images\n"
    "  --batch N         images in a step\n"
    "  --learning-rate X peak learning rate; it falls to zero along a cosine\n"
    "  --decay X         weight decay, decoupled\n"
    "  --smoothing X     label smoothing\n"
    "  --shift N         move each image by up to N pixels\n"
    "  --flip 0|1        mirror every other image\n"
    "  --seed N          of initial weights, order and augmentation\n"
    "  --threads N       does not change the result\n";

[[nodiscard]] options parse(int count, char** arguments) {
  options result;
  int flip = result.flip ? 1 : 0;
  for (int i = 1; i < count; i += 2) {
    const std::string name = arguments[i];
    if (i + 1 == count) {
      throw std::invalid_argument("no value for " + name);
    }
    const std::string value = arguments[i + 1];
    if (name == "--data") {
      result.data = value;
    } else if (name == "--output") {
      result.output = value;
    } else if (name == "--epochs") {
      read(name, value, result.epochs);
    } else if (name == "--batch") {
      read(name, value, result.batch);
    } else if (name == "--validation") {
      read(name, value, result.validation);
    } else if (name == "--threads") {
      read(name, value, result.threads);
    } else if (name == "--seed") {
      read(name, value, result.seed);
    } else if (name == "--learning-rate") {
      read(name, value, result.learning_rate);
    } else if (name == "--decay") {
      read(name, value, result.decay);
    } else if (name == "--smoothing") {
      read(name, value, result.smoothing);
    } else if (name == "--shift") {
      read(name, value, result.shift);
    } else if (name == "--flip") {
      read(name, value, flip);
    } else {
      throw std::invalid_argument("unknown option " + name);
    }
  }
  result.flip = flip != 0;
  if (result.batch == 0 || result.threads == 0 || result.shift < 0 || result.shift > 27) {
    throw std::invalid_argument("--batch and --threads must be positive, --shift 0 to 27");
  }
  return result;
}

/// What has an influence on the result, as one would type it.
[[nodiscard]] std::string command_of(const options& o) {
  std::array<char, 256> text{};
  std::snprintf(text.data(), text.size(),
                "demo_train --epochs %zu --batch %zu --learning-rate %g --decay %g --smoothing %g "
                "--shift %d --flip %d --seed %llu",
                o.epochs, o.batch, static_cast<double>(o.learning_rate),
                static_cast<double>(o.decay), static_cast<double>(o.smoothing), o.shift,
                o.flip ? 1 : 0, static_cast<unsigned long long>(o.seed));
  return text.data();
}

/// Throws unless the images are what the network takes.
void check(const demo::labelled_images& set) {
  if (set.rows != static_cast<std::size_t>(demo::input_shape.height) ||
      set.columns != static_cast<std::size_t>(demo::input_shape.width)) {
    throw std::runtime_error("the images are not 28 x 28");
  }
  for (const auto label : set.labels) {
    if (label >= demo::classes) {
      throw std::runtime_error("a label is not below 10");
    }
  }
}

/// One training example: which image, and how it is moved.
struct example {
  std::size_t image = 0;
  int dx = 0;
  int dy = 0;
  bool mirrored = false;
};

void augment(const float* from, const example& e, std::vector<float>& to) {
  const auto height = static_cast<int>(demo::input_shape.height);
  const auto width = static_cast<int>(demo::input_shape.width);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const int v = y + e.dy;
      const int u = (e.mirrored ? width - 1 - x : x) + e.dx;
      const bool inside = v >= 0 && v < height && u >= 0 && u < width;
      to[static_cast<std::size_t>(y * width + x)] = inside ? from[v * width + u] : 0.0F;
    }
  }
}

/// Runs `work(slice)` for each slice, on several threads; which thread runs which does not matter.
template <class Work>
void in_parallel(std::size_t slices, unsigned threads, const Work& work) {
  std::vector<std::jthread> pool;
  for (unsigned t = 1; t < threads; ++t) {
    pool.emplace_back([&, t] {
      for (std::size_t s = t; s < slices; s += threads) {
        work(s);
      }
    });
  }
  for (std::size_t s = 0; s < slices; s += threads) {
    work(s);
  }
}

constexpr std::size_t slices = 4;

struct score {
  double loss = 0;
  std::size_t correct = 0;
  std::size_t count = 0;
  [[nodiscard]] double accuracy() const {
    return count == 0 ? 0.0 : static_cast<double>(correct) / static_cast<double>(count);
  }
};

class trainer {
public:
  trainer(const options& o, const demo::labelled_images& set)
      : options_(o), set_(set), pixels_(set.normalized(0, set.count())), random_(o.seed),
        train_count_(set.count() - o.validation),
        adam_(o.learning_rate, o.epochs * ((train_count_ + o.batch - 1) / o.batch)) {
    for (auto* layer : {&net_.conv1, &net_.conv2, &net_.conv3, &net_.dense})
      examples::initialize(layer->weight, random_);
    order_.resize(train_count_);
    for (std::size_t i = 0; i < train_count_; ++i) {
      order_[i].image = i;
    }
  }

  score epoch() {
    shuffle();
    score total{.loss = 0, .correct = 0, .count = train_count_};
    for (std::size_t first = 0; first < train_count_; first += options_.batch) {
      const std::size_t last = std::min(first + options_.batch, train_count_);
      in_parallel(slices, options_.threads, [&](std::size_t s) {
        const std::size_t size = last - first;
        run_slice(slice_[s], first + size * s / slices, first + size * (s + 1) / slices);
      });
      for (std::size_t s = 0; s < slices; ++s) {
        total.loss += slice_[s].result.loss;
        total.correct += slice_[s].result.correct;
      }
      step(1.0F / static_cast<float>(last - first));
    }
    total.loss /= static_cast<double>(train_count_);
    return total;
  }

  /// Accuracy on images [first, last) of a set.
  [[nodiscard]] score evaluate(const demo::labelled_images& set, std::size_t first,
                               std::size_t last) {
    in_parallel(slices, options_.threads, [&](std::size_t s) {
      auto& slice = slice_[s];
      slice.result = {};
      const std::size_t end = first + (last - first) * (s + 1) / slices;
      for (std::size_t i = first + (last - first) * s / slices; i < end; ++i) {
        set.normalized(i, 1, slice.image);
        slice.tape.forward(net_, slice.image.data());
        slice.result.correct += demo::best_class(slice.tape.logits, 0) == set.labels[i] ? 1U : 0U;
      }
    });
    score total{.loss = 0, .correct = 0, .count = last - first};
    for (const auto& slice : slice_) {
      total.correct += slice.result.correct;
    }
    return total;
  }

  [[nodiscard]] score validate() { return evaluate(set_, train_count_, set_.count()); }
  [[nodiscard]] demo::basic_parameters<float>& network() { return net_; }

private:
  struct slice_state {
    demo::tape<float> tape;
    demo::basic_parameters<float> gradient;
    std::vector<float> image = std::vector<float>(demo::input_shape.size());
    score result;
  };

  void shuffle() {
    for (std::size_t i = train_count_; i > 1; --i) {
      std::swap(order_[i - 1], order_[random_.below(i)]);
    }
    const auto range = static_cast<std::uint64_t>(2 * options_.shift + 1);
    for (auto& e : order_) {
      e.dx = static_cast<int>(random_.below(range)) - options_.shift;
      e.dy = static_cast<int>(random_.below(range)) - options_.shift;
      e.mirrored = random_.below(2) == 1 && options_.flip;
    }
  }

  void run_slice(slice_state& slice, std::size_t first, std::size_t last) {
    for (auto& t : slice.gradient.parameters()) {
      std::fill(t.data.begin(), t.data.end(), 0.0F);
    }
    slice.result = {};
    for (std::size_t i = first; i < last; ++i) {
      const example& e = order_[i];
      augment(pixels_.data() + e.image * set_.image_size(), e, slice.image);
      const std::size_t label = set_.labels[e.image];
      slice.result.loss +=
          slice.tape.add_gradient(net_, slice.image.data(), static_cast<index_t>(label),
                                  options_.smoothing, slice.gradient);
      slice.result.correct += demo::best_class(slice.tape.logits, 0) == label ? 1U : 0U;
    }
  }

  void step(float scale) {
    adam_.begin_step();
    auto value = net_.parameters();
    auto mean = mean_.parameters();
    auto square = square_.parameters();
    std::array<std::vector<demo::basic_parameters<float>::tensor>, slices> gradient;
    for (std::size_t s = 0; s < slices; ++s) {
      gradient[s] = slice_[s].gradient.parameters();
    }
    for (std::size_t t = 0; t < value.size(); ++t) {
      const float decay = value[t].extents.size() > 1 ? options_.decay : 0.0F;
      for (std::size_t i = 0; i < value[t].data.size(); ++i) {
        float g = 0.0F;
        for (std::size_t s = 0; s < slices; ++s) {
          g += gradient[s][t].data[i];
        }
        adam_.update(value[t].data[i], g * scale, mean[t].data[i], square[t].data[i], decay);
      }
    }
  }

  const options& options_;
  const demo::labelled_images& set_;
  std::vector<float> pixels_;
  generator random_;
  std::size_t train_count_;
  examples::adam adam_;
  std::vector<example> order_;
  std::array<slice_state, slices> slice_;
  demo::basic_parameters<float> net_, mean_, square_;
};

} // namespace

int main(int count, char** arguments) {
  try {
    const options o = parse(count, arguments);
    const auto set = demo::load_training_set(o.data);
    const auto test = demo::load_test_set(o.data);
    for (const auto* s : {&set, &test}) {
      check(*s);
    }
    if (o.validation >= set.count()) {
      throw std::invalid_argument("--validation leaves nothing");
    }

    const auto begin = std::chrono::steady_clock::now();
    const auto seconds = [begin] {
      return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    };
    trainer t(o, set);
    for (std::size_t e = 1; e <= o.epochs; ++e) {
      const score s = t.epoch();
      std::printf("epoch %2zu  loss %.4f  accuracy %.4f", e, s.loss, s.accuracy());
      if (o.validation != 0) {
        std::printf("  validation %.4f", t.validate().accuracy());
      }
      std::printf("  %.0f s\n", seconds());
      std::fflush(stdout);
    }
    if (o.validation != 0) {
      return 0;
    } // chosen on held-out images: the test set stays unseen

    const score s = t.evaluate(test, 0, test.count());
    const std::string result =
        std::to_string(s.correct) + " of " + std::to_string(s.count) + " test images";
    demo::save_network(o.output, t.network(),
                       {{"architecture", "conv1 3x3, relu, max pool 2, conv2 3x3, relu, max pool "
                                         "2, conv3 3x3, relu, dense; no padding"},
                        {"accuracy", result},
                        {"data", "Fashion-MNIST, 60000 training images, pixel / 255"},
                        {"trained_with", command_of(o)},
                        {"licence", "MIT"}});
    std::printf("%s, written to %s\n", result.c_str(), o.output.string().c_str());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "demo_train: %s\n%s", error.what(), usage);
    return 1;
  }
}
