// SPDX-License-Identifier: MIT
#include <bitfault/bitfault.hpp>
#include <bitfault/campaign/campaign.hpp>
#include <bitfault/campaign/drawn_trial.hpp>
#include <bitfault/campaign/memory_store.hpp>
#include <bitfault/integrations/torch/activation_faults.hpp>
#include <bitfault/integrations/torch/operator_hook.hpp>
#include <bitfault/integrations/torch/recorded_model.hpp>

#include "bytes.hpp"
#include "catch.hpp"
#include "compare_trials.hpp"
#include "resnet.hpp"
#include "shared_data.hpp"

#include <torch/script.h>
#include <torch/torch.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace {

namespace bc = bitfault::campaign;
using model = bitfault::recorded_model;

/// A TorchScript network with what makes running operators by themselves hard: in-place operators
/// on views, an activation that is used twice, lists, constants, weights that are computed first.
torch::jit::Module make_tangled() {
  torch::manual_seed(4);
  torch::jit::Module m("tangled");
  m.register_parameter("conv", torch::randn({4, 3, 3, 3}) * 0.2, false);
  m.register_parameter("scale", torch::rand({4, 1, 1, 1}) + 0.5, false);
  m.register_parameter("dense", torch::randn({10, 8}) * 0.3, false);
  m.register_parameter("bias", torch::randn({10}), false);
  m.register_buffer("shift", torch::randn({1, 4, 1, 1}));
  m.define(R"(
def forward(self, x):
    w = self.conv * self.scale
    y = torch.conv2d(x, w, None, [1, 1], [1, 1])
    y.add_(self.shift)
    half = y[:, 0:2]
    half.relu_()
    z = torch.relu(y)
    z += y
    padded = torch.zeros([x.size(0), 8, 8, 8])
    padded[:, 0:4] = z
    padded[:, 4:8] = torch.tanh(y).transpose(2, 3)
    both = torch.cat([padded, padded * 2.0], 1)
    pooled = torch.mean(both, [2, 3])
    parts = torch.chunk(pooled, 2, 1)
    sum = parts[0] + parts[1]
    last = torch.linear(sum, self.dense, self.bias)
    return torch.log_softmax(last, 1).reshape([-1, 10])
)");
  m.eval();
  return m;
}

} // namespace

TEST_CASE("recorded model: what is in a TorchScript module with in-place operators on views, and "
          "what it depends on") {
  torch::manual_seed(5);
  const at::Tensor images = torch::randn({4, 3, 8, 8});
  model m(make_tangled(), images, 2);
  std::vector<std::string> layers, parameters;
  for (const bc::layer& l : m.layers())
    layers.push_back(l.name);
  for (const bc::parameter& p : m.parameters())
    parameters.push_back(p.name);
  CHECK(layers.front() == "input");
  CHECK(layers.size() >= 14);
  CHECK(parameters == std::vector<std::string>{"conv", "scale", "dense", "bias", "shift"});
  CHECK(m.inputs() == 4);
  CHECK(m.batch() == 2);
}

TEST_CASE("recorded model: the names of its layers are patterns of the calls that they stand for") {
  torch::manual_seed(5);
  const at::Tensor images = torch::randn({2, 3, 8, 8});
  torch::jit::Module other = make_tangled();
  model m(make_tangled(), images, 2);
  const c10::InferenceMode inference;
  for (const bc::layer& l : m.layers()) {
    if (l.name == "input" || l.name == "output") // no operator puts them out
      continue;
    INFO(l.name);
    const bitfault::operator_pattern p = bitfault::pattern_of_layer(l.name);
    std::string again = p.module + ":" + p.name.substr(6);
    REQUIRE(p.calls.size() == 1);
    if (p.calls[0] != 0)
      again += "#" + std::to_string(p.calls[0]);
    if (p.tensor != 0)
      again += "@" + std::to_string(p.tensor);
    CHECK(again == l.name);
    const bitfault::operator_hook seen(other, p, [](const auto&, const at::Tensor&) {});
    other.forward({images.clone()});
    CHECK(seen.calls() == 1);
  }
}

