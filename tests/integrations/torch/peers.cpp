// SPDX-License-Identifier: MIT
// What is wrong in other fault injectors and must not be wrong in LibTorch models: the numbers are
// those of tests/peers/bugs.cpp, which has the same for plain memory.
//
// clang-format off
//   1  enpheeph      corrupted after two faults on one tensor     view.cpp, parameter_faults.cpp
//   2  enpheeph      a batch entry shrinks the batch              activation_faults.cpp
//   4  enpheeph      a sparse tensor gets another size            sparse_faults.cpp
//   5  enpheeph      formats change values with no fault          here
//   6  enpheeph      bfloat16, several bits, gradients fail       view.cpp
//   7  enpheeph      misuse prints and goes on                    here; operator_hook.cpp
//   8  PyTorchFI     one pass only, a model copy for each fault   here
//   9  PyTorchFI     at most 4 dimensions, no quantised models    here; view.cpp
//  12  TensorFI2     every result counts as corrupted             here
//  15  TorchFI       zeros are skipped                            parameter_faults.cpp
//  17  InjectTF2     the last batch is dropped, all activations stay in memory   here
// clang-format on
#include <bitfault/bitfault.hpp>
#include <bitfault/campaign/campaign.hpp>
#include <bitfault/campaign/memory_store.hpp>
#include <bitfault/integrations/torch.hpp>
#include <bitfault/integrations/torch/recorded_model.hpp>

#include "bytes.hpp"
#include "catch.hpp"

#include <torch/torch.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace {

namespace bc = bitfault::campaign;
using model = bitfault::recorded_model;
const bitfault::fault_key key{.seed = 5};

torch::nn::Sequential small_net() {
  torch::manual_seed(3);
  torch::nn::Sequential net(torch::nn::Conv2d(3, 4, 3), torch::nn::ReLU(), torch::nn::Flatten(),
                            torch::nn::Linear(4 * 36, 10));
  net->eval();
  return net;
}

std::unique_ptr<model> recorded(torch::nn::Sequential net, const at::Tensor& inputs,
                                std::uint64_t batch, std::vector<std::uint32_t> labels = {}) {
  return std::make_unique<model>(
      *net, [net](const at::Tensor& x) mutable { return c10::IValue(net->forward(x)); }, inputs,
      batch, std::move(labels));
}

std::vector<bc::trial_record> run(bc::campaign<model>& campaign) {
  bc::memory_store store(1);
  campaign.run(store);
  std::vector<bc::trial_record> records;
  store.for_each_trial(0, {0, ~std::uint64_t{0}},
                       [&](const bc::trial_record& r) { records.push_back(r); });
  return records;
}

} // namespace

TEST_CASE("bug 5, torch: fixed point and no fault leave an activation and a weight as they were") {
  const torch::NoGradGuard no_grad;
  auto net = small_net();
  const at::Tensor x = torch::randn({2, 3, 8, 8}) * 1000; // beyond the format's range
  const std::string golden = bytes_of(net->forward(x));
  const auto nothing = bitfault::make_injector(bitfault::bit_flip{}, bitfault::exactly{0},
                                               bitfault::formats::fixed_point<7, 24>{});
  const auto one = bitfault::make_injector(bitfault::bit_flip{}, bitfault::exactly{1},
                                           bitfault::formats::fixed_point<7, 24>{});
  const std::string weights = bytes_of(net->named_parameters()["0.weight"]);
  {
    const auto in_weights = bitfault::parameter_faults(*net, "*", nothing, key);
    const auto in_activations = bitfault::activation_faults(*net, {}, nothing, key);
    CHECK(bytes_of(net->forward(x)) == golden);
    in_activations.check();
  }
  {
    const auto in_weights = bitfault::parameter_faults(*net, "0.weight", one, key);
    const std::string now = bytes_of(net->named_parameters()["0.weight"]);
    std::size_t changed = 0;
    for (std::size_t i = 0; i < now.size(); i += 4)
      changed += now.compare(i, 4, weights, i, 4) != 0 ? 1 : 0;
    CHECK(changed == 1);
  }
  CHECK(bytes_of(net->named_parameters()["0.weight"]) == weights);
}

