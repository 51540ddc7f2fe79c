// SPDX-License-Identifier: MIT
#pragma once

// A small convolutional network for 28x28 grey images, 10 classes: the demo's "inference code that
// already exists". It knows nothing of fault injection. Forward only; train.cpp makes its weights.
//
//   demo::network net = demo::load_network("demo_network.safetensors");
//   auto logits = net.infer(images);                        // {batch, 10}
//   auto same = net.infer(images, [](std::size_t layer, demo::activation a) { ... });

#include "layers.hpp"

#include <array>
#include <cmath>
#include <cstddef>
#include <filesystem>
#include <map>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace demo {

inline constexpr index_t classes = 10;
inline constexpr shape input_shape{1, 28, 28};

inline constexpr shape conv1_shape = convolved(input_shape, 8);
inline constexpr shape pool1_shape = pooled(conv1_shape);
inline constexpr shape conv2_shape = convolved(pool1_shape, 16);
inline constexpr shape pool2_shape = pooled(conv2_shape);
inline constexpr shape conv3_shape = convolved(pool2_shape, 32);
inline constexpr shape dense_shape{classes, 1, 1};

enum class layer_kind { convolution, relu, max_pool, dense };

/// What stands at one place of the network. `output` is the activation of one image after it.
struct layer_info {
  std::string_view name;
  layer_kind kind;
  shape output;
};

/// The layers in the order in which they run; a layer's number is its place here.
inline constexpr std::array<layer_info, 9> layers{{
    {"conv1", layer_kind::convolution, conv1_shape},
    {"relu1", layer_kind::relu, conv1_shape},
    {"pool1", layer_kind::max_pool, pool1_shape},
    {"conv2", layer_kind::convolution, conv2_shape},
    {"relu2", layer_kind::relu, conv2_shape},
    {"pool2", layer_kind::max_pool, pool2_shape},
    {"conv3", layer_kind::convolution, conv3_shape},
    {"relu3", layer_kind::relu, conv3_shape},
    {"dense", layer_kind::dense, dense_shape},
}};

/// Activation of one image that layer `number` reads.
[[nodiscard]] constexpr shape input_of(std::size_t number) noexcept {
  return number == 0 ? input_shape : layers[number - 1].output;
}

/// Weights of the four layers that have any; also the form of a gradient.
template <class Scalar>
struct basic_parameters {
  weights<Scalar> conv1, conv2, conv3, dense;

  /// All of them zero.
  basic_parameters() {
    const auto zero = [](weights<Scalar>& layer, index_t out, index_t in) {
      layer.weight = matrix<Scalar>::Zero(out, in);
      layer.bias = vector<Scalar>::Zero(out);
    };
    zero(conv1, conv1_shape.channels, input_shape.channels * kernel * kernel);
    zero(conv2, conv2_shape.channels, conv1_shape.channels * kernel * kernel);
    zero(conv3, conv3_shape.channels, conv2_shape.channels * kernel * kernel);
    zero(dense, classes, conv3_shape.size());
  }

  /// A tensor by name: "conv1.weight" {out, in, kh, kw}, "dense.weight" {out, in},
  /// "conv1.bias" {out}; row-major and contiguous. Valid as long as the network it came from.
  struct tensor {
    std::string name;
    std::vector<std::size_t> extents;
    std::span<Scalar> data;
  };

  /// All eight tensors, in the order of the layers, weight before bias.
  [[nodiscard]] std::vector<tensor> parameters() {
    std::vector<tensor> list;
    const auto add = [&list](const std::string& name, weights<Scalar>& layer, bool convolution) {
      const auto out = static_cast<std::size_t>(layer.weight.rows());
      const auto in = static_cast<std::size_t>(layer.weight.cols());
      const auto side = static_cast<std::size_t>(kernel);
      auto extents =
          convolution ? std::vector{out, in / (side * side), side, side} : std::vector{out, in};
      list.push_back({name + ".weight", std::move(extents), {layer.weight.data(), out * in}});
      list.push_back({name + ".bias", {out}, {layer.bias.data(), out}});
    };
    add("conv1", conv1, true);
    add("conv2", conv2, true);
    add("conv3", conv3, true);
    add("dense", dense, false);
    return list;
  }

  /// One tensor by name. Throws std::invalid_argument for a name that is not there.
  [[nodiscard]] tensor parameter(std::string_view name) {
    for (auto& candidate : parameters()) {
      if (candidate.name == name) {
        return candidate;
      }
    }
    throw std::invalid_argument("the demo network has no tensor named '" + std::string(name) + "'");
  }
};

