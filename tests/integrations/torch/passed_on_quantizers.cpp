// SPDX-License-Identifier: MIT
// Quantised outputs whose scale and zero point are those of another layer, and memory that weights
// have in common: trials of a recorded model against whole passes of the module.

#include <bitfault/bitfault.hpp>
#include <bitfault/campaign/layer_outputs.hpp>
#include <bitfault/integrations/torch/quantized_module.hpp>
#include <bitfault/integrations/torch/recorded_model.hpp>

#include "by_hand.hpp"
#include "bytes.hpp"
#include "catch.hpp"
#include "quantised_layers.hpp"

#include <torch/script.h>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <vector>

namespace {

namespace bc = bitfault::campaign;
using model = bitfault::recorded_model;
using by_hand::compare;
using by_hand::flip;
using by_hand::key;

void define_in_torch(torch::jit::Module& m, const std::string& body) {
  m.register_attribute("training", c10::BoolType::get(), false);
  m.define("def forward(self, x):\n" + body, std::make_shared<operator_names>());
}

std::vector<std::string> names_of(const std::vector<bc::parameter>& parameters) {
  std::vector<std::string> names;
  for (const bc::parameter& p : parameters)
    names.push_back(p.name);
  return names;
}

/// All layers in their order.
std::string output_of(model& m) {
  const bc::layer_outputs outputs(m.layers(), m.batch());
  const std::size_t count = m.layers().size();
  for (std::size_t n = 0; n < count; ++n)
    m.run_layer(n, 0, outputs.inputs_of(n), outputs[n]);
  const auto& last = outputs[count - 1];
  return {reinterpret_cast<const char*>(last.data()), last.bytes()};
}

std::unique_ptr<model> with_coo(const torch::jit::Module& net, const at::Tensor& x,
                                const std::vector<std::string>& coo) {
  return std::make_unique<model>(net, x, 2, std::vector<std::uint32_t>{},
                                 std::vector<std::string>{}, bitfault::sparse_storage{.coo = coo});
}

} // namespace

TEST_CASE("recorded model: faults in scales and zero points of layers whose outputs are joined "
          "equal those of whole passes") {
  at::globalContext().setQEngine(at::kQNNPACK);
  torch::manual_seed(1);
  // Some of what the layers put out is beyond what a struck zero point leaves.
  const at::Tensor x = 2 * at::randn({2, 6});
  const auto weight = [] { return quantised(2 * at::randn({4, 6}), false); };
  const c10::IValue one = pack_linear(weight(), at::zeros({4})),
                    two = pack_linear(weight(), at::zeros({4}));
  struct network_end {
    std::string joined;
    std::vector<std::string> layers;
  };
  // All outputs of the layers, and of what joins them, have the scale 0.2 and the zero point 100.
  for (const network_end& end :
       {network_end{"torch.cat([a, b], 1)", {"a", "b"}},
        network_end{"torch.cat([b, a], 1)", {"a", "b"}},
        network_end{"torch.cat([c, b, a], 1)", {"a", "b"}}, network_end{"torch.relu(b)", {"b"}},
        network_end{"quantized.add(a, b, 0.2, 100)", {"a", "b"}},
        network_end{"quantized.cat([a, b], 1, 0.2, 100)", {"a", "b"}}}) {
    const auto net = [&] {
      torch::jit::Module m("net");
      const char* const linear = "quantized.linear(x, self._packed_params, self.scale, "
                                 "self.zero_point)";
      m.register_module("a", layer(one, linear));
      m.register_module("b", layer(two, linear));
      define_in_torch(m, "  q = torch.quantize_per_tensor(x, 0.02, 128, 13)\n"
                         "  c = torch.quantize_per_tensor(x, 0.2, 100, 13)\n"
                         "  a = self.a.forward(q)\n  b = self.b.forward(q)\n"
                         "  return torch.dequantize(" +
                             end.joined + ")\n");
      return m;
    };
    INFO(end.joined);
    torch::jit::Module other = net();
    const auto run = [&] { return other.forward({x}).toTensor(); };
    const auto make = [&] { return std::make_unique<model>(net(), x, 2); };
    const auto targets = [&](const std::string& what) {
      std::vector<std::string> names;
      for (const std::string& layer : end.layers)
        names.push_back(layer + what);
      return names;
    };
    const std::uint64_t layers = end.layers.size();
    CHECK(compare(make, targets(".scale"), 5 * layers, run(),
                  [&](const std::string& target, const flip& f) {
                    const auto scope = bitfault::quantized_scale_faults(other, target, f, key);
                    return run();
                  },
                  {18, 19, 20, 21, 22}) > 2);
    CHECK(compare(make, targets(".zero_point"), 8 * layers, run(),
                  [&](const std::string& target, const flip& f) {
                    const auto scope = bitfault::quantized_zero_point_faults(other, target, f, key);
                    return run();
                  }) > 0);
  }
}

TEST_CASE("recorded model: a scale that is not a number is passed on as in a whole pass") {
  at::globalContext().setQEngine(at::kQNNPACK);
  torch::manual_seed(1);
  const at::Tensor x = at::randn({2, 6});
  const auto net = [](double scale) {
    torch::jit::Module m("net"), product("product");
    product.register_attribute("scale", c10::FloatType::get(), scale);
    product.register_attribute("zero_point", c10::IntType::get(), 100);
    define(product, "quantized.mul(x, x, self.scale, self.zero_point)");
    m.register_module("product", product);
    define(m, "torch.dequantize(torch.relu(self.product.forward(torch.quantize_per_tensor(x, 0.02, "
              "128, 13))))");
    return m;
  };
  model m(net(0.05), x, 2);
  const std::string golden = output_of(m);
  CHECK(names_of(m.parameters()) ==
        std::vector<std::string>{"product.scale", "product.zero_point"});
  const bc::parameter scale = m.parameters().at(0);
  const std::uint64_t was = scale.memory.load(0);
  scale.memory.store(0, 0x7FC00000U);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const std::string faulty = bytes_of(net(nan).forward({x}).toTensor());
  CHECK((output_of(m) == faulty));
  CHECK((faulty != golden));
  scale.memory.store(0, was);
  CHECK((output_of(m) == golden));
}