TEST_CASE("bug 7, torch: a layer that is not there is an error; ending faults twice is none") {
  const torch::NoGradGuard no_grad;
  auto net = small_net();
  const at::Tensor x = torch::randn({2, 3, 8, 8});
  const std::string golden = bytes_of(net->forward(x));
  const auto flip = bitfault::make_injector(bitfault::bit_flip{}, bitfault::exactly{5});
  CHECK_THROWS_WITH(bitfault::activation_faults(*net, {.module = "9"}, flip, key),
                    Catch::Contains("no module is named '9'"));
  CHECK_THROWS_WITH(bitfault::parameter_faults(*net, "9.weight", flip, key),
                    Catch::Contains("no parameter or buffer is named '9.weight'"));
  auto faults = bitfault::parameter_faults(*net, "*.weight", flip, key);
  CHECK(bytes_of(net->forward(x)) != golden);
  faults.restore();
  faults.restore();
  CHECK(bytes_of(net->forward(x)) == golden);
}

TEST_CASE("bug 8, torch: faults hold for any number of passes, and the model is not copied") {
  const torch::NoGradGuard no_grad;
  auto net = small_net();
  const at::Tensor x = torch::randn({2, 3, 8, 8});
  const std::string golden = bytes_of(net->forward(x));
  std::vector<const void*> memory;
  for (const at::Tensor& p : net->parameters())
    memory.push_back(p.data_ptr());
  const auto same_memory = [&] {
    std::vector<const void*> now;
    for (const at::Tensor& p : net->parameters())
      now.push_back(p.data_ptr());
    return now == memory;
  };
  const auto flips = bitfault::make_injector(bitfault::bit_flip{}, bitfault::exactly{20},
                                             bitfault::bits::sign{}, bitfault::permanent{});
  {
    const auto in_weights = bitfault::parameter_faults(*net, "3.weight", flips, key);
    const auto in_activations = bitfault::activation_faults(*net, {.module = "0"}, flips, key);
    const std::string faulty = bytes_of(net->forward(x));
    CHECK(faulty != golden);
    for (int pass = 0; pass < 5; ++pass)
      CHECK(bytes_of(net->forward(x)) == faulty);
    CHECK(in_activations.calls() == 6);
    CHECK(same_memory());
  }
  for (int pass = 0; pass < 3; ++pass)
    CHECK(bytes_of(net->forward(x)) == golden);
  CHECK(same_memory());
}

TEST_CASE("bug 9, torch: layers of five axes and of quantised integers take faults") {
  const torch::NoGradGuard no_grad;
  torch::nn::Conv3d conv(torch::nn::Conv3dOptions(2, 3, 2));
  const at::Tensor x = torch::randn({2, 2, 4, 4, 4});
  const at::Tensor golden = conv->forward(x);
  REQUIRE(golden.dim() == 5);
  at::Tensor y;
  {
    const auto fault = bitfault::activation_fault(*conv, "bf1:[1,2,0,1,2]^31");
    y = conv->forward(x);
    fault.check();
  }
  CHECK((y != golden).sum().item<std::int64_t>() == 1);
  CHECK(y.index({1, 2, 0, 1, 2}).item<float>() == -golden.index({1, 2, 0, 1, 2}).item<float>());
  const at::Tensor real = torch::randn({2, 6});
  const auto quantised = [&] { return at::quantize_per_tensor(real, 0.05, 3, at::kQInt8); };
  const at::Tensor before = quantised().int_repr();
  const auto signs =
      bitfault::make_injector(bitfault::bit_flip{}, bitfault::every{}, bitfault::bits::sign{});
  const auto faults = bitfault::activation_faults<std::int8_t>(
      *conv, {.name = "aten::quantize_per_tensor"}, signs, key);
  CHECK(quantised().int_repr().equal(before.bitwise_xor(static_cast<std::int64_t>(-128))));
}

