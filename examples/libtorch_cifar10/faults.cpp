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

  std::cout << (right ? "as it should be\n" : "not as it should be\n");
  return right ? 0 : 1;
}
