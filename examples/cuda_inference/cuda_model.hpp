// SPDX-License-Identifier: MIT
#pragma once

// The demo network on a device as bitfault's campaigns see a model: the layers, parameters and
// inputs of the demo's own model, run by `device_layers`.

#include "device_layers.hpp"
#include "layers.hpp"

#include "demo/campaign/demo_model.hpp"
#include "demo/network.hpp"

#include <bitfault/campaign/model.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace cuda_inference {

class cuda_model {
public:
  static constexpr bool rows_are_independent = true;

  cuda_model(const demo::network& net, std::shared_ptr<const demo::labelled_inputs> inputs,
             std::uint64_t batch)
      : like_(net, inputs, batch), layers_on_device_(values_of(net), static_cast<int>(batch)),
        inputs_(std::move(inputs)) {}

  static std::vector<bitfault::campaign::layer> layers() { return demo::demo_model::layers(); }
  std::vector<bitfault::campaign::parameter> parameters() {
    auto list = like_.parameters();
    for (std::size_t i = 0; i < list.size(); ++i)
      list[i].memory = {list[i].memory.type(),
                        reinterpret_cast<std::byte*>(layers_on_device_.parameter(i)),
                        list[i].memory.extents()};
    return list;
  }
  std::uint64_t inputs() const { return like_.inputs(); }
  std::uint64_t batch() const { return like_.batch(); }
  std::span<const std::uint32_t> labels() const { return like_.labels(); }

  /// Layer 0 are the images, layer n is layer n - 1 of the network.
  void run_layer(std::size_t n, std::uint64_t first,
                 std::span<const bitfault::campaign::tensor_ref> in,
                 const bitfault::campaign::tensor_ref& out) {
    if (n == 0)
      std::copy_n(inputs_->pixels.data() + first * 28 * 28, batch() * 28 * 28, out.as<float>());
    else
      layers_on_device_.run_layer(n - 1, in[0].as<float>(), out.as<float>());
  }

private:
  static std::vector<std::vector<float>> values_of(demo::network net) {
    std::vector<std::vector<float>> values;
    for (const auto& p : net.parameters())
      values.emplace_back(p.data.begin(), p.data.end());
    return values;
  }

  demo::demo_model like_; ///< what is the same on the host
  device_layers layers_on_device_;
  std::shared_ptr<const demo::labelled_inputs> inputs_;
};

} // namespace cuda_inference
