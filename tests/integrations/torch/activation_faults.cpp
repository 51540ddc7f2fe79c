// SPDX-License-Identifier: MIT
#include <bitfault/bitfault.hpp>
#include <bitfault/integrations/torch/activation_faults.hpp>
#include <bitfault/integrations/torch/operator_hook.hpp>

#include "block_networks.hpp"
#include "bytes.hpp"
#include "catch.hpp"

#include <torch/torch.h>

#include <torch/script.h>

#include <cstdint>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace block_networks;

/// Two activations in one module.
torch::jit::Module make_module() {
  torch::jit::Module layer("layer"), top("top");
  layer.define("def forward(self, x):\n  return torch.relu(torch.relu(x) - 1.0)\n");
  top.register_module("layer", layer);
  top.define("def forward(self, x):\n  return self.layer.forward(x)\n");
  top.eval();
  return top;
}

} // namespace

TEST_CASE("torch activations: an address with a call strikes the first pass, and each one that a "
          "restart comes before") {
  const torch::NoGradGuard no_grad;
  torch::jit::Module m = make_module();
  const at::Tensor x = torch::tensor({2.0F, 5.0F});
  const auto run = [&] { return bytes_of(m.forward({x}).toTensor()); };
  const std::string golden = run();
  auto fault = bitfault::activation_fault(m, "bf1:layer:relu#1[1]^31");
  const std::string struck = bytes_of(torch::tensor({1.0F, -4.0F}));
  CHECK(run() == struck);
  CHECK(run() == golden); // calls 2 and 3 since the hook began
  fault.restart();
  CHECK(run() == struck);
  CHECK(fault.calls() == 2);
  fault.check();
}

TEST_CASE("torch activations: an address with a module strikes each pass") {
  const torch::NoGradGuard no_grad;
  torch::nn::Linear dense(2, 2);
  const at::Tensor x = torch::ones({1, 2});
  at::Tensor expected = dense->forward(x);
  expected[0][1].neg_();
  torch::nn::Sequential net(dense);
  const auto fault = bitfault::activation_fault(*net, "bf1:0[0,1]^31");
  for (int pass = 0; pass < 3; ++pass)
    CHECK(bytes_of(net->forward(x)) == bytes_of(expected));
}

TEST_CASE(
    "torch activations: a flip in a convolution reaches the result, in any number of passes, and "
    "ends with the hook") {
  const torch::NoGradGuard no_grad;
  net n = make_net();
  torch::jit::Module script = make_script(n);
  const at::Tensor x = images();
  const std::string golden = bytes_of(n->forward(x));
  const std::string golden_script = bytes_of(script.forward({x}).toTensor());
  std::vector<std::string> faulty;
  {
    const auto faults =
        bitfault::activation_faults(*n, {.module = "layer1.0.conv1"}, top_bits, key);
    for (int pass = 0; pass < 3; ++pass)
      faulty.push_back(bytes_of(n->forward(x)));
    CHECK(faults.calls() == 3);
    faults.check();
  }
  CHECK(bytes_of(n->forward(x)) == golden);
  CHECK(faulty[0] != golden);
  CHECK(faulty[1] == faulty[0]); // every sign: each pass strikes the same
  CHECK(faulty[2] == faulty[0]);

  // The same by hand, in a copy whose convolution has all signs of weights and bias turned.
  net turned = make_net();
  auto& conv = turned->layer1->at<block_impl>(0).conv1;
  conv->weight.neg_();
  conv->bias.neg_();
  CHECK(bytes_of(turned->forward(x)) == faulty[0]);

  const auto faults =
      bitfault::activation_faults(script, {.module = "layer1.first.conv1"}, top_bits, key);
  CHECK(bytes_of(script.forward({x}).toTensor()) != golden_script);
}

TEST_CASE(
    "torch activations: transient faults differ from pass to pass and layer to layer, permanent "
    "ones stay") {
  const torch::NoGradGuard no_grad;
  net n = make_net();
  const at::Tensor x = images();
  const auto run = [&](const auto& injector) {
    std::vector<std::string> differences;
    at::Tensor before;
    const bitfault::operator_pattern where{.module = "layer1.*.conv1"};
    bitfault::operator_hook first(*n, where, [&](const auto&, const at::Tensor& t) { t.zero_(); });
    const auto faults = bitfault::activation_faults(*n, where, injector, key);
    bitfault::operator_hook last(
        *n, where, [&](const auto&, const at::Tensor& t) { differences.push_back(bytes_of(t)); });
    n->forward(x);
    n->forward(x);
    return differences; // layer 0 and 1, twice
  };
  const auto transient = run(three_flips);
  REQUIRE(transient.size() == 4);
  CHECK(transient[0] != transient[1]);
  CHECK(transient[0] != transient[2]);
  const auto lasting =
      run(bitfault::make_injector(bitfault::bit_flip{}, bitfault::exactly{3},
                                  bitfault::bits::mantissa{}, bitfault::permanent{}));
  CHECK(lasting[0] != lasting[1]);
  CHECK(lasting[0] == lasting[2]);
  CHECK(lasting[1] == lasting[3]);
}

TEST_CASE("torch activations: faults in one batch entry leave the others and the shape alone") {
  const torch::NoGradGuard no_grad;
  net n = make_net();
  const at::Tensor x = images(), golden = n->forward(x);
  const auto second = bitfault::make_injector(bitfault::bit_flip{}, bitfault::every{},
                                              bitfault::bits::sign{}, bitfault::batch_entry(1));
  const auto faults = bitfault::activation_faults(*n, {.module = "stem"}, second, key);
  const at::Tensor faulty = n->forward(x);
  REQUIRE(faulty.sizes() == golden.sizes());
  CHECK(bytes_of(faulty[0]) == bytes_of(golden[0]));
  CHECK(bytes_of(faulty[1]) != bytes_of(golden[1]));
}

