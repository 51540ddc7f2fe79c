// SPDX-License-Identifier: MIT
#include <bitfault/bitfault.hpp>
#include <bitfault/integrations/torch/activation_faults.hpp>
#include <bitfault/integrations/torch/operator_hook.hpp>

#include "bytes.hpp"
#include "catch.hpp"

#include <torch/torch.h>

#include <torch/script.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

namespace {

const bitfault::fault_key key{.seed = 3};
const auto three_flips =
    bitfault::make_injector(bitfault::bit_flip{}, bitfault::exactly{3}, bitfault::bits::mantissa{});
const auto top_bits =
    bitfault::make_injector(bitfault::bit_flip{}, bitfault::every{}, bitfault::bits::sign{});

struct block_impl : torch::nn::Module {
  explicit block_impl(std::int64_t c)
      : conv1(torch::nn::Conv2dOptions(c, c, 3).padding(1)),
        conv2(torch::nn::Conv2dOptions(c, c, 3).padding(1)) {
    register_module("conv1", conv1);
    register_module("act", act);
    register_module("conv2", conv2);
  }
  at::Tensor forward(const at::Tensor& x) {
    at::Tensor y = conv2(act(conv1(x)));
    y += x;
    return torch::relu(y);
  }
  torch::nn::Conv2d conv1, conv2;
  torch::nn::ReLU act;
};
TORCH_MODULE_IMPL(block, block_impl);

struct net_impl : torch::nn::Module {
  net_impl() : stem(torch::nn::Conv2dOptions(3, 4, 3)), layer1(block(4), block(4)), fc(4, 10) {
    register_module("stem", stem);
    register_module("layer1", layer1);
    register_module("fc", fc);
  }
  at::Tensor forward(const at::Tensor& x) {
    const at::Tensor y = layer1->forward(torch::relu(stem(x)));
    return fc(torch::avg_pool2d(y, 6).flatten(1));
  }
  torch::nn::Conv2d stem;
  torch::nn::Sequential layer1;
  torch::nn::Linear fc;
};
TORCH_MODULE_IMPL(net, net_impl);

net make_net() {
  torch::manual_seed(1);
  net n;
  n->eval();
  return n;
}
at::Tensor images() {
  torch::manual_seed(2);
  return torch::randn({2, 3, 8, 8});
}

/// The same network as TorchScript: two blocks in a list of modules, one activation that is shared.
torch::jit::Module make_script(const net& from) {
  torch::jit::Module block("block"), inner("inner"), top("top");
  const auto conv = [](const std::string& name, const torch::nn::Conv2d& c, int padding) {
    torch::jit::Module m(name);
    m.register_parameter("weight", c->weight.detach().clone(), false);
    m.register_parameter("bias", c->bias.detach().clone(), false);
    m.define("def forward(self, x):\n  return torch.conv2d(x, self.weight, self.bias, [1, 1], [" +
             std::to_string(padding) + ", " + std::to_string(padding) + "])\n");
    return m;
  };
  torch::jit::Module act("act");
  act.define("def forward(self, x):\n  return torch.relu(x)\n");
  top.register_module("stem", conv("stem", from->stem, 0));
  torch::jit::Module layer("layer");
  for (const std::string name : {"first", "second"}) {
    const auto b = from->layer1->at<block_impl>(name == "first" ? 0 : 1);
    torch::jit::Module m(name);
    m.register_module("conv1", conv(name + "_conv1", b.conv1, 1));
    m.register_module("act", act);
    m.register_module("conv2", conv(name + "_conv2", b.conv2, 1));
    m.define("def forward(self, x):\n"
             "  y = self.conv2.forward(self.act.forward(self.conv1.forward(x)))\n"
             "  y += x\n"
             "  return torch.relu(y)\n");
    layer.register_module(name, m);
  }
  layer.define("def forward(self, x):\n  return self.second.forward(self.first.forward(x))\n");
  top.register_module("layer1", layer);
  top.register_module("act", act);
  torch::jit::Module fc("fc");
  fc.register_parameter("weight", from->fc->weight.detach().clone(), false);
  fc.register_parameter("bias", from->fc->bias.detach().clone(), false);
  fc.define("def forward(self, x):\n  return torch.linear(x, self.weight, self.bias)\n");
  top.register_module("fc", fc);
  top.define("def forward(self, x):\n"
             "  y = self.layer1.forward(self.act.forward(self.stem.forward(x)))\n"
             "  y = torch.flatten(torch.avg_pool2d(y, [6, 6]), 1)\n"
             "  return self.fc.forward(torch.relu(y))\n");
  top.eval();
  return top;
}

std::vector<std::string> calls_seen(const auto& module, bitfault::operator_pattern where,
                                    const auto& forward) {
  std::vector<std::string> seen;
  bitfault::operator_hook hook(module, std::move(where),
                               [&](const bitfault::operator_call& c, const at::Tensor&) {
                                 seen.push_back(std::string(c.module) + " " + std::string(c.name) +
                                                " " + std::to_string(c.number));
                               });
  forward();
  hook.check();
  return seen;
}

} // namespace