TEST_CASE("recorded model: an operator's second output is a layer whose name strikes that one") {
  torch::jit::Module m("m");
  m.define("def forward(self, x):\n"
           "  a, b = torch.var_mean(x, [1], False, True)\n"
           "  c, d = torch.var_mean(x * 2.0, [1], False, True)\n"
           "  return a + b + c + d\n");
  m.eval();
  const at::Tensor images = torch::arange(6, torch::kFloat).reshape({2, 3});
  const model recorded(m.deepcopy(), images, 2);
  std::vector<std::string> names;
  for (const bc::layer& l : recorded.layers())
    names.push_back(l.name);
  REQUIRE(std::find(names.begin(), names.end(), ":var_mean#1@1") != names.end());
  const c10::InferenceMode inference;
  const at::Tensor golden = m.forward({images}).toTensor();
  // The mean of {6, 8, 10}, 8, becomes -8.
  const auto fault = bitfault::activation_fault(m, "bf1::var_mean#1@1[1,0]^31");
  const at::Tensor faulty = m.forward({images}).toTensor();
  fault.check();
  CHECK(faulty[0].item<float>() == golden[0].item<float>());
  CHECK(faulty[1].item<float>() == golden[1].item<float>() - 16);
}

TEST_CASE("recorded model: a module's name stands for its one call, and for nothing else") {
  const auto names = [](const std::string& body, const std::string& path = "part") {
    torch::jit::Module part("part"), top("top");
    part.register_parameter("w", torch::ones({3, 3}), false);
    part.define("def forward(self, x):\n" + body);
    top.register_module(path, part);
    top.define("def forward(self, x):\n  return torch.relu(self." + path + ".forward(x))\n");
    top.eval();
    const model m(top, torch::rand({2, 3}), 2);
    std::vector<std::string> all;
    for (const bc::layer& l : m.layers())
      all.push_back(l.name);
    return all;
  };
  using list = std::vector<std::string>;
  CHECK(names("  return torch.mm(x, self.w)\n") == list{"input", "part", ":relu"});
  // Other calls of the module that a hook by its name would strike, too.
  CHECK(names("  return torch.mm(x, self.w * 2.0)\n") == list{"input", "part:mm", ":relu"});
  // The second output is not what the name of the module means.
  CHECK(names("  a, b = torch.var_mean(x, [1], False, True)\n  return b\n") ==
        list{"input", "part:var_mean@1", ":relu"});
  CHECK(names("  a, b = torch.var_mean(x, [1], False, True)\n  return a\n") ==
        list{"input", "part", ":relu"});
  CHECK(names("  return torch.mm(x, self.w)\n", "input") == list{"input", "input:mm", ":relu"});
}

TEST_CASE("recorded model: faults in a layer's input are seen by that layer only") {
  torch::jit::Module m("m");
  m.define("def forward(self, x):\n  y = x * 2.0\n  z = torch.relu(y)\n  return z + y\n");
  m.eval();
  const at::Tensor images = torch::tensor({1.0F, 2.0F, 3.0F, 4.0F}).reshape({2, 2});
  const auto make = [&] {
    return std::make_unique<model>(m.deepcopy(), images, 2, std::vector<std::uint32_t>{},
                                   std::vector<std::string>{":relu", ":add"});
  };
  bc::experiment e;
  e.name = "e";
  e.targets = {":relu.input[1]"};
  e.fault.bits.which = bc::mask_family::kind::sign;
  e.all_inputs = true;
  bc::campaign<model> c(make, bc::settings{}, {e});
  std::vector<std::string> names;
  for (const bc::layer& l : c.golden().layers())
    names.push_back(l.name);
  CHECK(names == std::vector<std::string>{"input", ":mul", ":relu.input", ":relu", ":add.input",
                                          ":add.input1", ":add"});
  c.require_live_targets();
  const auto outputs = [&](const std::string& target) {
    std::vector<float> all(4);
    const auto t = bc::find_targets(c.targets(), {target}).at(0);
    c.make_runner()->run_with({{static_cast<std::uint32_t>(t), {1, 0x80000000U, 0, {}}, 0, 0}},
                              [&](std::uint64_t input, const std::byte* output) {
                                std::memcpy(&all[2 * static_cast<std::size_t>(input)], output, 8);
                              });
    return all;
  };
  using list = std::vector<float>;
  CHECK(outputs(":relu.input") == list{4, 4, 12, 8}); // relu(-4) + 4, relu(-8) + 8
  CHECK(outputs(":add.input") == list{4, 0, 12, 0});  // -relu(4) + 4
  CHECK(outputs(":add.input1") == list{4, 0, 12, 0}); // relu(4) - 4
  CHECK(outputs(":mul") == list{4, -4, 12, -8});      // relu(-4) - 4
  CHECK(outputs("input") == list{4, -4, 12, -8});
  CHECK_THROWS_WITH(model(m, images, 2, {}, {":rel"}),
                    Catch::Contains("no operator is named ':rel'") &&
                        Catch::Contains("nearest name is ':relu'"));
}