TEST_CASE("recorded model: tensors that say what an operator's integers mean are no targets, and a "
          "scale that depends on values is refused") {
  torch::manual_seed(1);
  const at::Tensor x = at::randn({2, 6});
  const auto net = [](const std::string& body) {
    torch::jit::Module m("net");
    m.register_parameter("w", at::randn({6, 6}), false);
    m.register_buffer("s", at::tensor(0.02F));
    m.register_buffer("z", at::tensor(128, at::kInt));
    m.register_buffer("k", at::tensor(2.0F));
    define_in_torch(m, body);
    return m;
  };
  using list = std::vector<std::string>;
  const std::string end = "  return torch.dequantize(q)\n";
  CHECK(names_of(model(net("  y = torch.mm(x, self.w)\n"
                           "  q = torch.quantize_per_tensor(y, self.s, self.z, 13)\n" +
                           end),
                       x, 2)
                     .parameters()) == list{"w"});
  // Nor where another operator reads them: a trial would have the old scale with the new value.
  CHECK(names_of(model(net("  y = torch.mm(x, self.w) * self.s + self.k\n"
                           "  q = torch.quantize_per_tensor(y, self.s * self.k, self.z, 13)\n" +
                           end),
                       x, 2)
                     .parameters()) == list{"w"});
  const auto refused = [&](const std::string& body, const std::string& why) {
    CHECK_THROWS_WITH(model(net(body + end), x, 2),
                      Catch::Contains("cannot be run operator by operator") &&
                          Catch::Contains(why));
  };
  refused("  q = torch.quantize_per_tensor_dynamic(torch.mm(x, self.w), 13, False)\n",
          "aten::quantize_per_tensor_dynamic puts out a tensor whose scale depends on values");
  refused("  q = torch.quantize_per_tensor(x, torch.max(x) / 255, self.z, 13)\n",
          "aten::quantize_per_tensor puts out a tensor whose scale depends on values");
}

TEST_CASE("recorded model: buffers in one storage are weights by themselves") {
  torch::manual_seed(1);
  const at::Tensor x = at::randn({2, 6}), values = at::randn({10, 12});
  // One above the other, or beside each other: the rows of each lie between those of the other.
  for (const bool beside : {false, true}) {
    const auto net = [&] {
      torch::jit::Module m("net");
      const at::Tensor own = (beside ? values.narrow(0, 0, 5) : values.narrow(1, 0, 6)).clone();
      m.register_buffer("a", own.narrow(beside ? 1 : 0, 0, beside ? 6 : 5));
      m.register_buffer("b", own.narrow(beside ? 1 : 0, beside ? 6 : 5, beside ? 6 : 5));
      define(m, "torch.mm(x, torch.t(self.a)) + torch.mm(x, torch.t(self.b))");
      return m;
    };
    INFO(beside);
    CHECK(names_of(with_coo(net(), x, {"a"})->parameters()) ==
          std::vector<std::string>{"b", "a.values", "a.indices"});
    CHECK(with_coo(net(), x, {"*"})->parameters().size() == 4);
    torch::jit::Module other = net();
    const auto run = [&] { return other.forward({x}).toTensor(); };
    const auto strike = [&](const std::string& target, const flip& f) {
      const at::Tensor t = other.attr(target.substr(0, 1)).toTensor();
      const auto scope = bitfault::scoped(f, t, key); // all are there, in the same order
      return run();
    };
    CHECK(compare([&] { return with_coo(net(), x, {"a"}); }, {"a.values", "b"}, 60, run(), strike) >
          30);
  }
}

TEST_CASE(
    "recorded model: a weight stored as sparse that another tensor shows a part of is refused, "
    "and both are named") {
  const at::Tensor x = at::ones({2, 6}), own = at::ones({10, 6});
  const auto refused = [&](const at::Tensor& a, const at::Tensor& b) {
    torch::jit::Module m("net");
    m.register_buffer("a", a);
    m.register_buffer("b", b);
    define(m, "torch.mm(x, torch.t(self.a)) + torch.mm(x, torch.t(self.b))");
    CHECK_THROWS_WITH(
        with_coo(m, x, {"a"}),
        Catch::Contains("takes 'b', which shares some of its memory with 'a.values'"));
  };
  refused(own.narrow(0, 0, 6), own.narrow(0, 4, 6));
  refused(own.narrow(0, 2, 1), own);
  const at::Tensor wide = at::ones({5, 12});
  refused(wide.narrow(1, 0, 6), wide.narrow(1, 5, 6));
}

TEST_CASE("recorded model: what LibTorch throws in a layer names the layer, and not LibTorch's "
          "lines") {
  const at::Tensor x = at::ones({2, 6});
  torch::jit::Module m("net");
  define(m, "torch.relu(x)");
  model recorded(m, x, 2);
  const bc::layer_outputs outputs(recorded.layers(), 2);
  CHECK_THROWS_WITH(recorded.run_layer(0, 100, outputs.inputs_of(0), outputs[0]),
                    Catch::StartsWith("bitfault: 'input': ") &&
                        !Catch::Contains("Exception raised from"));
}
