// SPDX-License-Identifier: MIT
// Weights that are sparse, quantised or packed, as targets of campaigns: what a trial puts out is
// what a whole pass of the module puts out under the faults of the classes for one tensor.

#include <bitfault/bitfault.hpp>
#include <bitfault/campaign/campaign.hpp>
#include <bitfault/campaign/drawn_trial.hpp>
#include <bitfault/campaign/memory_store.hpp>
#include <bitfault/integrations/torch/quantized_module.hpp>
#include <bitfault/integrations/torch/recorded_model.hpp>
#include <bitfault/integrations/torch/sparse_faults.hpp>

#include "by_hand.hpp"
#include "bytes.hpp"
#include "catch.hpp"
#include "quantised_layers.hpp"

#include <torch/script.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace {

namespace bc = bitfault::campaign;
using bitfault::index_array;
using bitfault::out_of_range;
using model = bitfault::recorded_model;
using by_hand::compare;
using by_hand::faulty_sparse;
using by_hand::flip;
using by_hand::flip_at;
using by_hand::key;
using by_hand::parts;
using by_hand::pruned;

constexpr out_of_range policies[] = {out_of_range::drop, out_of_range::clamp, out_of_range::wrap};

/// A COO weight, whose product has the batch as its last axis, and a CSR one.
torch::jit::Module sparse_net() {
  torch::manual_seed(3);
  torch::jit::Module m("m");
  m.register_buffer("coo", pruned({6, 5}).to_sparse());
  m.register_buffer("csr", pruned({4, 6}).to_sparse_csr());
  m.define("def forward(self, x):\n  h = torch.relu(torch.mm(self.coo, torch.t(x)))\n"
           "  return torch.linear(torch.t(h), self.csr)\n");
  return m;
}

} // namespace

TEST_CASE("torch campaign: faults in sparse weights equal those of whole passes") {
  torch::manual_seed(2);
  const at::Tensor x = at::randn({1, 5});
  for (const out_of_range policy : policies) {
    torch::jit::Module other = sparse_net();
    const auto run = [&] { return other.forward({x}).toTensor(); };
    const auto make = [&] {
      return std::make_unique<model>(sparse_net(), x, 1, std::vector<std::uint32_t>{},
                                     std::vector<std::string>{},
                                     bitfault::sparse_storage{.policy = policy});
    };
    const std::size_t differ =
        compare(make, {"coo.*", "csr.values", "csr.crow_indices", "csr.col_indices"}, 150, run(),
                [&](const std::string& target, const flip& f) {
                  const auto [name, array] = parts(target);
                  const at::Tensor t = bitfault::module_tensors(other).find(name).at(0).tensor;
                  return faulty_sparse(t, array, f, policy, run);
                });
    CHECK(differ > 50);
  }
}

TEST_CASE("torch campaign: faults in packed weights, scales and zero points equal those of whole "
          "passes") {
  for (const bool per_channel : {false, true}) {
    network n = static_network(per_channel);
    const auto make = [&] {
      return std::make_unique<model>(static_network(per_channel).net, n.images, 2);
    };
    const auto strike = [&](const std::string& target, const flip& f) {
      const auto [layer, what] = parts(target);
      const std::string name = layer.ends_with(".weight") ? layer : target; // or of its output
      if (what == "weight") {
        const auto scope = bitfault::quantized_integer_faults(n.net, target, f, key);
        return n.output();
      }
      if (what == "scale") {
        const auto scope = bitfault::quantized_scale_faults(n.net, name, f, key);
        return n.output();
      }
      const auto scope = bitfault::quantized_zero_point_faults(n.net, name, f, key);
      return n.output();
    };
    CHECK(compare(make, {"conv.weight", "fc.weight"}, 60, n.output(), strike) > 30);
    CHECK(compare(make, {"*.weight.zero_point"}, 16, n.output(), strike) > 5);
    // Of what the layers put out: what reads it takes it for other numbers.
    CHECK(compare(make, {"conv.zero_point", "fc.zero_point"}, 16, n.output(), strike) > 3);
    CHECK(compare(make, {"conv.scale", "fc.scale"}, 20, n.output(), strike,
                  {13, 14, 15, 16, 17, 18, 19, 20, 21, 22}) > 10);
    // A scale whose sign is struck is one that QNNPACK refuses: the trial is a crash.
    bc::experiment signs;
    signs.name = "signs";
    signs.targets = {"fc.weight.scale"};
    signs.fault.bits.which = bc::mask_family::kind::sign;
    signs.trials = 1;
    bc::campaign<model> c(make, bc::settings{}, {signs});
    c.require_live_targets();
    bc::memory_store store(1);
    CHECK_THROWS_WITH(c.run(store), Catch::Contains("'fc': quantized::linear: ") &&
                                        !Catch::Contains("Exception raised from"));
    CHECK(compare(make, {"*.weight.scale"}, 6, n.output(), strike, {20, 21, 22}) > 3);
  }
}