TEST_CASE("recorded model: 300 trials in a tangled TorchScript module equal whole passes") {
  torch::manual_seed(5);
  const at::Tensor images = torch::randn({2, 3, 8, 8});
  torch::jit::Module other = make_tangled();
  const auto run = [&](const at::Tensor& x) { return other.forward({x.clone()}).toTensor(); };
  const auto make = [&] { return std::make_unique<model>(make_tangled(), images, 2); };
  CHECK(compare_trials(make, other, run, images, {"@parameters"}, 150) > 50);
  CHECK(compare_trials(make, other, run, images, {"@activations", "@input"}, 150) > 50);
}

TEST_CASE("recorded model: a campaign's records do not depend on its shortcuts or threads") {
  torch::manual_seed(5);
  const at::Tensor images = torch::randn({6, 3, 8, 8});
  const auto records = [&](const bc::settings& s) {
    bc::experiment weights, activations;
    weights.name = "weights";
    weights.trials = 60;
    activations.name = "activations";
    activations.targets = {"@activations"};
    activations.trials = 60;
    // Inputs of layers are layers, too.
    const auto make = [&] {
      return std::make_unique<model>(make_tangled(), images, 3, std::vector<std::uint32_t>{},
                                     std::vector<std::string>{"*"});
    };
    bc::campaign<model> c(make, s, {weights, activations});
    c.require_live_targets();
    bc::memory_store store(2);
    c.run(store);
    std::vector<bc::trial_record> all;
    for (const std::uint32_t e : {0U, 1U})
      store.for_each_trial(e, {0, 60}, [&](const bc::trial_record& r) { all.push_back(r); });
    return all;
  };
  const auto plain = records({.seed = 3, .start_at_fault = false, .stop_if_masked = false});
  CHECK(plain.size() == 120);
  CHECK((records({.seed = 3}) == plain)); // glog's operators would print the records
  CHECK((records({.seed = 3, .threads = 2}) == plain));
}

TEST_CASE("recorded model: outputs that lie in memory by channels keep their logical order") {
  torch::nn::Conv2d conv(torch::nn::Conv2dOptions(3, 4, 3));
  conv->eval();
  const auto forward = [conv](const at::Tensor& x) mutable {
    return c10::IValue(torch::relu(conv->forward(x.contiguous(at::MemoryFormat::ChannelsLast)))
                           .mean(std::vector<std::int64_t>{2, 3}));
  };
  const at::Tensor images = torch::randn({2, 3, 8, 8});
  const auto make = [&] { return std::make_unique<model>(*conv, forward, images, 2); };
  std::vector<bc::layer> layers = make()->layers();
  REQUIRE(layers.size() == 5);
  CHECK(layers[2].extents == std::vector<std::uint64_t>{4, 6, 6});

  // The flip in channel 3, row 1, column 2 is where it is meant.
  model m(*conv, forward, images, 2);
  bc::layer_outputs out(m.layers(), 2);
  for (std::size_t n = 0; n < 5; ++n)
    m.run_layer(n, 0, out.inputs_of(n), out[n]);
  const c10::InferenceMode inference;
  const at::Tensor golden = conv->forward(images);
  CHECK(out[2].as<float>()[(3 * 6 + 1) * 6 + 2] ==
        Approx(golden[0][3][1][2].item<float>()).margin(1e-5));
}

TEST_CASE("recorded model: a module that cannot be run operator by operator is refused, and the "
          "operator named") {
  const at::Tensor images = torch::ones({4, 3});
  const auto refused = [&](const std::string& body, const std::string& why,
                           std::uint64_t batch = 2) {
    torch::jit::Module m("m");
    m.register_parameter("w", torch::ones({3, 3}), false);
    m.register_buffer("seen", torch::zeros({3}));
    m.define("def forward(self, x):\n" + body);
    m.eval();
    CHECK_THROWS_WITH(model(m, images, batch), Catch::Contains(why));
  };
  refused("  if bool(torch.sum(x) > 0):\n    x = x * 2\n  return torch.mm(x, self.w)\n",
          "lets values decide what runs next");
  refused("  return torch.dropout(torch.mm(x, self.w), 0.5, True)\n", "draws random numbers");
  refused("  self.seen.add_(torch.sum(x, 0))\n  return torch.mm(x, self.w)\n",
          "aten::add_ writes to a parameter or buffer of the module");
  refused("  return torch.mm(x, self.w), x\n", "not one tensor");
  refused("  return torch.mm(self.w, self.w)\n", "does not depend on its inputs");
  refused("  return torch.mm(x.t(), x)\n", "has 3 rows, not one for each of the 2 inputs");
  refused("  return torch.mm(x, self.w)\n", "4 inputs are no whole number of batches of 3", 3);
  torch::jit::Module m("m");
  m.register_attribute("training", c10::BoolType::get(), true);
  m.define("def forward(self, x):\n  return x * 2\n");
  CHECK_THROWS_WITH(model(m, images, 2), Catch::Contains("training mode"));
}

