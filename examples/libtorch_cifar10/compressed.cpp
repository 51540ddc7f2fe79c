// SPDX-License-Identifier: MIT
// Faults in compressed LibTorch models: sparse and pruned weights, quantised ones, fixed point.

#include <bitfault/bitfault.hpp>
#include <bitfault/integrations/torch.hpp>

#include <torch/csrc/jit/frontend/sugared_value.h>
#include <torch/script.h>
#include <torch/torch.h>

#include <cstdint>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

namespace {

/// A layer whose weight is sparse, as training with pruning may leave it.
struct sparse_layer : torch::nn::Module {
  explicit sparse_layer(const at::Tensor& w) : weight(register_buffer("weight", w)) {}
  at::Tensor forward(const at::Tensor& x) { return at::_sparse_mm(weight, x); }
  at::Tensor weight;
};

/// Makes `quantized.linear(...)` a name in the source below.
struct operator_names final : torch::jit::Resolver {
  std::shared_ptr<torch::jit::SugaredValue> resolveValue(const std::string& name,
                                                         torch::jit::GraphFunction&,
                                                         const torch::jit::SourceRange&) override {
    return std::make_shared<torch::jit::BuiltinModule>(name == "torch" ? "aten" : name);
  }
};

/// A module like those that torch.quantization.quantize_dynamic makes and torch.jit.script saves.
torch::jit::Module quantised_module() {
  at::globalContext().setQEngine(at::kQNNPACK);
  const at::Tensor weight = at::quantize_per_tensor(torch::randn({10, 64}), 0.02, 0, at::kQInt8);
  std::vector<c10::IValue> packed{weight, torch::zeros({10})};
  c10::Dispatcher::singleton()
      .findSchemaOrThrow("quantized::linear_prepack", "")
      .callBoxed(&packed);
  torch::jit::Module fc("fc"), net("net");
  fc.register_attribute("_packed_params", packed.at(0).type(), packed.at(0));
  fc.define("def forward(self, x):\n  return quantized.linear_dynamic(x, self._packed_params)\n",
            std::make_shared<operator_names>());
  net.register_module("fc", fc);
  net.define("def forward(self, x):\n  return self.fc.forward(x)\n");
  return net;
}

} // namespace

int main() {
  torch::manual_seed(1);
  bool right = true;

  const at::Tensor pruned = torch::randn({20, 30}) * torch::rand({20, 30}).lt(0.2);
  sparse_layer net(pruned.to_sparse_csr());
  const at::Tensor x = torch::randn({30, 4});
  const at::Tensor golden = net.forward(x);
  const auto differs = [&] { return !net.forward(x).equal(golden); };

  // [sparse]
  const auto flips = bitfault::make_injector(bitfault::bit_flip{}, bitfault::exactly{5});
  {
    const auto faults = bitfault::sparse_value_faults(net, "weight", flips, {.seed = 42});
    right = right && differs(); // 5 flips in the values that are stored
  }
  {
    const auto faults =
        bitfault::sparse_index_faults(net, "weight", bitfault::index_array::col_indices,
                                      bitfault::out_of_range::wrap, flips, {.seed = 42});
    right = right && differs(); // 5 flips in the columns: those entries are somewhere else now
  }
  right = right && !differs();
  // [/sparse]

  const at::Tensor images = torch::rand({4, 3, 8, 8});
  // [quantised tensor]
  const at::Tensor q = at::quantize_per_tensor(images, 0.01, 0, at::kQInt8);
  {
    const auto integers = bitfault::scoped<std::int8_t>(flips, q, {.seed = 1});
    const auto scale =
        bitfault::scale_faults(q,
                               bitfault::make_injector(bitfault::bit_flip{}, bitfault::exactly{1},
                                                       bitfault::bits::exponent{}),
                               {.seed = 2});
    right = right && q.q_scale() != 0.01;
  }
  right = right && q.q_scale() == 0.01;
  // [/quantised tensor]

  torch::jit::Module model = quantised_module();
  const at::Tensor input = torch::randn({2, 64});
  const at::Tensor before = model.forward({input}).toTensor();
  // [quantised module]
  {
    const auto integers =
        bitfault::quantized_integer_faults(model, "fc.weight", flips, {.seed = 42});
    const auto zero_point = bitfault::quantized_zero_point_faults<std::int8_t>(
        model, "*.weight",
        bitfault::make_injector(bitfault::bit_flip{}, bitfault::exactly{1}, bitfault::bits::sign{}),
        {.seed = 43});
    right = right && !model.forward({input}).toTensor().equal(before);
  }
  right = right && model.forward({input}).toTensor().equal(before);
  // [/quantised module]

  torch::nn::Sequential dense(torch::nn::Conv2d(3, 8, 3), torch::nn::ReLU());
  const at::Tensor dense_golden = dense->forward(images);
  // [fixed point]
  const auto q7_24 =
      bitfault::make_injector(bitfault::bit_flip{}, bitfault::exactly{20}, bitfault::bits::any{},
                              bitfault::formats::fixed_point<7, 24>{});
  {
    const auto weights = bitfault::parameter_faults(*dense, "*.weight", q7_24, {.seed = 42});
    const auto outputs = bitfault::activation_faults(*dense, {.module = "0"}, q7_24, {.seed = 43});
    right = right && !dense->forward(images).equal(dense_golden);
  }
  right = right && dense->forward(images).equal(dense_golden);
  // [/fixed point]

  std::cout << (right ? "as it should be\n" : "not as it should be\n");
  return right ? 0 : 1;
}
