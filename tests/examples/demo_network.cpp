// SPDX-License-Identifier: MIT
#include "demo/network.hpp"

#include "catch.hpp"
#include "demo/data.hpp"
#include "refusals.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace {

using demo::index_t;
using demo::shape;
using demo_tests::check_refused;
using floats = std::vector<float>;

const std::filesystem::path data = DEMO_DATA_DIRECTORY;
constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();

/// What data/README.md and the metadata of the weights say.
constexpr int stated_correct = 9053;

class source {
public:
  [[nodiscard]] float operator()() {
    return static_cast<float>(engine_() >> 8U) / static_cast<float>(1U << 23U) - 1.0F;
  }
  [[nodiscard]] floats operator()(index_t size) {
    floats result(static_cast<std::size_t>(size));
    for (auto& x : result) {
      x = (*this)();
    }
    return result;
  }

private:
  std::mt19937 engine_{31};
};

/// A network of small random weights, some of its activations negative and some not.
[[nodiscard]] demo::network random_network() {
  source random;
  demo::network net;
  for (auto& tensor : net.parameters()) {
    for (auto& x : tensor.data) {
      x = 0.2F * random();
    }
  }
  return net;
}

[[nodiscard]] bool same_bits(std::span<const float> a, std::span<const float> b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size_bytes()) == 0;
}

[[nodiscard]] floats copy(std::span<const float> a) { return {a.begin(), a.end()}; }

} // namespace

TEST_CASE("the unfolded convolution equals four plain loops") {
  source random;
  for (const shape in : {shape{1, 28, 28}, shape{8, 13, 13}, shape{5, 3, 4}, shape{3, 9, 6}}) {
    const shape out = demo::convolved(in, 7);
    demo::weights<float> layer{demo::matrix<float>(7, in.channels * 9), demo::vector<float>(7)};
    for (index_t i = 0; i < layer.weight.size(); ++i) {
      layer.weight.data()[i] = random();
    }
    for (index_t i = 0; i < 7; ++i) {
      layer.bias[i] = random();
    }
    const auto image = random(in.size());
    floats columns(static_cast<std::size_t>(demo::unfolded_size(in)));
    floats result(static_cast<std::size_t>(out.size()));
    demo::convolve(layer, image.data(), in, columns.data(), result.data());

    double worst = 0;
    for (index_t o = 0; o < out.channels; ++o) {
      for (index_t y = 0; y < out.height; ++y) {
        for (index_t x = 0; x < out.width; ++x) {
          double sum = static_cast<double>(layer.bias[o]);
          for (index_t c = 0; c < in.channels; ++c) {
            for (index_t ky = 0; ky < 3; ++ky) {
              for (index_t kx = 0; kx < 3; ++kx) {
                // weight and image as {out, in, kh, kw} and {channels, height, width}, row-major
                const auto w = layer.weight.data()[((o * in.channels + c) * 3 + ky) * 3 + kx];
                const auto p = ((c * in.height) + y + ky) * in.width + x + kx;
                sum += static_cast<double>(w) * static_cast<double>(image[std::size_t(p)]);
              }
            }
          }
          const auto got = result[std::size_t((o * out.height + y) * out.width + x)];
          worst = std::max(worst, std::abs(sum - static_cast<double>(got)));
        }
      }
    }
    // At most 73 terms of magnitude below 1: 73 * 73 * 2^-24 is 3.2e-4; in practice far less.
    CHECK(worst < 1e-5);
  }
}

TEST_CASE("the pooling layer equals plain loops") {
  source random;
  for (const shape in : {shape{8, 26, 26}, shape{16, 11, 11}, shape{2, 5, 4}}) {
    const shape out = demo::pooled(in);
    const auto image = random(in.size());
    floats result(static_cast<std::size_t>(out.size()));
    demo::max_pool(image.data(), in, result.data());
    floats expected;
    for (index_t c = 0; c < out.channels; ++c) {
      for (index_t y = 0; y < out.height; ++y) {
        for (index_t x = 0; x < out.width; ++x) {
          float best = -2.0F;
          for (index_t dy = 0; dy < 2; ++dy) {
            for (index_t dx = 0; dx < 2; ++dx) {
              const auto at = (c * in.height + 2 * y + dy) * in.width + 2 * x + dx;
              best = std::max(best, image[static_cast<std::size_t>(at)]);
            }
          }
          expected.push_back(best);
        }
      }
    }
    CHECK(same_bits(result, expected));
  }
}

