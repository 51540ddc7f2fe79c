// SPDX-License-Identifier: MIT
#include <bitfault/bitfault.hpp>
#include <bitfault/integrations/torch/activation_faults.hpp>
#include <bitfault/integrations/torch/module_tensors.hpp>
#include <bitfault/integrations/torch/parameter_faults.hpp>

#include "bytes.hpp"
#include "catch.hpp"

#include <torch/torch.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace {

const bitfault::fault_key key{.seed = 11};
const auto ten_flips = bitfault::make_injector(bitfault::bit_flip{}, bitfault::exactly{10});

torch::nn::Sequential make_net() {
  torch::manual_seed(1);
  return torch::nn::Sequential(torch::nn::Conv2d(3, 4, 3), torch::nn::BatchNorm2d(4),
                               torch::nn::ReLU(), torch::nn::Flatten(), torch::nn::Linear(144, 10));
}

std::map<std::string, std::string> contents(const torch::nn::Sequential& n) {
  std::map<std::string, std::string> all;
  for (const bitfault::module_tensor& t : bitfault::module_tensors(*n).all())
    all[t.name] = bytes_of(t.tensor.detach());
  return all;
}

at::Tensor tensor(const torch::nn::Sequential& n, const std::string& name) {
  return bitfault::module_tensors(*n).find(name).at(0).tensor.detach();
}

std::vector<std::string> changed(const torch::nn::Sequential& n,
                                 const std::map<std::string, std::string>& before) {
  std::vector<std::string> names;
  for (const auto& [name, bytes] : contents(n))
    if (before.at(name) != bytes)
      names.push_back(name);
  return names;
}

} // namespace

TEST_CASE("torch parameters: a pattern names parameters and buffers, and all is back after it") {
  auto n = make_net();
  const auto golden = contents(n);
  REQUIRE(golden.size() == 9);
  {
    const auto faults = bitfault::parameter_faults(*n, "*.weight", ten_flips, key);
    CHECK(faults.size() == 3);
    CHECK(changed(n, golden) == std::vector<std::string>{"0.weight", "1.weight", "4.weight"});
    const auto more = bitfault::parameter_faults(*n, "1.running_*", ten_flips, key);
    CHECK(more.size() == 2);
    const auto again = bitfault::parameter_faults(*n, "0.weight", ten_flips, {.seed = 12});
    CHECK(changed(n, golden).size() == 5);
  }
  CHECK(contents(n) == golden);
  {
    const auto count =
        bitfault::parameter_faults<std::int64_t>(*n, "*num_batches_tracked", ten_flips, key);
    CHECK(changed(n, golden) == std::vector<std::string>{"1.num_batches_tracked"});
  }
  CHECK(contents(n) == golden);
}

TEST_CASE("torch parameters: stuck-at and value faults are taken back too, and each tensor has "
          "faults of its own") {
  auto n = make_net();
  const auto golden = contents(n);
  const auto zeros = bitfault::make_injector(bitfault::zero{}, bitfault::exactly{3});
  {
    const auto faults = bitfault::parameter_faults(*n, "1.*s", zeros, key); // bias
    const auto stuck = bitfault::parameter_faults(
        *n, "*.weight", bitfault::make_injector(bitfault::stuck_at_1{}, bitfault::exactly{9}), key);
    CHECK(changed(n, golden).size() >= 3);
  }
  CHECK(contents(n) == golden);

  // The same number of bits in two tensors of the same size: not the same bits.
  const auto differences = [&](const std::string& name) {
    std::string x = bytes_of(tensor(n, name)), y = golden.at(name);
    for (std::size_t i = 0; i < x.size(); ++i)
      x[i] = static_cast<char>(x[i] ^ y[i]);
    return x;
  };
  const auto faults = bitfault::parameter_faults(*n, "1.running_*", ten_flips, key);
  CHECK(differences("1.running_mean") != differences("1.running_var"));
  CHECK(differences("1.running_mean") != std::string(16, '\0'));
}

TEST_CASE("torch parameters: an error changes nothing and says which tensor it is") {
  auto n = make_net();
  const auto golden = contents(n);
  CHECK_THROWS_WITH(bitfault::parameter_faults(*n, "4.wieght", ten_flips, key),
                    Catch::Contains("no parameter or buffer is named '4.wieght'") &&
                        Catch::Contains("nearest name is '4.weight'"));
  const auto many = bitfault::make_injector(bitfault::bit_flip{}, bitfault::exactly{1000});
  CHECK_THROWS_WITH(bitfault::parameter_faults(*n, "*", many, key),
                    Catch::Contains("'0.bias', shape [4]: ") &&
                        Catch::Contains("1000 faults asked for, but the space has only 128"));
  CHECK(contents(n) == golden);
}

TEST_CASE("torch parameters: one of them by its address, bit for bit and back") {
  auto n = make_net();
  const auto golden = contents(n);
  {
    const auto fault = bitfault::scoped_at(bitfault::tensors_of(*n), "bf1:0.weight[3,0,1,2]^30");
    const at::Tensor w = tensor(n, "0.weight");
    std::string expected = golden.at("0.weight");
    expected[((3 * 3 + 0) * 9 + 1 * 3 + 2) * 4 + 3] ^= '\x40';
    CHECK(bytes_of(w) == expected);
  }
  CHECK(contents(n) == golden);
  CHECK_THROWS_WITH(bitfault::scoped_at(bitfault::tensors_of(*n), "bf1:0.weigth[3,0,1,2]^30"),
                    Catch::Contains("nearest name is '0.weight'"));
}

