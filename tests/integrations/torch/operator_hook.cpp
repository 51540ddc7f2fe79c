// SPDX-License-Identifier: MIT
#include <bitfault/bitfault.hpp>
#include <bitfault/integrations/torch/activation_faults.hpp>
#include <bitfault/integrations/torch/operator_hook.hpp>

#include "block_networks.hpp"
#include "bytes.hpp"
#include "catch.hpp"

#include <torch/torch.h>

#include <torch/script.h>

#include <string>
#include <utility>
#include <vector>

namespace {

using namespace block_networks;

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