TEST_CASE("torch hooks: a torch::nn model shows its operators, those with parameters by module") {
  const torch::NoGradGuard no_grad;
  net n = make_net();
  const at::Tensor x = images();
  auto all = calls_seen(*n, {}, [&] { n->forward(x); });
  // torch::nn::Linear calls aten::addmm or aten::linear; which, is the version's choice.
  REQUIRE(!all.empty());
  CHECK(all.back().substr(0, 9) == "fc aten::");
  all.pop_back();
  CHECK(all == std::vector<std::string>{"stem aten::conv2d 0", " aten::relu 0",
                                        "layer1.0.conv1 aten::conv2d 0", " aten::relu 1",
                                        "layer1.0.conv2 aten::conv2d 0", " aten::add_ 0",
                                        " aten::relu 2", "layer1.1.conv1 aten::conv2d 0",
                                        " aten::relu 3", "layer1.1.conv2 aten::conv2d 0",
                                        " aten::add_ 1", " aten::relu 4", " aten::avg_pool2d 0"});
  CHECK(calls_seen(*n, {.module = "layer1.*.conv2"}, [&] { n->forward(x); }) ==
        std::vector<std::string>{"layer1.0.conv2 aten::conv2d 0", "layer1.1.conv2 aten::conv2d 0"});
  CHECK(calls_seen(*n, {.name = "aten::relu", .calls = {1, 3}}, [&] { n->forward(x); }) ==
        std::vector<std::string>{" aten::relu 1", " aten::relu 3"});
}

TEST_CASE("torch hooks: a TorchScript model shows every operator by module, shared ones too") {
  const torch::NoGradGuard no_grad;
  torch::jit::Module n = make_script(make_net());
  const at::Tensor x = images();
  for (int pass = 0; pass < 3; ++pass) // the interpreter optimises in the second pass
    CHECK(calls_seen(n, {}, [&] { n.forward({x}); }) ==
          std::vector<std::string>{
              "stem aten::conv2d 0", "act aten::relu 0", "layer1.first.conv1 aten::conv2d 0",
              "layer1.first.act aten::relu 0", "layer1.first.conv2 aten::conv2d 0",
              "layer1.first aten::add_ 0", "layer1.first aten::relu 0",
              "layer1.second.conv1 aten::conv2d 0", "layer1.second.act aten::relu 0",
              "layer1.second.conv2 aten::conv2d 0", "layer1.second aten::add_ 0",
              "layer1.second aten::relu 0", " aten::avg_pool2d 0", " aten::relu 0",
              "fc aten::linear 0"});
}

TEST_CASE(
    "torch hooks: an operator's tensors are its own, whatever else the interpreter has on its "
    "stack") {
  const torch::NoGradGuard no_grad;
  torch::jit::Module m("m");
  m.define("def forward(self, x):\n  return torch.cat([x, x * 2.0, x * 3.0 + x], 0)\n");
  const at::Tensor x = torch::arange(1, 4, torch::kFloat);
  const std::vector<std::string> expected{bytes_of(x * 2), bytes_of(x * 3)};
  const at::Tensor sum = torch::cat({x, x * 2, x * -3 + x});
  for (int pass = 0; pass < 3; ++pass) {
    std::vector<std::string> products;
    bitfault::operator_hook watch(m, {.name = "aten::mul"}, [&](const auto&, const at::Tensor& t) {
      products.push_back(bytes_of(t));
    });
    const auto faults =
        bitfault::activation_faults(m, {.name = "aten::mul", .calls = {1}}, top_bits, key);
    const at::Tensor y = m.forward({x}).toTensor();
    CHECK(products == expected);
    CHECK(bytes_of(y) == bytes_of(sum));
    CHECK(bytes_of(x) == bytes_of(torch::arange(1, 4, torch::kFloat)));
  }
}