/// An activation as a hook sees it, for all images of the batch: {batch, channels, height, width},
/// row-major and contiguous. A hook may read and write it while it runs; it must not keep it.
struct activation {
  std::string_view layer;
  std::array<std::size_t, 4> extents;
  std::span<float> data;
};

/// Class of image `i` in the logits of a batch: the largest, the lowest of equals. A NaN is never
/// larger than anything; if there are only NaNs it is class 0.
[[nodiscard]] inline std::size_t best_class(std::span<const float> logits, std::size_t i) {
  const auto one = logits.subspan(i * static_cast<std::size_t>(classes), classes);
  std::size_t best = 0;
  for (std::size_t c = 1; c < one.size(); ++c) {
    if (one[c] > one[best] || (std::isnan(one[best]) && !std::isnan(one[c]))) {
      best = c;
    }
  }
  return best;
}

/// The hook that is not there: nothing is called.
struct no_hook {};

/// The network. A copy has its own weights and buffers, so that each thread can have one; one
/// instance serves one thread at a time. An instance that has seen a batch of some size allocates
/// nothing for further batches up to that size.
///
/// The logits of an image do not depend on the batch it stands in nor on its place there: all
/// arithmetic is done image by image, with the same shapes. The same build on the same machine
/// gives the same bits every time; another -march may round differently.
class network : public basic_parameters<float> {
public:
  /// Logits {batch, 10} of `images`, which are {batch, 1, 28, 28} in [0, 1], row-major. They stay
  /// valid until the next call or the end of the network.
  ///
  /// `after_layer(number, activation)` is called after each layer in their order, `number` being
  /// the layer's place in `layers`; what it writes is what the next layer reads. What it writes
  /// after the last layer is what is returned.
  ///
  /// Throws std::invalid_argument if the number of floats is not a multiple of one image's.
  template <class Hook = no_hook>
  std::span<const float> infer(std::span<const float> images, Hook&& after_layer = {}) {
    return infer_from(0, images, after_layer);
  }

  /// The same from layer `first` on: `input` is what that layer reads, {batch, channels, height,
  /// width} of `input_of(first)`. Given what the layer before it left, the logits are the same bits
  /// as those of the whole run. `first` may be the number of layers: `input` is then the logits.
  ///
  /// Throws std::invalid_argument if there is no such layer or the number of floats does not fit.
  template <class Hook = no_hook>
  std::span<const float> infer_from(std::size_t first, std::span<const float> input,
                                    Hook&& after_layer = {}) {
    const std::size_t batch = batch_of(first, input.size());
    if constexpr (std::is_same_v<std::remove_cvref_t<Hook>, no_hook>) {
      return run(first, input, batch);
    } else {
      std::span<float> now = start(first, input, batch, batch);
      for (std::size_t number = first; number < layers.size(); ++number) {
        now = step(number, number == first ? input : now, batch, logits_.data());
        const shape s = layers[number].output;
        after_layer(number, activation{layers[number].name,
                                       {batch, static_cast<std::size_t>(s.channels),
                                        static_cast<std::size_t>(s.height),
                                        static_cast<std::size_t>(s.width)},
                                       now});
      }
      return now;
    }
  }

private:
  /// How many images `run` takes through all layers at once: few, so that they stay in the cache.
  static constexpr std::size_t block = 4;

  /// Size of the batch that `size` floats in front of layer `first` are; throws if they are none.
  [[nodiscard]] static std::size_t batch_of(std::size_t first, std::size_t size);

  /// Makes room: for `batch` logits and for the activations of `together` images.
  std::span<float> start(std::size_t first, std::span<const float> input, std::size_t batch,
                         std::size_t together);

  /// Runs one layer and says where its output is.
  std::span<float> step(std::size_t number, std::span<const float> input, std::size_t batch,
                        float* logits);

  /// All layers from `first` on, without a hook.
  std::span<const float> run(std::size_t first, std::span<const float> input, std::size_t batch);

  std::vector<float> front_, back_, columns_, logits_;
};

/// Reads weights from a safetensors file (https://github.com/huggingface/safetensors): the length
/// of a JSON header as a 64-bit little-endian number, the header, the tensors' little-endian data.
/// Throws std::runtime_error, whose message names the file and what is wrong with it: it cannot be
/// opened, is truncated or no safetensors file, a tensor is missing, unknown or of another type or
/// shape.
[[nodiscard]] network load_network(const std::filesystem::path& file);

/// Writes such a file. `metadata` becomes its "__metadata__".
void save_network(const std::filesystem::path& file, basic_parameters<float>& parameters,
                  const std::map<std::string, std::string>& metadata);

/// What stands in a weights file beside the tensors: how they were made and how good they are.
[[nodiscard]] std::map<std::string, std::string> read_metadata(const std::filesystem::path& file);

} // namespace demo
