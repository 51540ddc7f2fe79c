// SPDX-License-Identifier: MIT
#pragma once

// The demo network as bitfault's campaigns see a model. All that a campaign needs of inference code
// that exists already is here.

#include "../data.hpp"
#include "../layers.hpp"
#include "../network.hpp"

#include <bitfault/bitfault.hpp>
#include <bitfault/campaign/model.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace demo {

/// Images as the network wants them, with their labels. Shared by all threads.
struct labelled_inputs {
  std::vector<float> pixels;
  std::vector<std::uint32_t> labels;

  /// The first `count` images of a set. Throws std::out_of_range if there are fewer.
  labelled_inputs(const labelled_images& set, std::size_t count)
      : pixels(set.normalized(0, count)),
        labels(set.labels.begin(), set.labels.begin() + static_cast<std::ptrdiff_t>(count)) {
    if (set.image_size() != static_cast<std::size_t>(input_shape.size()))
      throw std::runtime_error("the images have " + std::to_string(set.image_size()) +
                               " pixels, the network takes " + std::to_string(input_shape.size()));
  }
};

class demo_model {
public:
  /// An image's logits do not depend on the batch it stands in.
  static constexpr bool rows_are_independent = true;

  /// Each model has weights of its own; the inputs are shared.
  demo_model(const network& net, std::shared_ptr<const labelled_inputs> inputs, std::uint64_t batch)
      : net_(net), tensors_(net_.parameters()), inputs_(std::move(inputs)), batch_(batch),
        columns_(static_cast<std::size_t>(
            std::max({unfolded_size(input_shape), unfolded_size(pool1_shape),
                      unfolded_size(pool2_shape)}))) {}
  demo_model(const demo_model&) = delete; // the tensors point into the network
  demo_model& operator=(const demo_model&) = delete;

  [[nodiscard]] static std::vector<bitfault::campaign::layer> layers() {
    const auto sizes = [](shape s) {
      return std::vector<std::uint64_t>{static_cast<std::uint64_t>(s.channels),
                                        static_cast<std::uint64_t>(s.height),
                                        static_cast<std::uint64_t>(s.width)};
    };
    constexpr auto* floats = bitfault::campaign::type<float>();
    std::vector<bitfault::campaign::layer> list{{"input", {}, floats, sizes(input_shape)}};
    for (const layer_info& l : demo::layers)
      list.push_back({std::string(l.name), {list.size() - 1}, floats, sizes(l.output)});
    return list;
  }

  [[nodiscard]] std::vector<bitfault::campaign::parameter> parameters() {
    using bitfault::campaign::parameter_kind;
    std::vector<bitfault::campaign::parameter> list;
    for (const auto& t : tensors_) {
      bitfault::extents<4> e;
      for (const std::size_t size : t.extents)
        e.sizes[e.rank++] = size;
      const std::string reader = t.name.substr(0, t.name.find('.'));
      const auto at = std::find_if(demo::layers.begin(), demo::layers.end(),
                                   [&](const layer_info& l) { return l.name == reader; });
      list.push_back({t.name,
                      bitfault::view(t.data.data(), e),
                      t.name.ends_with(".bias") ? parameter_kind::bias : parameter_kind::weight,
                      {static_cast<std::size_t>(at - demo::layers.begin()) + 1}});
    }
    return list;
  }

  [[nodiscard]] std::uint64_t inputs() const { return inputs_->labels.size(); }
  [[nodiscard]] std::uint64_t batch() const { return batch_; }
  [[nodiscard]] std::span<const std::uint32_t> labels() const { return inputs_->labels; }

  /// Layer n - 1 of the network, for each image of the batch; layer 0 are the images.
  void run_layer(std::size_t n, std::uint64_t first,
                 std::span<const bitfault::campaign::tensor_ref> in,
                 const bitfault::campaign::tensor_ref& out) {
    float* to = out.as<float>();
    if (n == 0) {
      const auto size = static_cast<std::size_t>(input_shape.size());
      std::copy_n(inputs_->pixels.data() + static_cast<std::size_t>(first) * size,
                  static_cast<std::size_t>(batch_) * size, to);
      return;
    }
    const float* from = in[0].as<float>();
    const shape s = input_of(n - 1);
    const shape result = demo::layers[n - 1].output;
    for (std::uint64_t i = 0; i < batch_; ++i, from += s.size(), to += result.size()) {
      switch (demo::layers[n - 1].kind) {
      case layer_kind::convolution:
        convolve(n == 1   ? net_.conv1
                 : n == 4 ? net_.conv2
                          : net_.conv3,
                 from, s, columns_.data(), to);
        break;
      case layer_kind::relu:
        std::copy_n(from, s.size(), to);
        rectify(to, s.size());
        break;
      case layer_kind::max_pool:
        max_pool(from, s, to);
        break;
      case layer_kind::dense:
        connect(net_.dense, from, to);
        break;
      }
    }
  }

private:
  network net_;
  std::vector<network::tensor> tensors_;
  std::shared_ptr<const labelled_inputs> inputs_;
  std::uint64_t batch_;
  std::vector<float> columns_;
};

} // namespace demo
