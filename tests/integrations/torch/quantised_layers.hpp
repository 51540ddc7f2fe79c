// SPDX-License-Identifier: MIT
#pragma once

// Quantised TorchScript modules, made without Python.

#include <ATen/ATen.h>
#include <torch/csrc/jit/frontend/sugared_value.h>
#include <torch/script.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

/// A weight that is quantised for the whole tensor or for each of its outputs.
inline at::Tensor quantised(const at::Tensor& w, bool per_channel) {
  if (!per_channel)
    return at::quantize_per_tensor(w, 0.02, 3, at::kQInt8);
  const std::int64_t outputs = w.size(0);
  return at::quantize_per_channel(w, at::linspace(0.01, 0.03, outputs, at::kDouble),
                                  at::arange(outputs, at::kLong), 0, at::kQInt8);
}

inline c10::IValue call(const char* name, std::vector<c10::IValue> arguments,
                        const char* overload = "") {
  c10::Dispatcher::singleton().findSchemaOrThrow(name, overload).callBoxed(&arguments);
  return arguments.at(0);
}
inline c10::IValue pack_linear(const at::Tensor& w, const at::Tensor& bias) {
  return call("quantized::linear_prepack", {w, bias});
}
inline c10::IValue pack_conv(const at::Tensor& w, const at::Tensor& bias) {
  const c10::List<std::int64_t> two{2, 2}, one{1, 1};
  return call("quantized::conv2d_prepack", {w, bias, two, one, one, 1});
}

/// Makes `quantized.linear(...)` a name in TorchScript's source.
struct operator_names final : torch::jit::Resolver {
  std::shared_ptr<torch::jit::SugaredValue> resolveValue(const std::string& name,
                                                         torch::jit::GraphFunction&,
                                                         const torch::jit::SourceRange&) override {
    return std::make_shared<torch::jit::BuiltinModule>(name == "torch" ? "aten" : name);
  }
};
inline void define(torch::jit::Module& m, const std::string& body) {
  m.register_attribute("training", c10::BoolType::get(), false);
  m.define("def forward(self, x):\n  return " + body + "\n", std::make_shared<operator_names>());
}
inline torch::jit::Module layer(const c10::IValue& packed, const std::string& body) {
  torch::jit::Module m("layer");
  m.register_attribute("_packed_params", packed.type(), packed);
  m.register_attribute("scale", c10::FloatType::get(), 0.2);
  m.register_attribute("zero_point", c10::IntType::get(), 100);
  define(m, body);
  return m;
}

struct network {
  at::Tensor conv_weight, fc_weight, conv_bias = at::full({4}, 0.3F),
                                     fc_bias = at::full({5}, -0.2F);
  torch::jit::Module net{"net"};
  at::Tensor images;

  /// The forward pass of other weights, which were packed by themselves.
  at::Tensor with(const at::Tensor& conv, const at::Tensor& fc, double scale = 0.2,
                  std::int64_t zero_point = 100) const {
    at::Tensor x = at::quantize_per_tensor(images, 0.02, 128, at::kQUInt8);
    x = call("quantized::conv2d", {x, pack_conv(conv, conv_bias), scale, zero_point}, "new")
            .toTensor();
    x = x.reshape({images.size(0), -1});
    return call("quantized::linear", {x, pack_linear(fc, fc_bias), 0.8, 100})
        .toTensor()
        .dequantize();
  }
  at::Tensor output() { return net.forward({images}).toTensor(); }
  at::Tensor golden() const { return with(conv_weight, fc_weight); }
};

/// A statically quantised network like those that torch.quantization makes.
inline network static_network(bool per_channel) {
  at::globalContext().setQEngine(at::kQNNPACK);
  torch::manual_seed(5);
  network n;
  n.images = at::randn({2, 3, 8, 8});
  n.conv_weight = quantised(at::randn({4, 3, 3, 3}), per_channel);
  n.fc_weight = quantised(at::randn({5, 64}), per_channel);
  torch::jit::Module fc("fc");
  fc.register_module("_packed_params",
                     layer(pack_linear(n.fc_weight, n.fc_bias), "x")); // as LinearPackedParams
  fc.register_attribute("scale", c10::FloatType::get(), 0.8);
  fc.register_attribute("zero_point", c10::IntType::get(), 100);
  define(fc, "quantized.linear(x, self._packed_params._packed_params, self.scale, "
             "self.zero_point)");
  n.net.register_module("conv", layer(pack_conv(n.conv_weight, n.conv_bias),
                                      "quantized.conv2d(x, self._packed_params, self.scale, "
                                      "self.zero_point)"));
  n.net.register_module("fc", fc);
  define(n.net, "torch.dequantize(self.fc.forward(torch.reshape(self.conv.forward("
                "torch.quantize_per_tensor(x, 0.02, 128, 13)), [2, -1])))");
  return n;
}
