// SPDX-License-Identifier: MIT
#include "reference.hpp"

#include "demo/data.hpp"
#include "demo/network.hpp"

#include <bitfault/bitfault.hpp>

namespace cuda_inference {

struct reference::parts {
  demo::network network;
  std::vector<float> images;

  std::vector<float> logits() {
    const auto result = network.infer(images);
    return {result.begin(), result.end()};
  }
};

reference::reference(std::size_t images) : parts_(new parts) {
  const std::string folder = DEMO_DATA_DIRECTORY;
  parts_->network = demo::load_network(folder + "/demo_network.safetensors");
  parts_->images = demo::load_test_set(folder).normalized(0, images);
}
reference::~reference() = default;

std::vector<tensor> reference::parameters() const {
  std::vector<tensor> result;
  for (const auto& p : parts_->network.parameters())
    result.push_back({p.name, {p.data.begin(), p.data.end()}});
  return result;
}

const std::vector<float>& reference::images() const { return parts_->images; }

std::vector<float> reference::logits() const { return parts_->logits(); }

trial reference::inject(std::size_t number, const bitfault::fault_key& key) const {
  const auto weights = parts_->network.parameters()[number].data;
  const auto v = bitfault::view(weights.data(), weights.size());
  const auto list = fault().draw(v, key);
  const auto injected = fault().scoped(v, key);
  return {{list.begin(), list.end()}, parts_->logits()};
}

} // namespace cuda_inference