TEST_CASE("a NaN passes through pooling and ReLU") {
  for (std::size_t at = 0; at < 4; ++at) {
    floats image{1.0F, 2.0F, 3.0F, 4.0F};
    image[at] = not_a_number;
    float result = 0;
    demo::max_pool(image.data(), shape{1, 2, 2}, &result);
    CHECK(std::isnan(result));
  }
  floats values{-1.0F, not_a_number, 2.0F,         -std::numeric_limits<float>::infinity(),
                0.5F,  -0.5F,        not_a_number, 1.0F};
  demo::rectify(values.data(), static_cast<index_t>(values.size()));
  CHECK(values[0] == 0.0F);
  CHECK(std::isnan(values[1]));
  CHECK(values[2] == 2.0F);
  CHECK(values[3] == 0.0F);
  CHECK(std::isnan(values[6]));
}

TEST_CASE("the class of an image is the largest logit, the lowest of equals, never a NaN") {
  floats logits(20, 0.0F);
  CHECK(demo::best_class(logits, 1) == 0);
  logits[14] = logits[17] = 2.0F;
  CHECK(demo::best_class(logits, 1) == 4);
  CHECK(demo::best_class(logits, 0) == 0);
  logits[10] = logits[19] = not_a_number;
  CHECK(demo::best_class(logits, 1) == 4);
}

TEST_CASE("a hook sees every layer in order with its extents, and changes nothing by looking") {
  auto net = random_network();
  source random;
  const auto images = random(5 * demo::input_shape.size());
  const auto expected = copy(net.infer(images));
  REQUIRE(expected.size() == 50);

  std::size_t next = 0;
  const auto seen = copy(net.infer(images, [&](std::size_t layer, demo::activation a) {
    CHECK(layer == next++);
    CHECK(a.layer == demo::layers[layer].name);
    CHECK(a.extents[0] == 5);
    CHECK(a.extents[1] * a.extents[2] * a.extents[3] * 5 == a.data.size());
    CHECK(static_cast<index_t>(a.data.size()) == 5 * demo::layers[layer].output.size());
  }));
  CHECK(next == demo::layers.size());
  CHECK(same_bits(seen, expected));
}

TEST_CASE("what a hook writes is what the next layer reads") {
  auto net = random_network();
  source random;
  const auto images = random(2 * demo::input_shape.size());
  for (std::size_t target = 0; target < demo::layers.size(); ++target) {
    CAPTURE(demo::layers[target].name);
    floats written;
    const auto result = copy(net.infer(images, [&](std::size_t layer, demo::activation a) {
      if (layer != target) {
        return;
      }
      for (auto& x : a.data) {
        x = random();
      }
      written = copy(a.data);
    }));
    CHECK(same_bits(result, net.infer_from(target + 1, written)));
    CHECK_FALSE(same_bits(result, net.infer(images)));
  }
}

TEST_CASE("a run from any layer on gives the bits of the whole run") {
  auto net = random_network();
  source random;
  const auto images = random(6 * demo::input_shape.size());
  std::vector<floats> inputs{images};
  const auto expected = copy(
      net.infer(images, [&](std::size_t, demo::activation a) { inputs.push_back(copy(a.data)); }));
  REQUIRE(inputs.size() == demo::layers.size() + 1);
  for (std::size_t first = 0; first <= demo::layers.size(); ++first) {
    CAPTURE(first);
    const auto input = inputs[first];
    CHECK(same_bits(net.infer_from(first, inputs[first]), expected));
    CHECK(same_bits(net.infer_from(first, inputs[first], [](std::size_t, demo::activation) {}),
                    expected));
    CHECK(same_bits(input, inputs[first])); // the caller's memory is not written
  }
}