TEST_CASE("torch hooks: a flip in a convolution reaches the result, in any number of passes, and "
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

TEST_CASE("torch hooks: transient faults differ from pass to pass and layer to layer, permanent "
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

TEST_CASE("torch hooks: monitors before and after a fault in one layer see it come") {
  const torch::NoGradGuard no_grad;
  net n = make_net();
  std::string before, after;
  const bitfault::operator_pattern where{.module = "fc"};
  bitfault::operator_hook first(*n, where,
                                [&](const auto&, const at::Tensor& t) { before = bytes_of(t); });
  const auto faults = bitfault::activation_fault(*n, "bf1:fc[1,3]^31");
  bitfault::operator_hook second(*n, where,
                                 [&](const auto&, const at::Tensor& t) { after = bytes_of(t); });
  const at::Tensor out = n->forward(images());
  CHECK(bytes_of(out) == after);
  REQUIRE(before.size() == 2 * 10 * 4);
  before[(1 * 10 + 3) * 4 + 3] ^= '\x80';
  CHECK(before == after);
}

TEST_CASE("torch hooks: faults in one batch entry leave the others and the shape alone") {
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

TEST_CASE("torch hooks: a fault in a layer's input is seen by that layer only") {
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

TEST_CASE("torch hooks: tuples and lists count their tensors through") {
  const torch::NoGradGuard no_grad;
  torch::nn::LSTM lstm(torch::nn::LSTMOptions(3, 4));
  const at::Tensor x = torch::ones({5, 1, 3});
  const auto [y, state] = lstm->forward(x);
  {
    const auto faults =
        bitfault::activation_faults(*lstm, {.name = "aten::lstm", .tensor = 2}, top_bits, key);
    const auto [y2, state2] = lstm->forward(x);
    faults.check();
    CHECK(bytes_of(y2) == bytes_of(y));
    CHECK(bytes_of(std::get<0>(state2)) == bytes_of(std::get<0>(state)));
    CHECK(bytes_of(std::get<1>(state2)) == bytes_of(-std::get<1>(state)));
  }
  auto beyond =
      bitfault::activation_faults(*lstm, {.name = "aten::lstm", .tensor = 3}, top_bits, key);
  lstm->forward(x);
  CHECK_THROWS_WITH(beyond.check(), Catch::Contains("has 3 output tensors; there is no 3"));

  const at::Tensor many = torch::arange(6, torch::kFloat);
  const auto parts = torch::split_copy(many, 3);
  CHECK(parts.size() == 2);
  const auto in_list =
      bitfault::activation_faults(*lstm, {.name = "aten::split_copy", .tensor = 1}, top_bits, key);
  const auto struck = torch::split_copy(many, 3);
  CHECK(bytes_of(struck[0]) == bytes_of(parts[0]));
  CHECK(bytes_of(struck[1]) == bytes_of(-parts[1]));
}

TEST_CASE("torch hooks: a shared module called twice is struck where it is meant") {
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

TEST_CASE("torch hooks: two threads inject independently") {
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

TEST_CASE("torch hooks: inputs, weights and activations in one run, and a backward pass") {
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

TEST_CASE("torch hooks: what does not fit is an error that says where") {
  const torch::NoGradGuard no_grad;
  net n = make_net();
  const auto nothing = [](const auto&, const at::Tensor&) {};
  CHECK_THROWS_WITH(bitfault::operator_hook(*n, {.module = "layer1.0.conv3"}, nothing),
                    Catch::Contains("no module is named 'layer1.0.conv3'") &&
                        Catch::Contains("nearest name is 'layer1.0.conv1'"));
  CHECK_THROWS_WITH(bitfault::operator_hook(*n, {.module = "layer1.0.act"}, nothing),
                    Catch::Contains("no parameter of its own"));
  CHECK_THROWS_AS(bitfault::activation_fault(*n, "bf1:fc"), bitfault::address_error);

  bitfault::operator_hook never(*n, {.name = "aten::gelu"}, nothing);
  never.check(); // nothing has run yet
  n->forward(images());
  CHECK_THROWS_WITH(never.check(), Catch::Contains("no call of 'aten::gelu'"));

  const auto throws = [&](const auto& hook, const std::string& text) {
    n->forward(images());
    CHECK_THROWS_WITH(hook.check(), Catch::Contains(text));
  };
  throws(bitfault::activation_fault(*n, "bf1:stem[0,4,0,0]^30"),
         "output of aten::conv2d in 'stem', shape [2, 4, 6, 6]: ");
  throws(bitfault::activation_fault(*n, "bf1:stem[0,4,0,0]^30"),
         "coordinate 4 on axis 1 is outside its extent 4");
  throws(bitfault::activation_fault(*n, "bf1:fc[0,0]^32"), "bit 32 is outside a word of 32 bits");
  throws(bitfault::activation_faults(
             *n, {.module = "fc"},
             bitfault::make_injector(bitfault::bit_flip{}, bitfault::exactly{641}), key),
         "641 faults asked for, but the space has only 640 sites");

  // If nobody asks, the end of the hook says it.
  CHECK_THROWS_WITH(
      [&] {
        const auto hook = bitfault::activation_fault(*n, "bf1:fc[0,10]^0");
        n->forward(images());
      }(),
      Catch::Contains("coordinate 10 on axis 1 is outside its extent 10"));
}