TEST_CASE("recorded model: one of several outputs, in tuples, lists and dictionaries, counts") {
  torch::jit::Module m("m");
  m.define("def forward(self, x):\n"
           "  return x * 2, [x * 3, x * 4], {'a': torch.relu(x), 'b': x * 6}\n");
  const at::Tensor images = torch::tensor({1.0F, -2.0F}).reshape({2, 1});
  const std::vector<std::vector<float>> expected{{2, -4}, {3, -6}, {4, -8}, {1, 0}, {6, -12}};
  const auto recorded = [&](std::size_t n) {
    return std::make_unique<model>(
        m,
        [m, n](const at::Tensor& x) mutable {
          return c10::IValue(bitfault::output_tensor(m.forward({x}), n));
        },
        images, 2);
  };
  for (std::size_t n = 0; n < expected.size(); ++n) {
    const auto one = recorded(n);
    CHECK(one->layers().size() == 2); // the others do not lead to it
    const at::Tensor output = one->run_forward(0);
    CHECK(std::vector<float>(output.data_ptr<float>(), output.data_ptr<float>() + 2) ==
          expected[n]);
  }
  CHECK_THROWS_WITH(recorded(5),
                    Catch::Contains("puts out 5 tensors") && Catch::Contains("there is no 5"));
}

TEST_CASE("recorded model: a module whose last batch gives another shape or type is refused") {
  torch::nn::Linear dense(torch::nn::LinearOptions(3, 3).bias(false));
  dense->eval();
  const at::Tensor images = torch::zeros({4, 3}); // all bits of all outputs are zero
  const auto make = [&](const std::function<at::Tensor(const at::Tensor&)>& last) {
    // Recorded with the first batch, compared with it, then with the last.
    const auto pass = std::make_shared<int>(0);
    model(
        *dense,
        [=](const at::Tensor& x) mutable {
          const at::Tensor y = dense->forward(x);
          return c10::IValue(++*pass < 3 ? y : last(y));
        },
        images, 2);
    return *pass;
  };
  CHECK(make([](const at::Tensor& y) { return y; }) == 3);
  const auto refused = [&](const std::function<at::Tensor(const at::Tensor&)>& last) {
    CHECK_THROWS_WITH(make(last), Catch::Contains("batch 1 gives another output"));
  };
  refused([](const at::Tensor& y) { return y.unsqueeze(2); });
  refused([](const at::Tensor& y) { return y.to(at::kDouble); });
  refused([](const at::Tensor& y) { return y.narrow(1, 0, 1); });
}

TEST_CASE("recorded model: 2,000 trials on ResNet-20 equal whole passes, bit for bit") {
  const auto weights = shared_data("models-cifar10/resnet/resnet20.safetensors");
  const auto batch = shared_data("cifar-10-batches-bin/test_batch.bin");
  if (!weights || !batch) {
    WARN("skipped: there is no folder of shared data with models-cifar10 and cifar-10-batches-bin");
    SUCCEED();
    return;
  }
  at::set_num_threads(1);
  const at::Tensor images = cifar10(*batch, 2).first;
  const auto load = [&] {
    resnet n(3);
    load_safetensors(*n, *weights);
    n->eval();
    return n;
  };
  resnet other = load();
  const auto run = [&](const at::Tensor& x) { return other->forward(x); };
  const auto make = [&] {
    resnet own = load();
    return std::make_unique<model>(
        *own, [own](const at::Tensor& x) mutable { return c10::IValue(own->forward(x)); }, images,
        2);
  };
  CHECK(compare_trials(make, *other, run, images, {"@parameters"}, 1000) > 300);
  CHECK(compare_trials(make, *other, run, images, {"@activations"}, 1000) > 300);
}
