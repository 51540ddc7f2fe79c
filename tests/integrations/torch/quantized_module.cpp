// SPDX-License-Identifier: MIT
#include <bitfault/bitfault.hpp>
#include <bitfault/integrations/torch/parameter_faults.hpp>
#include <bitfault/integrations/torch/quantized_module.hpp>
#include <bitfault/integrations/torch/quantizer_faults.hpp>

#include "bytes.hpp"
#include "catch.hpp"

#include <torch/csrc/jit/frontend/sugared_value.h>
#include <torch/script.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

namespace {

const bitfault::fault_key key{.seed = 31};

constexpr auto flips(bitfault::index_t count) {
  return bitfault::make_injector(bitfault::bit_flip{}, bitfault::exactly{count});
}
constexpr auto flip_at(bitfault::index_t element, unsigned bit) {
  return bitfault::make_injector(bitfault::bit_flip{}, bitfault::at{element},
                                 bitfault::bits::given{bit});
}

/// A weight that is quantised for the whole tensor or for each of its outputs.
at::Tensor quantised(const at::Tensor& w, bool per_channel) {
  if (!per_channel)
    return at::quantize_per_tensor(w, 0.02, 3, at::kQInt8);
  const std::int64_t outputs = w.size(0);
  return at::quantize_per_channel(w, at::linspace(0.01, 0.03, outputs, at::kDouble),
                                  at::arange(outputs, at::kLong), 0, at::kQInt8);
}

c10::IValue call(const char* name, std::vector<c10::IValue> arguments, const char* overload = "") {
  c10::Dispatcher::singleton().findSchemaOrThrow(name, overload).callBoxed(&arguments);
  return arguments.at(0);
}
c10::IValue pack_linear(const at::Tensor& w, const at::Tensor& bias) {
  return call("quantized::linear_prepack", {w, bias});
}
c10::IValue pack_conv(const at::Tensor& w, const at::Tensor& bias) {
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
void define(torch::jit::Module& m, const std::string& body) {
  m.register_attribute("training", c10::BoolType::get(), false);
  m.define("def forward(self, x):\n  return " + body + "\n", std::make_shared<operator_names>());
}
torch::jit::Module layer(const c10::IValue& packed, const std::string& body) {
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
network static_network(bool per_channel) {
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

at::Tensor copy_of(const at::Tensor& q) { return q.clone(); }

} // namespace

TEST_CASE("torch quantised: the packed integers of a static network, as if it had been made of the "
          "faulty ones") {
  for (const bool per_channel : {false, true}) {
    network n = static_network(per_channel);
    const std::string golden = bytes_of(n.output());
    REQUIRE(golden == bytes_of(n.golden()));
    const at::Tensor conv = copy_of(n.conv_weight), fc = copy_of(n.fc_weight);
    REQUIRE(bitfault::apply<std::int8_t>(flips(9), conv, key).ok());
    REQUIRE(bitfault::apply<std::int8_t>(flips(9), fc, {.seed = 31, .stream = 1}).ok());
    REQUIRE(bytes_of(n.with(conv, fc)) != golden);
    {
      const auto faults = bitfault::quantized_integer_faults(n.net, "*.weight", flips(9), key);
      CHECK(faults.size() == 2);
      CHECK(bytes_of(n.output()) == bytes_of(n.with(conv, fc)));
      const auto more = bitfault::quantized_integer_faults(n.net, "fc.weight", flip_at(7, 6), key);
      CHECK(bytes_of(n.output()) != bytes_of(n.with(conv, fc)));
    }
    CHECK(bytes_of(n.output()) == golden);
    CHECK(bytes_of(n.golden()) == golden); // the tensors that it was made of were not touched
    {
      const auto none = bitfault::quantized_integer_faults(n.net, "*", flips(0), key);
      CHECK(bytes_of(n.output()) == golden);
    }
  }
}

TEST_CASE("torch quantised: scales and zero points of packed weights and of outputs") {
  for (const bool per_channel : {false, true}) {
    network n = static_network(per_channel);
    const std::string golden = bytes_of(n.output());
    const at::Tensor fc = copy_of(n.fc_weight);
    {
      const auto fault = bitfault::quantized_scale_faults(n.net, "fc.weight", flip_at(0, 22), key);
      const auto same = bitfault::scale_faults(fc, flip_at(0, 22), key);
      CHECK(bytes_of(n.output()) == bytes_of(n.with(n.conv_weight, fc)));
      CHECK(bytes_of(n.output()) != golden);
    }
    CHECK(bytes_of(n.output()) == golden);
    {
      const auto fault =
          bitfault::quantized_zero_point_faults(n.net, "fc.weight", flip_at(0, 5), key);
      const auto same = bitfault::zero_point_faults(fc, flip_at(0, 5), key);
      CHECK(bytes_of(n.output()) == bytes_of(n.with(n.conv_weight, fc)));
      CHECK(bytes_of(n.output()) != golden);
    }
    CHECK(bytes_of(n.output()) == golden);
    {
      const float scale = 0.2F;
      const auto fault = bitfault::quantized_scale_faults(n.net, "conv.scale", flip_at(0, 23), key);
      CHECK(n.net.attr("conv").toModule().attr("scale").toDouble() == double{scale} * 2);
      CHECK(bytes_of(n.output()) ==
            bytes_of(n.with(n.conv_weight, n.fc_weight, 2 * double{scale})));
      const auto points =
          bitfault::quantized_zero_point_faults(n.net, "conv.zero_point", flip_at(0, 7), key);
      CHECK(bytes_of(n.output()) ==
            bytes_of(n.with(n.conv_weight, n.fc_weight, 2 * double{scale}, 100 + 128)));
    }
    CHECK(n.net.attr("conv").toModule().attr("scale").toDouble() == 0.2); // all of its digits
    CHECK(bytes_of(n.output()) == golden);
  }
}

TEST_CASE("torch quantised: a scale that the engine refuses is its error, and the scope ends as "
          "ever") {
  network n = static_network(false);
  const std::string golden = bytes_of(n.output());
  {
    const auto sign = bitfault::quantized_scale_faults(n.net, "fc.weight", flip_at(0, 31), key);
    CHECK_THROWS(n.output());
  }
  CHECK(bytes_of(n.output()) == golden);
}

TEST_CASE("torch quantised: dynamic layers, other convolutions, and a file of the module") {
  at::globalContext().setQEngine(at::kQNNPACK);
  torch::manual_seed(6);
  const at::Tensor w = quantised(at::randn({5, 8}), false);
  torch::jit::Module net =
      layer(pack_linear(w, at::ones({5})), "quantized.linear_dynamic(x, self._packed_params)");
  const at::Tensor x = at::randn({3, 8});
  const auto output = [&x](torch::jit::Module& m) { return bytes_of(m.forward({x}).toTensor()); };
  const std::string golden = output(net);
  const at::Tensor faulty = copy_of(w);
  REQUIRE(bitfault::apply<std::int8_t>(flip_at(3, 6), faulty, key).ok());
  const std::string expected = bytes_of(
      call("quantized::linear_dynamic", {x, pack_linear(faulty, at::ones({5})), false}).toTensor());
  REQUIRE(expected != golden);
  {
    const auto fault = bitfault::quantized_integer_faults(net, "weight", flip_at(3, 6), key);
    CHECK(output(net) == expected);
  }
  CHECK(output(net) == golden);

  const c10::List<std::int64_t> one{1}, none{0}, pair{2, 2}, zeros{0, 0}, ones{1, 1};
  const c10::IValue bias = at::ones({4});
  // Transposed convolutions have their inputs first.
  const c10::IValue conv1d = call("quantized::conv1d_prepack",
                                  {quantised(at::randn({4, 3, 3}), true), bias, one, none, one, 1});
  const c10::IValue transposed =
      call("quantized::conv_transpose2d_prepack",
           {quantised(at::randn({3, 4, 3, 3}), false), bias, pair, zeros, zeros, ones, 1});
  torch::jit::Module several("several");
  several.register_module("a", layer(conv1d, "quantized.conv1d(x, self._packed_params, self.scale, "
                                             "self.zero_point)"));
  several.register_module("b", layer(transposed, "quantized.conv_transpose2d(x, "
                                                 "self._packed_params, self.scale, "
                                                 "self.zero_point)"));
  const auto run = [&](const char* name, at::IntArrayRef sizes) {
    torch::manual_seed(7);
    const at::Tensor input = at::quantize_per_tensor(at::randn(sizes), 0.02, 128, at::kQUInt8);
    return bytes_of(several.attr(name).toModule().forward({input}).toTensor().int_repr());
  };
  const std::string a = run("a", {2, 3, 9}), b = run("b", {2, 3, 5, 5});
  {
    const auto faults = bitfault::quantized_integer_faults(several, "?.weight", flips(40), key);
    CHECK(faults.size() == 2);
    CHECK(run("a", {2, 3, 9}) != a);
    CHECK(run("b", {2, 3, 5, 5}) != b);
  }
  CHECK(run("a", {2, 3, 9}) == a);
  CHECK(run("b", {2, 3, 5, 5}) == b);
  several.register_module("c", several.attr("a").toModule()); // used at two places
  CHECK(bitfault::quantized_integer_faults(several, "?.weight", flips(1), key).size() == 2);
}

TEST_CASE("torch quantised: what cannot be struck is refused by name, and nothing is changed") {
  network n = static_network(false);
  const std::string golden = bytes_of(n.output());
  CHECK_THROWS_WITH(bitfault::quantized_integer_faults(n.net, "fc.wieght", flips(1), key),
                    Catch::Contains("no packed weight is named 'fc.wieght'") &&
                        Catch::Contains("nearest name is 'fc.weight'"));
  CHECK_THROWS_WITH(bitfault::quantized_integer_faults(n.net, "*.weight", flips(1000), key),
                    Catch::Contains("'conv.weight': ") &&
                        Catch::Contains("1000 faults asked for, but the space has only 864"));
  CHECK_THROWS_WITH(bitfault::parameter_faults(n.net, "conv.weight", flips(1), key),
                    Catch::Contains("'conv.weight' is packed for quantised operators") &&
                        Catch::Contains("quantized_integer_faults"));
  CHECK(bytes_of(n.output()) == golden);
  torch::jit::Module linear = layer(
      pack_linear(at::quantize_per_tensor(at::ones({2, 2}), 0.1, 0, at::kQInt8), at::ones({2})),
      "x");
  at::globalContext().setQEngine(at::kONEDNN); // which was not the one that packed
  CHECK_THROWS_WITH(bitfault::quantized_integer_faults(linear, "weight", flips(1), key),
                    Catch::Contains("'weight': the weight was packed for another engine"));
  CHECK_THROWS_WITH(bitfault::quantized_integer_faults(n.net, "conv.weight", flips(1), key),
                    Catch::Contains("'conv.weight': ")); // LibTorch's own sentence
  at::globalContext().setQEngine(at::kQNNPACK);
  CHECK(bytes_of(n.output()) == golden);

  const c10::IValue embedding = call(
      "quantized::embedding_bag_prepack",
      {at::quantize_per_channel(at::ones({2, 8}), at::ones({2}), at::zeros({2}), 0, at::kQUInt8)});
  torch::jit::Module table = layer(embedding, "x");
  CHECK_THROWS_WITH(bitfault::quantized_integer_faults(table, "weight", flips(1), key),
                    Catch::Contains("EmbeddingPackedParamsBase cannot be unpacked here"));
}

TEST_CASE("torch: a frozen or optimised module says which weight cannot be reached any more") {
  torch::jit::Module conv("conv"), net("net");
  conv.register_parameter("weight", at::randn({4, 3, 3, 3}), false);
  conv.register_parameter("bias", at::randn({4}), false);
  define(conv, "torch.conv2d(x, self.weight, self.bias)");
  net.register_module("conv1", conv);
  define(net, "torch.relu(self.conv1.forward(x))");
  const auto refusal = [](const torch::jit::Module& m) {
    return [&m](const std::string& name) {
      static_cast<void>(bitfault::parameter_faults(m, name, flips(1), key));
    };
  };
  {
    const auto found = bitfault::parameter_faults(net, "conv1.weight", flips(1), key);
    CHECK(found.size() == 1);
  }
  const torch::jit::Module frozen = torch::jit::freeze(net);
  CHECK_THROWS_WITH(refusal(frozen)("conv1.weight"),
                    Catch::Contains("no parameter or buffer is named 'conv1.weight'") &&
                        Catch::Contains("'conv1.weight' is a constant of the graph") &&
                        Catch::Contains("freeze"));
  CHECK_THROWS_WITH(refusal(frozen)("*.bias"), Catch::Contains("'conv1.bias' is a constant"));
  CHECK_THROWS_WITH(bitfault::module_tensors(frozen).require_path("conv1"),
                    Catch::Contains("no module is named 'conv1'") && Catch::Contains("freeze"));
  std::stringstream file; // which does not keep the names
  frozen.save(file);
  const torch::jit::Module loaded = torch::jit::load(file);
  CHECK_THROWS_WITH(refusal(loaded)("conv1.weight"),
                    Catch::Contains("what aten::conv2d reads' (one of 2) is a constant"));

  const torch::jit::Module optimised = torch::jit::optimize_for_inference(net);
  CHECK_THROWS_WITH(refusal(optimised)("conv1.weight"),
                    Catch::Contains("'conv1.weight' was packed for MKL-DNN") &&
                        Catch::Contains("optimize_for_inference"));

  torch::jit::Module packed("packed"); // as torch.utils.mkldnn makes them
  packed.register_buffer("weight", at::randn({4, 3, 3, 3}).to_mkldnn());
  CHECK_THROWS_WITH(refusal(packed)("weight"), Catch::Contains("'weight', shape [4, 3, 3, 3]: ") &&
                                                   Catch::Contains("packed for MKL-DNN"));

  network n = static_network(false);
  const torch::jit::Module quantised_and_frozen = torch::jit::freeze(n.net);
  CHECK_THROWS_WITH(
      bitfault::quantized_integer_faults(quantised_and_frozen, "fc.weight", flips(1), key),
      Catch::Contains("no packed weight is named 'fc.weight'") &&
          Catch::Contains("'fc.weight' is a constant of the graph"));
}

TEST_CASE("torch quantised: scales and zero points of plain tensors, per tensor and per channel") {
  for (const auto type : {at::kQInt8, at::kQUInt8, at::kQInt32}) {
    const at::Tensor t = at::quantize_per_tensor(at::linspace(-1, 1, 30), 0.2, 3, type);
    const std::string golden = bytes_of(t.dequantize());
    const std::string stored = bytes_of(t.int_repr());
    {
      const auto scale = bitfault::scale_faults(t, flip_at(0, 23), key);
      CHECK(t.q_scale() == 2 * double{0.2F}); // exponent + 1, of the scale as a float
      const auto zero = bitfault::zero_point_faults(t, flip_at(0, 2), key);
      CHECK(t.q_zero_point() == 7);
      CHECK(bytes_of(t.dequantize()) == bytes_of((t.int_repr().to(at::kFloat) - 7) * (2 * 0.2F)));
      CHECK(bytes_of(t.int_repr()) == stored);
    }
    CHECK(t.q_scale() == 0.2);
    CHECK(t.q_zero_point() == 3);
    CHECK(bytes_of(t.dequantize()) == golden);
    {
      const auto none = bitfault::scale_faults(t, flips(0), key);
      CHECK(t.q_scale() == 0.2);
    }
  }
  const at::Tensor scales = at::tensor({0.1, 0.2, 0.3}, at::kDouble);
  const at::Tensor t = at::quantize_per_channel(at::ones({3, 4}), scales,
                                                at::tensor({1, 2, -3}, at::kLong), 0, at::kQInt8);
  const std::string golden = bytes_of(t.dequantize());
  {
    const auto infinite =
        bitfault::make_injector([](float, auto&) { return INFINITY; }, bitfault::at{1});
    const auto scale = bitfault::scale_faults(t, infinite, key);
    CHECK(std::isinf(t.q_per_channel_scales()[1].item<double>()));
    CHECK(t.q_per_channel_scales()[0].item<double>() == 0.1);
    CHECK(t.q_per_channel_scales()[2].item<double>() == 0.3);
    const auto zero = bitfault::zero_point_faults(t, flip_at(2, 7), key);
    CHECK(t.q_per_channel_zero_points().equal(at::tensor({1, 2, -3 + 128}, at::kLong)));
  }
  CHECK(bytes_of(t.dequantize()) == golden);
  CHECK(t.q_per_channel_scales().equal(scales));

  const at::Tensor wide = at::quantize_per_tensor(at::ones({3}), 0.1, 300, at::kQInt32);
  CHECK_THROWS_WITH(bitfault::scale_faults(at::ones({3}), flips(1), key),
                    Catch::Contains("the tensor is not quantised"));
  CHECK_THROWS_WITH(bitfault::scale_faults(t, flips(97), key),
                    Catch::Contains("97 faults asked for, but the space has only 96"));
  CHECK_THROWS_WITH(bitfault::zero_point_faults(t, flip_at(0, 8), key), Catch::Contains("bit 8"));
  const at::Tensor outside =
      at::_empty_affine_quantized({2}, at::TensorOptions(at::kQUInt8), 0.1, 300);
  CHECK_THROWS_WITH(bitfault::zero_point_faults(outside, flips(1), key),
                    Catch::Contains("none of the integers that it stores, which are Byte"));
  CHECK(bytes_of(t.dequantize()) == golden);
  CHECK(outside.q_zero_point() == 300);
}