TEST_CASE("torch parameters: faults in gradients reach the optimiser's step") {
  auto n = make_net();
  const auto zero = bitfault::make_injector(bitfault::zero{}, bitfault::every{});
  CHECK_THROWS_WITH(bitfault::apply_to_gradients(*n, "*.weight", zero, key),
                    Catch::Contains("run the backward pass first"));
  const auto golden = contents(n);
  torch::optim::SGD optimiser(n->parameters(), 0.1);
  n->forward(torch::ones({2, 3, 8, 8})).sum().backward();
  CHECK(bitfault::apply_to_gradients(*n, "4.*", zero, key) == 2);
  optimiser.step();
  const auto after = contents(n);
  CHECK(after.at("4.weight") == golden.at("4.weight"));
  CHECK(after.at("4.bias") == golden.at("4.bias"));
  CHECK(after.at("0.weight") != golden.at("0.weight"));
}

TEST_CASE("torch parameters: an error in one gradient changes none of them") {
  auto n = make_net();
  n->forward(torch::ones({2, 3, 8, 8})).sum().backward();
  const auto gradients = [&] {
    std::map<std::string, std::string> all;
    for (const auto& p : n->named_parameters())
      all[p.key()] = bytes_of(p.value().grad());
    return all;
  };
  const auto golden = gradients();
  REQUIRE(golden.size() == 6);
  const auto many = bitfault::make_injector(bitfault::bit_flip{}, bitfault::exactly{1000});
  // 0.weight comes first, and has room for 1,000 faults.
  CHECK_THROWS_WITH(bitfault::apply_to_gradients(*n, "0.*", many, key),
                    Catch::Contains("gradient of '0.bias', shape [4]: ") &&
                        Catch::Contains("1000 faults asked for, but the space has only 128"));
  CHECK(gradients() == golden);
  CHECK_THROWS_WITH(bitfault::apply_to_gradients<std::int8_t>(*n, "*", ten_flips, key),
                    Catch::Contains("gradient of '0.weight', shape [4, 3, 3, 3]: "));
  CHECK(gradients() == golden);
  CHECK(bitfault::apply_to_gradients(*n, "0.weight", many, key) == 1);
  CHECK(gradients() != golden);
}

TEST_CASE("torch parameters: training goes on with faults in the forward and backward pass") {
  auto n = make_net();
  torch::optim::SGD optimiser(n->parameters(), 0.1);
  const auto mantissa = bitfault::make_injector(bitfault::bit_flip{}, bitfault::exactly{10},
                                                bitfault::bits::mantissa{});
  const at::Tensor x = torch::ones({2, 3, 8, 8});
  for (std::uint32_t step = 0; step < 4; ++step) {
    optimiser.zero_grad();
    {
      const auto faults =
          bitfault::parameter_faults(*n, "*.weight", mantissa, {.seed = 1, .step = step});
      n->forward(x).square().mean().backward();
    }
    optimiser.step(); // on the weights without faults
  }
  CHECK(tensor(n, "4.weight").isfinite().all().item<bool>());
  const auto late = bitfault::parameter_faults(*n, "4.weight", ten_flips, key);
}

TEST_CASE("torch parameters: the zeros of a pruned weight are sites like others") {
  auto n = make_net();
  const at::Tensor w = tensor(n, "4.weight"); // 10 rows of 144
  const auto struck = [&] {
    const at::Tensor before = w.clone();
    const auto faults = bitfault::parameter_faults(
        *n, "4.weight",
        bitfault::make_injector(bitfault::bit_flip{}, bitfault::exactly{300},
                                bitfault::bits::exponent{}),
        key);
    return at::bitwise_xor(w.view(at::kInt), before.view(at::kInt));
  };
  const at::Tensor dense = struck();
  const at::Tensor kept = at::rand({10, 144}).lt(0.1);
  w.mul_(kept);
  const at::Tensor pruned = struck();
  CHECK(pruned.equal(dense)); // the same bits of the same elements
  CHECK(pruned.logical_and(kept.logical_not()).sum().item<std::int64_t>() > 200);
  CHECK(w.count_nonzero().item<std::int64_t>() == kept.sum().item<std::int64_t>());
}

TEST_CASE("torch parameters: weights and activations seen as Q7.24") {
  auto n = make_net();
  n->eval();
  const auto golden = contents(n);
  const at::Tensor x = torch::randn({2, 3, 8, 8});
  const std::string output = bytes_of(n->forward(x));
  const auto top_bit =
      bitfault::make_injector(bitfault::bit_flip{}, bitfault::every{}, bitfault::bits::given{30},
                              bitfault::formats::fixed_point<7, 24>{});
  {
    const auto faults = bitfault::parameter_faults<float>(*n, "0.weight", top_bit, key);
    const at::Tensor moved = tensor(n, "0.weight").abs(); // by 64, as all weights are below it
    CHECK(moved.gt(63).logical_and(moved.lt(65)).all().item<bool>());
    CHECK(changed(n, golden) == std::vector<std::string>{"0.weight"});
  }
  CHECK(contents(n) == golden);
  {
    const auto faults = bitfault::activation_faults<float>(*n, {.module = "4"}, top_bit, key);
    const at::Tensor faulty = n->forward(x).detach().abs();
    CHECK(faulty.gt(55).logical_and(faulty.lt(73)).all().item<bool>());
    faults.check();
  }
  CHECK(bytes_of(n->forward(x)) == output);
}