TEST_CASE("bug 12, torch: a fault that masks is no SDC; every site of a layer against a loop") {
  torch::nn::Sequential net(torch::nn::Linear(torch::nn::LinearOptions(2, 2).bias(false)));
  net->eval();
  const std::vector<float> weights{1, 0.5F, -0.25F, 2};
  const std::vector<float> images{3, 0, 0, 2};
  net->named_parameters()["0.weight"].set_data(torch::tensor(weights).view({2, 2}));
  bc::experiment all_sites;
  all_sites.name = "all";
  all_sites.all_inputs = true; // and no number of trials: every site once
  bc::campaign<model> campaign(
      [&] {
        return recorded(net, torch::tensor(images).view({2, 2}), 2);
      },
      {}, {all_sites});
  const auto scores = [&](const std::vector<float>& w, std::size_t image) {
    const float* const x = images.data() + 2 * image;
    return std::vector<float>{w[0] * x[0] + w[1] * x[1], w[2] * x[0] + w[3] * x[1]};
  };
  const auto records = run(campaign);
  REQUIRE(records.size() == 4 * 32);
  std::size_t masked = 0, corrupted = 0;
  for (const bc::trial_record& r : records) {
    std::vector<float> faulty = weights;
    float& word = faulty[r.faults.at(0).fault.element];
    word = std::bit_cast<float>(std::bit_cast<std::uint32_t>(word) ^
                                static_cast<std::uint32_t>(r.faults[0].fault.mask));
    std::string expected;
    for (std::size_t image = 0; image < 2; ++image) {
      const auto was = scores(weights, image), is = scores(faulty, image);
      if (!std::isfinite(is[0]) || !std::isfinite(is[1]))
        expected += 'n';
      else if (was == is)
        expected += 'm';
      else
        expected += (is[1] > is[0]) != (was[1] > was[0]) ? 's' : 't';
    }
    INFO(r.faults[0].fault.element << " " << r.faults[0].fault.mask);
    CHECK(r.outcomes_by_input == expected);
    masked += static_cast<std::size_t>(std::count(expected.begin(), expected.end(), 'm'));
    corrupted += static_cast<std::size_t>(std::count(expected.begin(), expected.end(), 's'));
  }
  CHECK(masked >= 4 * 31); // each weight meets an image that is 0 there
  CHECK(corrupted > 0);
  CHECK(corrupted < 30);
}

TEST_CASE("bug 17, torch: every image counts, and activations stay in memory up to a budget") {
  torch::manual_seed(6);
  const at::Tensor images = torch::randn({6, 3, 8, 8});
  const auto make = [&] { return recorded(small_net(), images, 2); };
  CHECK_THROWS_WITH(recorded(small_net(), images, 4),
                    Catch::Contains("6 inputs are no whole number of batches of 4"));
  bc::experiment flips;
  flips.name = "flips";
  flips.targets = {"@weights", "@activations"};
  flips.trials = 60;
  flips.all_inputs = true;
  const auto with_budget = [&](std::uint64_t bytes) {
    bc::settings s;
    s.cache_bytes = bytes;
    return std::make_unique<bc::campaign<model>>(make, s, std::vector{flips});
  };
  // An input of 3 * 8 * 8 floats, twice 4 * 6 * 6 and once 10, for each of two rows.
  const std::uint64_t batch_bytes = 2 * 4 * (192 + 2 * 144 + 10);
  const auto none = with_budget(batch_bytes - 1);
  CHECK(none->golden().cached(0) == nullptr);
  const auto two = with_budget(2 * batch_bytes + 1);
  CHECK(two->golden().cached(1) != nullptr);
  CHECK(two->golden().cached(2) == nullptr);
  const auto all = with_budget(std::uint64_t{1} << 20U);
  CHECK(all->golden().cached(2) != nullptr);
  const auto records = run(*all);
  REQUIRE(records.size() == 60);
  for (const bc::trial_record& r : records)
    CHECK(r.outcomes_by_input.size() == 6);
  CHECK((run(*none) == records));
  CHECK((run(*two) == records));
}
