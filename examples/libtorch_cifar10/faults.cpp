// SPDX-License-Identifier: MIT
// Faults in a LibTorch model that knows nothing of them: in activations, in weights, in gradients.

// [include]
#include <bitfault/bitfault.hpp>
#include <bitfault/integrations/torch.hpp>
// [/include]

#include <torch/torch.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include <iostream>
#include <vector>

int main() {
  torch::manual_seed(1);
  torch::nn::Sequential net(torch::nn::Conv2d(3, 8, 3), torch::nn::ReLU(), torch::nn::Flatten(),
                            torch::nn::Linear(8 * 30 * 30, 10));
  net->eval();
  const at::Tensor images = torch::rand({4, 3, 32, 32});
  const at::Tensor golden = net->forward(images);
  bool right = true;
  const auto differs = [&] { return !net->forward(images).equal(golden); };

  // [activations]
  const auto flips = bitfault::make_injector(bitfault::bit_flip{}, bitfault::exactly{100},
                                             bitfault::bits::exponent{});
  {
    const auto faults = bitfault::activation_faults(*net, {.module = "0"}, flips, {.seed = 42});
    right = right && differs(); // 100 flips in what the convolution puts out, others in each pass
    faults.check();
  }
  right = right && !differs();
  // [/activations]

  // [weights]
  {
    const auto faults = bitfault::parameter_faults(*net, "*.weight", flips, {.seed = 42});
    right = right && differs(); // 100 flips in each weight tensor, and bit for bit back again
  }
  // [/weights]
  right = right && !differs();

  // [address]
  {
    const auto fault = bitfault::activation_fault(*net, "bf1:3[0,7]^30"); // dense layer, class 7
    right = right && differs();
  }
  {
    const auto fault = bitfault::scoped_at(bitfault::tensors_of(*net), "bf1:0.weight[3,0,1,2]^30");
    right = right && differs();
  }
  // [/address]

  // [hook]
  float largest = 0;
  bitfault::operator_hook monitor(*net, {.name = "aten::relu"},
                                  [&](const bitfault::operator_call&, const at::Tensor& output) {
                                    largest = std::max(largest, output.max().item<float>());
                                  });
  // [/hook]
  right = right && !differs() && largest > 0;

  // [gradients]
  net->forward(images).sum().backward();
  const std::size_t struck = bitfault::apply_to_gradients(*net, "*.weight", flips, {.seed = 42});
  // [/gradients]
  right = right && struck == 2;

  // [quantised]
  const at::Tensor q = at::quantize_per_tensor(images, 0.01, 0, at::kQInt8);
  bitfault::apply<std::int8_t>(
      bitfault::make_injector(bitfault::bit_flip{}, bitfault::exactly{1}, bitfault::bits::sign{}),
      q, {.seed = 1})
      .or_throw(); // a bit of a stored integer; scale and zero point stay
  // [/quantised]

  // [enpheeph]
  {
    namespace bf = bitfault;
    std::vector<double> deviations;
    const auto deviation = [&](const auto&, const at::Tensor& t) {
      deviations.push_back(t.std().item<double>());
    };
    const auto stuck = [](auto where, auto bits) {
      return bf::make_injector(bf::stuck_at_1{}, bf::every{}, bits, where, bf::permanent{});
    };
    // Bits 10, 16 and 31 of the weights [..., 0, 0], bit 31 of channels 2 to 4 of the ReLU, and
    // monitors before and after each. What the convolution puts out without its fault is another
    // pass.
    bf::operator_hook first(*net, {.module = "0"}, deviation);
    net->forward(images);
    const auto weights = bf::parameter_faults(
        *net, "0.weight",
        stuck(bf::region{bf::all, bf::all, 0, 0}, bf::bits::as_one{bf::bits::given{10, 16, 31}}),
        {.seed = 1});
    const bf::operator_pattern relu{.name = "aten::relu"};
    bf::operator_hook third(*net, relu, deviation);
    const auto outputs = bf::activation_faults(
        *net, relu, stuck(bf::region{bf::all, bf::range{2, 5}}, bf::bits::sign{}), {.seed = 1});
    bf::operator_hook fourth(*net, relu, deviation);
    net->forward(images);
    right = right && deviations.size() == 4 && deviations[0] != deviations[1] &&
            deviations[2] != deviations[3];
  }
  // [/enpheeph]
  right = right && !differs();

  // [pytorchfi]
  {
    // One random neuron in what each operator puts out, in one image of the batch.
    const auto each = bitfault::activation_faults(
        *net, {}, bitfault::make_injector(bitfault::random_value{-1.0, 1.0}, bitfault::exactly{1}),
        {.seed = 7});
    right = right && differs() && each.calls() == 3;
  }
  {
    // A function of one's own.
    const bitfault::operator_hook own(
        *net, {.module = "0"}, [](const bitfault::operator_call&, const at::Tensor& output) {
          output.index({2, 0, 1, 1})
              .fill_(10000.0F); // entry 2 of the batch, channel 0, row 1, column 1
        });
    right = right && differs();
  }
  // [/pytorchfi]

  // [tensorfi]
  {
    // The first call of a ReLU in each pass: what ran before it, and later ones, are left alone.
    auto first = bitfault::activation_faults(*net, {.name = "aten::relu", .calls = {0}}, flips,
                                             {.seed = 42});
    right = right && differs();
    first.restart(); // the next pass
    right = right && differs();
  }
  // [/tensorfi]

  // [torchfi]
  {
    // Bit 7 of ten weights as integers of 8 bits, and the same in what the dense layer reads.
    const auto int8 = bitfault::make_injector(
        bitfault::bit_flip{}, bitfault::exactly{10}, bitfault::bits::given{7},
        bitfault::formats::quantized<std::int8_t>{.scale = 0.0015});
    const auto weight = bitfault::parameter_faults(*net, "3.weight", int8, {.seed = 42});
    right = right && differs();
    const auto input = bitfault::input_faults(
        *net, {.module = "3", .name = "aten::addmm", .tensor = 1}, int8, {.seed = 42});
    right = right && differs();
  }
  // [/torchfi]

  std::cout << (right ? "as it should be\n" : "not as it should be\n");
  return right ? 0 : 1;
}
