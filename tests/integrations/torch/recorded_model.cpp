// SPDX-License-Identifier: MIT
#include <bitfault/bitfault.hpp>
#include <bitfault/campaign/campaign.hpp>
#include <bitfault/campaign/drawn_trial.hpp>
#include <bitfault/campaign/memory_store.hpp>
#include <bitfault/integrations/torch/operator_hook.hpp>
#include <bitfault/integrations/torch/recorded_model.hpp>

#include "bytes.hpp"
#include "catch.hpp"
#include "resnet.hpp"
#include "shared_data.hpp"

#include <torch/script.h>
#include <torch/torch.h>

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

/// The output of a whole pass of a module with one flip in it, by a way of its own: the bit is
/// turned in the module's parameter, or in what the operator puts out, in all rows of the batch.
std::string whole_pass(const auto& module, const std::function<at::Tensor(const at::Tensor&)>& run,
                       const at::Tensor& images, const bc::target& struck,
                       const bitfault::listed_fault& fault) {
  const c10::InferenceMode inference;
  // In the memory that the tensor is a part of: an in-place operator counts with all of it.
  const auto flip = [&](const at::Tensor& t, std::uint64_t element) {
    REQUIRE(t.scalar_type() == at::kFloat);
    REQUIRE(element < t.storage().nbytes() / 4);
    auto* const at = static_cast<std::byte*>(t.data_ptr()) - 4 * t.storage_offset() + 4 * element;
    std::uint32_t word = 0;
    std::memcpy(&word, at, 4);
    word ^= static_cast<std::uint32_t>(fault.mask);
    std::memcpy(at, &word, 4);
  };
  if (struck.is_parameter()) {
    const at::Tensor t = bitfault::module_tensors(module).find(struck.name).at(0).tensor;
    flip(t, fault.element);
    const std::string bytes = bytes_of(run(images));
    flip(t, fault.element);
    return bytes;
  }
  const auto in_rows = [&](const at::Tensor& t) {
    for (std::int64_t row = 0; row < images.size(0); ++row)
      flip(t, static_cast<std::uint64_t>(row) * struck.size + fault.element);
  };
  if (struck.kind == bc::target_kind::input) {
    const at::Tensor copy = images.clone();
    in_rows(copy);
    return bytes_of(run(copy));
  }
  bitfault::operator_hook hook(module, bitfault::pattern_of_layer(struck.name),
                               [&](const auto&, const at::Tensor& t) { in_rows(t); });
  const std::string bytes = bytes_of(run(images));
  hook.check();
  REQUIRE(hook.calls() == 1);
  return bytes;
}

/// Runs trials of single flips, each from the fault on and only as far as anything differs, and
/// once more as a whole. Returns how many outputs were not the golden one.
std::size_t compare_trials(const std::function<std::unique_ptr<model>()>& make, const auto& module,
                           const std::function<at::Tensor(const at::Tensor&)>& run,
                           const at::Tensor& images, const std::vector<std::string>& targets,
                           std::uint64_t trials) {
  bc::experiment e;
  e.name = "flips";
  e.targets = targets;
  e.trials = trials;
  bc::campaign<model> c(make, bc::settings{.seed = 9}, {e});
  const auto runner = c.make_runner();
  std::size_t differ = 0;
  const std::string golden = bytes_of(run(images));
  for (std::uint64_t trial = 0; trial < trials; ++trial) {
    const auto faults =
        bc::draw_trial(c.experiments()[0], trial, c.golden().inputs()).record.faults;
    REQUIRE(faults.size() == 1);
    std::string partial;
    const std::size_t bytes = golden.size() / static_cast<std::size_t>(images.size(0));
    runner->run_with(faults, [&](std::uint64_t, const std::byte* output) {
      partial.append(reinterpret_cast<const char*>(output), bytes);
    });
    const bc::target& struck = c.targets()[faults[0].target];
    const std::string whole = whole_pass(module, run, images, struck, faults[0].fault);
    INFO(struck.name << " element " << faults[0].fault.element << " mask " << faults[0].fault.mask);
    REQUIRE(partial == whole);
    differ += whole != golden ? 1 : 0;
  }
  return differ;
}

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
    bc::campaign<model> c([&] { return std::make_unique<model>(make_tangled(), images, 3); }, s,
                          {weights, activations});
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

TEST_CASE("recorded model: ResNet-20 answers as in Python's PyTorch") {
  const auto weights = shared_data("models-cifar10/resnet/resnet20.safetensors");
  const auto batch = shared_data("cifar-10-batches-bin/test_batch.bin");
  if (!weights || !batch) {
    WARN("skipped: there is no folder of shared data with models-cifar10 and cifar-10-batches-bin");
    SUCCEED();
    return;
  }
  const torch::NoGradGuard no_grad;
  const auto [images, labels] = cifar10(*batch, 500);
  resnet n(3);
  load_safetensors(*n, *weights);
  n->eval();
  const at::Tensor answers = n->forward(images).argmax(1);
  int right = 0;
  for (std::int64_t i = 0; i < 500; ++i)
    right += answers[i].item<std::int64_t>() ==
             static_cast<std::int64_t>(labels[static_cast<std::size_t>(i)]);
  CHECK(right == 455);
}