TEST_CASE("torch activations: a fault in a layer's input is seen by that layer only") {
  const torch::NoGradGuard no_grad;
  net n = make_net();
  const at::Tensor x = images();
  const std::string given = bytes_of(x), golden = bytes_of(n->forward(x));
  // conv1 reads what the residual addition reads, too: only the convolution may see the fault.
  std::string seen_by_add;
  bitfault::operator_hook watch(
      *n, {.name = "aten::relu", .calls = {0}},
      [&](const auto&, const at::Tensor& t) { seen_by_add = bytes_of(t); });
  at::Tensor kept;
  bitfault::operator_hook keep(*n, {.name = "aten::relu", .calls = {0}},
                               [&](const auto&, const at::Tensor& t) { kept = t; });
  const auto faults = bitfault::input_faults(*n, {.module = "layer1.0.conv1"}, top_bits, key);
  const std::string faulty = bytes_of(n->forward(x));
  CHECK(faulty != golden);
  CHECK(bytes_of(kept) == seen_by_add);

  net turned = make_net(); // a convolution of the negated image, by hand
  auto& conv = turned->layer1->at<block_impl>(0).conv1;
  conv->weight.neg_();
  CHECK(bytes_of(turned->forward(x)) == faulty);
  CHECK(bytes_of(x) == given);

  auto in_place = bitfault::input_faults(*n, {.name = "aten::add_"}, top_bits, key);
  n->forward(x);
  CHECK_THROWS_WITH(in_place.check(), Catch::Contains("aten::add_ writes to its input"));
}

TEST_CASE("torch activations: a shared module called twice is struck where it is meant") {
  const torch::NoGradGuard no_grad;
  struct twice_impl : torch::nn::Module {
    twice_impl() { register_module("fc", fc); }
    at::Tensor forward(const at::Tensor& x) { return fc(fc(x)); }
    torch::nn::Linear fc{4, 4};
  };
  twice_impl m;
  const at::Tensor x = torch::ones({1, 4});
  std::vector<std::string> outputs;
  for (const std::uint64_t number : {0U, 1U}) {
    const auto faults =
        bitfault::activation_faults(m, {.module = "fc", .calls = {number}}, top_bits, key);
    outputs.push_back(bytes_of(m.forward(x)));
    CHECK(faults.calls() == 1);
    CHECK(bytes_of(m.forward(x)) == bytes_of(m.fc(m.fc(x)))); // calls 2 and 3
  }
  auto faults = bitfault::activation_faults(m, {.module = "fc", .calls = {1}}, top_bits, key);
  CHECK(bytes_of(m.forward(x)) == outputs[1]);
  faults.restart();
  CHECK(bytes_of(m.forward(x)) == outputs[1]);
  CHECK(faults.calls() == 2);
  CHECK(outputs[0] == bytes_of(m.fc(-m.fc(x))));
  CHECK(outputs[1] == bytes_of(-m.fc(m.fc(x))));
}

TEST_CASE("torch activations: two threads inject independently") {
  net n = make_net();
  const at::Tensor x = images();
  const auto run = [&](bool with) {
    const torch::NoGradGuard no_grad;
    std::vector<std::string> outputs;
    for (int pass = 0; pass < 20; ++pass) {
      if (with) {
        const auto faults = bitfault::activation_faults(*n, {.module = "stem"}, top_bits, key);
        outputs.push_back(bytes_of(n->forward(x)));
      } else {
        outputs.push_back(bytes_of(n->forward(x)));
      }
    }
    return outputs;
  };
  const auto golden = run(false), faulty = run(true);
  REQUIRE(golden[0] != faulty[0]);
  std::vector<std::string> a, b;
  std::thread one([&] { a = run(true); }), other([&] { b = run(false); });
  one.join();
  other.join();
  CHECK(a == faulty);
  CHECK(b == golden);
}

TEST_CASE("torch activations: inputs, weights and activations in one run, and a backward pass") {
  net n = make_net();
  const at::Tensor x = images();
  const std::string weights = bytes_of(n->stem->weight.detach());
  {
    const auto in_weights = bitfault::scoped(three_flips, n->stem->weight, key);
    const auto in_inputs = bitfault::scoped(three_flips, x, key);
    const auto in_outputs =
        bitfault::activation_faults(*n, {.name = "aten::relu"}, three_flips, key);
    n->forward(x).sum().backward();
    CHECK(in_outputs.calls() == 5); // not those of the backward pass
    CHECK(n->stem->weight.grad().isfinite().all().item<bool>());
  }
  CHECK(bytes_of(n->stem->weight.detach()) == weights);
  CHECK(bytes_of(x) == bytes_of(images()));
}

TEST_CASE("torch activations: faults injected by threads are those of one thread") {
  const torch::NoGradGuard no_grad;
  const auto flips = bitfault::make_injector(bitfault::bit_flip{}, bitfault::exactly{20'000});
  torch::nn::Sequential net(torch::nn::Conv2d(3, 8, 3), torch::nn::ReLU());
  const at::Tensor images = torch::randn({2, 3, 40, 40});
  const std::string golden = bytes_of(net->forward(images));
  std::string expected;
  {
    const auto faults = activation_faults(*net, {.module = "0"}, flips, {.seed = 1});
    expected = bytes_of(net->forward(images));
  }
  const auto faults =
      activation_faults(*net, {.module = "0"}, flips, bitfault::threads{2}, {.seed = 1});
  CHECK(bytes_of(net->forward(images)) == expected);
  CHECK(expected != golden);
  faults.check();
}
