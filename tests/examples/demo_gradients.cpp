// SPDX-License-Identifier: MIT

// The trainer's hand-written backward passes against central differences, in double precision.

#include "demo/gradients.hpp"

#include "catch.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <random>
#include <vector>

namespace {

using demo::index_t;
using demo::shape;
using numbers = std::vector<double>;

class source {
public:
  [[nodiscard]] double operator()() {
    return static_cast<double>(engine_() >> 11U) / static_cast<double>(1ULL << 52U) - 1.0;
  }
  [[nodiscard]] numbers operator()(index_t size) {
    numbers result(static_cast<std::size_t>(size));
    for (auto& x : result) {
      x = (*this)();
    }
    return result;
  }
  [[nodiscard]] demo::weights<double> layer(index_t out, index_t in) {
    demo::weights<double> result{demo::matrix<double>(out, in), demo::vector<double>(out)};
    for (index_t i = 0; i < out * in; ++i) {
      result.weight.data()[i] = (*this)();
    }
    for (index_t i = 0; i < out; ++i) {
      result.bias[i] = (*this)();
    }
    return result;
  }

private:
  std::mt19937_64 engine_{20};
};

[[nodiscard]] demo::weights<double> zeros(const demo::weights<double>& like) {
  return {demo::matrix<double>::Zero(like.weight.rows(), like.weight.cols()),
          demo::vector<double>::Zero(like.bias.size())};
}

[[nodiscard]] double dot(const numbers& a, const numbers& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    sum += a[i] * b[i];
  }
  return sum;
}

/// Central difference of `loss` in `variable`.
[[nodiscard]] double slope(double& variable, const std::function<double()>& loss) {
  constexpr double h = 1e-5;
  const double kept = variable;
  variable = kept + h;
  const double above = loss();
  variable = kept - h;
  const double below = loss();
  variable = kept;
  return (above - below) / (2 * h);
}

/// Every one of `size` gradients is the slope of the loss in its variable.
void check(double* variables, const double* gradient, index_t size,
           const std::function<double()>& loss) {
  for (index_t i = 0; i < size; ++i) {
    CAPTURE(i);
    CHECK(gradient[i] == Approx(slope(variables[i], loss)).epsilon(1e-6).margin(1e-7));
  }
}

} // namespace

TEST_CASE("the gradient of a convolution is its numerical slope") {
  source random;
  const shape in{3, 7, 6};
  const shape out = demo::convolved(in, 4);
  auto layer = random.layer(4, 3 * demo::kernel * demo::kernel);
  auto image = random(in.size());
  const auto factors = random(out.size()); // loss = factors . output
  demo::matrix<double> columns(layer.weight.cols(), out.height * out.width);
  demo::matrix<double> scratch;
  numbers result(factors.size());
  const auto loss = [&] {
    demo::convolve(layer, image.data(), in, columns.data(), result.data());
    return dot(factors, result);
  };

  auto gradient = zeros(layer);
  numbers d_in(image.size(), 99.0);
  REQUIRE(std::isfinite(loss()));
  demo::convolve_backward(layer, columns, in, factors.data(), gradient, d_in.data(), scratch);
  check(layer.weight.data(), gradient.weight.data(), layer.weight.size(), loss);
  check(layer.bias.data(), gradient.bias.data(), layer.bias.size(), loss);
  check(image.data(), d_in.data(), in.size(), loss);
}

TEST_CASE("the gradient of a ReLU is its numerical slope") {
  source random;
  auto input = random(50);
  const auto factors = random(50);
  numbers output;
  const auto loss = [&] {
    output = input;
    demo::rectify(output.data(), 50);
    return dot(factors, output);
  };
  REQUIRE(std::isfinite(loss()));
  auto d = factors;
  demo::rectify_backward(output.data(), 50, d.data());
  check(input.data(), d.data(), 50, loss);
}

TEST_CASE("the gradient of a pooling layer is its numerical slope") {
  source random;
  const shape in{2, 7, 5}; // an odd row and an odd column that are dropped
  const shape out = demo::pooled(in);
  auto image = random(in.size());
  const auto factors = random(out.size());
  numbers result(factors.size());
  const auto loss = [&] {
    demo::max_pool(image.data(), in, result.data());
    return dot(factors, result);
  };
  numbers d_in(image.size(), 99.0);
  demo::max_pool_backward(image.data(), in, factors.data(), d_in.data());
  check(image.data(), d_in.data(), in.size(), loss);
}

TEST_CASE("the gradient of a dense layer is its numerical slope") {
  source random;
  auto layer = random.layer(5, 11);
  auto input = random(11);
  const auto factors = random(5);
  numbers result(5);
  const auto loss = [&] {
    demo::connect(layer, input.data(), result.data());
    return dot(factors, result);
  };
  auto gradient = zeros(layer);
  numbers d_in(11, 99.0);
  demo::connect_backward(layer, input.data(), factors.data(), gradient, d_in.data());
  check(layer.weight.data(), gradient.weight.data(), layer.weight.size(), loss);
  check(layer.bias.data(), gradient.bias.data(), layer.bias.size(), loss);
  check(input.data(), d_in.data(), 11, loss);
}

TEST_CASE("the gradient of the cross-entropy is its numerical slope") {
  source random;
  for (const double smoothing : {0.0, 0.1}) {
    auto logits = random(demo::classes);
    numbers unused(logits.size());
    const auto loss = [&] {
      return demo::cross_entropy(logits.data(), 3, smoothing, unused.data());
    };
    numbers d(logits.size());
    REQUIRE(demo::cross_entropy(logits.data(), 3, smoothing, d.data()) == Approx(loss()));
    check(logits.data(), d.data(), demo::classes, loss);
  }
}

TEST_CASE("the gradient of the whole network is its numerical slope") {
  source random;
  demo::basic_parameters<double> net;
  for (auto& tensor : net.parameters()) {
    const double size =
        1.0 / std::sqrt(static_cast<double>(tensor.data.size() / tensor.extents[0]));
    for (auto& x : tensor.data) {
      x = random() * size;
    }
  }
  const auto image = random(demo::input_shape.size());
  demo::tape<double> tape;
  demo::basic_parameters<double> unused;
  const auto loss = [&] { return tape.add_gradient(net, image.data(), 7, 0.05, unused); };

  demo::basic_parameters<double> gradient;
  REQUIRE(tape.add_gradient(net, image.data(), 7, 0.05, gradient) == Approx(loss()));
  auto variables = net.parameters();
  const auto slopes = gradient.parameters();
  for (std::size_t t = 0; t < variables.size(); ++t) {
    CAPTURE(variables[t].name);
    const std::size_t step = variables[t].data.size() / 40 + 1;
    double largest = 0;
    for (std::size_t i = 0; i < variables[t].data.size(); i += step) {
      check(&variables[t].data[i], &slopes[t].data[i], 1, loss);
      largest = std::max(largest, std::abs(slopes[t].data[i]));
    }
    CHECK(largest > 1e-5); // above the margin, so that the comparison says something
  }
}