TEST_CASE("torch campaign: faults in dynamically quantised linear and recurrent layers equal those "
          "of whole passes") {
  at::globalContext().setQEngine(at::kQNNPACK);
  torch::manual_seed(7);
  const at::Tensor x = at::randn({2, 3, 8});
  const auto q = [](const at::Tensor& w) { return quantised(w, false); };
  const c10::IValue linear = pack_linear(q(at::randn({5, 4})), at::randn({5}));
  const at::Tensor bias = at::randn({16});
  const c10::IValue cell = call("quantized::make_quantized_cell_params_dynamic",
                                {pack_linear(q(at::randn({16, 8}) * 0.2), bias),
                                 pack_linear(q(at::randn({16, 4})), bias), bias, bias, false});
  const auto make_net = [&] {
    torch::jit::Module net("net");
    net.register_module("fc", layer(linear, "quantized.linear_dynamic(x, self._packed_params)"));
    net.register_attribute("cell", cell.type(), cell);
    net.register_buffer("zero", at::zeros({1, 2, 4}));
    define(net,
           "self.fc.forward(torch.quantized_lstm(x, [self.zero, self.zero], [self.cell], True, "
           "1, 0.0, False, False, True, use_dynamic=True)[0])");
    return net;
  };
  torch::jit::Module other = make_net();
  const auto run = [&] { return other.forward({x}).toTensor(); };
  const auto make = [&] { return std::make_unique<model>(make_net(), x, 2); };
  const auto strike = [&](const std::string& target, const flip& f) {
    const auto scope = bitfault::quantized_integer_faults(other, target, f, key);
    return run();
  };
  CHECK(compare(make, {"fc.weight", "cell.weight_ih", "cell.weight_hh"}, 60, run(), strike) > 40);
}

TEST_CASE("torch campaign: faults in a quantised buffer that is not packed equal those of whole "
          "passes") {
  torch::manual_seed(1);
  const at::Tensor x = at::randn({2, 6}), w = at::randn({4, 6});
  for (const bool per_channel : {false, true}) {
    const auto net = [&] {
      torch::jit::Module m("m");
      m.register_buffer("w", quantised(w, per_channel));
      define(m, "torch.mm(x, torch.t(torch.dequantize(self.w)))");
      return m;
    };
    torch::jit::Module other = net();
    const at::Tensor q = other.attr("w").toTensor();
    const auto run = [&] { return other.forward({x}).toTensor(); };
    const auto make = [&] { return std::make_unique<model>(net(), x, 2); };
    const auto strike = [&](const std::string& target, const flip& f) {
      if (target == "w") {
        const auto scope = bitfault::scoped<std::int8_t>(f, q, key);
        return run();
      }
      if (target == "w.scale") {
        const auto scope = bitfault::scale_faults(q, f, key);
        return run();
      }
      const auto scope = bitfault::zero_point_faults(q, f, key);
      return run();
    };
    CHECK(compare(make, {"w"}, 60, run(), strike) > 50);
    CHECK(compare(make, {"w.scale"}, 20, run(), strike) > 5);
    CHECK(compare(make, {"w.zero_point"}, 8, run(), strike) > 6);
  }
}

TEST_CASE("torch campaign: a scale and a zero point that other operators pass on are struck for "
          "all of them") {
  at::globalContext().setQEngine(at::kQNNPACK);
  torch::manual_seed(6);
  const at::Tensor x = at::randn({2, 3, 8, 8});
  const c10::IValue packed = pack_conv(quantised(at::randn({4, 3, 3, 3}), false), at::zeros({4}));
  const auto make_net = [&] {
    torch::jit::Module m("m");
    m.register_module("conv", layer(packed, "quantized.conv2d(x, self._packed_params, self.scale, "
                                            "self.zero_point)"));
    define(m, "torch.dequantize(torch.max_pool2d(torch.relu(self.conv.forward("
              "torch.quantize_per_tensor(x, 0.02, 128, 13))), [2, 2]))");
    return m;
  };
  torch::jit::Module other = make_net();
  const auto run = [&] { return other.forward({x}).toTensor(); };
  const auto make = [&] { return std::make_unique<model>(make_net(), x, 2); };
  const auto strike = [&](const std::string& target, const flip& f) {
    if (target == "conv.scale") {
      const auto scope = bitfault::quantized_scale_faults(other, target, f, key);
      return run();
    }
    const auto scope = bitfault::quantized_zero_point_faults(other, target, f, key);
    return run();
  };
  // Of no effect unless integers are clamped: what quantises and what reads has the same one.
  CHECK(compare(make, {"conv.zero_point"}, 8, run(), strike) > 0);
  CHECK(compare(make, {"conv.scale"}, 8, run(), strike, {15, 16, 17, 18, 19, 20, 21, 22}) > 5);
}