TEST_CASE("the logits of an image do not depend on its batch or where it lies in memory") {
  auto net = random_network();
  source random;
  const auto one = static_cast<std::size_t>(demo::input_shape.size());
  const auto images = random(7 * demo::input_shape.size());
  const auto together = copy(net.infer(images));
  const auto hook = [](std::size_t, demo::activation) {};
  for (std::size_t i = 0; i < 7; ++i) {
    floats shifted(one + 3, 0.0F);
    for (std::size_t offset = 0; offset < 3; ++offset) {
      std::copy_n(images.begin() + static_cast<std::ptrdiff_t>(i * one), one,
                  shifted.begin() + static_cast<std::ptrdiff_t>(offset));
      const auto image = std::span<const float>(shifted).subspan(offset, one);
      const auto expected = std::span<const float>(together).subspan(10 * i, 10);
      CHECK(same_bits(net.infer(image), expected));
      CHECK(same_bits(net.infer(image, hook), expected));
    }
  }
}

TEST_CASE("tensors are reached by name, in the order of their extents") {
  demo::network net;
  std::size_t count = 0;
  std::string names;
  for (const auto& tensor : net.parameters()) {
    std::size_t size = 1;
    for (const auto extent : tensor.extents) {
      size *= extent;
    }
    CHECK(tensor.data.size() == size);
    count += size;
    names += tensor.name + " ";
  }
  CHECK(names == "conv1.weight conv1.bias conv2.weight conv2.bias conv3.weight conv3.bias "
                 "dense.weight dense.bias ");
  CHECK(count == 8778);

  const auto tensor = net.parameter("conv2.weight");
  CHECK(tensor.extents == std::vector<std::size_t>{16, 8, 3, 3});
  tensor.data[((3 * 8 + 5) * 3 + 1) * 3 + 2] = 4.0F; // [3, 5, 1, 2]
  CHECK(net.conv2.weight(3, 5 * 9 + 1 * 3 + 2) == 4.0F);
  CHECK(net.parameter("dense.weight").extents == std::vector<std::size_t>{10, 288});
  CHECK(net.parameter("dense.bias").extents == std::vector<std::size_t>{10});
  check_refused([&] { static_cast<void>(net.parameter("conv4.weight")); }, {"'conv4.weight'"});
}

TEST_CASE("copies are independent, also in several threads") {
  auto net = random_network();
  source random;
  const auto images = random(9 * demo::input_shape.size());
  const auto expected = copy(net.infer(images));
  demo::network other = net;
  other.conv1.weight(0, 0) += 1.0F;
  const auto other_expected = copy(other.infer(images));
  REQUIRE_FALSE(same_bits(expected, other_expected));

  int wrong = 0;
  {
    std::jthread thread([&] {
      for (int i = 0; i < 50; ++i) {
        wrong += same_bits(other.infer(images), other_expected) ? 0 : 1;
      }
    });
    for (int i = 0; i < 50; ++i) {
      CHECK(same_bits(net.infer(images), expected));
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE("a batch that does not fit is refused") {
  demo::network net;
  CHECK(net.infer({}).empty());
  check_refused([&] { static_cast<void>(net.infer(floats(785))); }, {"785", "784"});
  check_refused([&] { static_cast<void>(net.infer_from(3, floats(784))); }, {"conv2"});
  CHECK_THROWS_AS(net.infer_from(10, floats(10)), std::invalid_argument);
}

TEST_CASE("the shipped weights reach the stated accuracy") {
  const auto set = demo::load_test_set(data);
  REQUIRE(set.count() == 10000);
  auto net = demo::load_network(data / "demo_network.safetensors");
  const auto images = set.normalized(0, set.count());
  const auto logits = net.infer(images);
  int correct = 0;
  for (std::size_t i = 0; i < set.count(); ++i) {
    correct += demo::best_class(logits, i) == set.labels[i] ? 1 : 0;
  }
  // Another instruction set adds the same products in another order, so logits differ by some
  // 1e-6 of their size; an image changes sides only if its two best logits are as close as that.
  CHECK(std::abs(correct - stated_correct) <= 10);

  const auto metadata = demo::read_metadata(data / "demo_network.safetensors");
  CHECK(metadata.at("accuracy") == std::to_string(stated_correct) + " of 10000 test images");
}