TEST_CASE("torch campaign: faults in embeddings of 8 bits equal those of whole passes") {
  torch::manual_seed(7);
  const at::Tensor rows = at::arange(6).reshape({2, 3});
  const c10::IValue packed =
      call("quantized::embedding_bag_prepack",
           {at::quantize_per_channel(at::randn({6, 4}), at::linspace(0.01, 0.03, 6),
                                     at::linspace(90, 110, 6), 0, at::kQUInt8)});
  const auto make_net = [&] {
    return layer(packed, "quantized.embedding_byte(self._packed_params, x)");
  };
  torch::jit::Module other = make_net();
  const auto run = [&] { return other.forward({rows}).toTensor(); };
  const auto make = [&] { return std::make_unique<model>(make_net(), rows, 2); };
  const auto strike = [&](const std::string& target, const flip& f) {
    if (target == "weight") {
      const auto scope = bitfault::quantized_integer_faults(other, "weight", f, key);
      return run();
    }
    if (target == "weight.scale") {
      const auto scope = bitfault::quantized_scale_faults(other, "weight", f, key);
      return run();
    }
    const auto scope = bitfault::quantized_zero_point_faults(other, "weight", f, key);
    return run();
  };
  CHECK(compare(make, {"weight"}, 60, run(), strike) > 50);
  CHECK(compare(make, {"weight.scale"}, 40, run(), strike) > 20);
  CHECK(compare(make, {"weight.zero_point"}, 40, run(), strike) > 15);
}

TEST_CASE("torch campaign: weights that cannot be struck are left out, and it is said why") {
  at::globalContext().setQEngine(at::kQNNPACK);
  torch::manual_seed(9);
  const at::Tensor narrow = at::quantize_per_channel(at::randn({6, 8}), at::full({6}, 0.1F),
                                                     at::zeros({6}), 0, at::kQUInt4x2);
  const c10::IValue packed = call("quantized::embedding_bag_prepack", {narrow});
  torch::jit::Module net("net");
  net.register_attribute("_packed_params", packed.type(), packed);
  net.register_attribute("scale", c10::FloatType::get(), 0.2);
  net.register_attribute("zero_point", c10::IntType::get(), 100);
  net.register_buffer("table", narrow);
  net.register_buffer("matrices", at::ones({2, 3, 4}).to_sparse_csr());
  net.register_buffer("far",
                      at::_empty_affine_quantized({2}, at::TensorOptions(at::kQUInt8), 0.1, 300));
  net.register_buffer("unread", at::ones({3}));
  net.register_buffer("shift", at::ones({1}));
  define(net, "quantized.embedding_4bit(self._packed_params, x) + self.shift");
  const at::Tensor rows = at::arange(6).reshape({2, 3});
  const model m(net, rows, 2);
  REQUIRE(m.parameters().size() == 1);
  CHECK(m.parameters()[0].name == "shift");
  const auto why = [&m](const char* pattern) { return bitfault::why_hidden(m.hidden(), pattern); };
  const std::string refused = "'weight' takes no faults: the packed embedding stores QUInt4x2";
  CHECK_THAT(why("weight"), Catch::StartsWith(refused));
  CHECK_THAT(why("weight.zero_point"), Catch::StartsWith(refused));
  CHECK_THAT(why("weight[1,2]"), Catch::StartsWith(refused));
  CHECK_THAT(why("table"),
             Catch::StartsWith("'table' takes no faults: the tensor stores QUInt4x2"));
  CHECK_THAT(why("matrices.values"), Catch::StartsWith("'matrices' takes no faults: ") &&
                                         Catch::Contains("one matrix, not a batch"));
  CHECK_THAT(why("far"), Catch::Contains("none of the integers that it stores"));
  CHECK_THAT(why("scale"), Catch::StartsWith("'scale' takes no faults: no code of its module"));
  CHECK(why("unread") == "'unread' is read by no operator that was recorded");
  CHECK_THAT(why("@weights"), Catch::Contains(" (one of 7) takes no faults: "));
  CHECK(why("shift").empty());
  CHECK(why("weigh").empty());
  CHECK(why("weights").empty());

  torch::jit::Module whole("whole");
  whole.register_parameter("w", at::randn({8, 8}), false);
  define(whole, "torch.relu(torch.mm(x, self.w))");
  const model frozen(torch::jit::freeze(whole), at::randn({2, 8}), 2);
  CHECK(frozen.parameters().empty());
  CHECK_THAT(bitfault::why_hidden(frozen.hidden(), "w"),
             Catch::StartsWith("'w' is a constant of the graph"));

  network n = static_network(false); // whose weights were packed for QNNPACK
  at::globalContext().setQEngine(at::kONEDNN);
  const model elsewhere(n.net, n.images, 2);
  at::globalContext().setQEngine(at::kQNNPACK);
  CHECK_THAT(bitfault::why_hidden(elsewhere.hidden(), "fc.weight"),
             Catch::StartsWith("'fc.weight' takes no faults: "));
}
