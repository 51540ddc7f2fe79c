// SPDX-License-Identifier: MIT
#pragma once

#include <cudnn.h>

#include <cstddef>
#include <string>
#include <vector>

/// What was asked of the fake of cuDNN. It convolves as its descriptors say, on the host, so that a
/// wrong one shows in the numbers; what numbers do not show is kept here.
struct fake_cudnn {
  struct call {
    std::string what;
    cudaStream_t stream; ///< the handle's
  };
  std::vector<call> calls{};
  cudnnMathType_t math = CUDNN_DEFAULT_MATH;
  cudnnConvolutionFwdAlgo_t algorithm = CUDNN_CONVOLUTION_FWD_ALGO_FFT;
  const void* workspace = nullptr;
  int alive = 0; ///< handles and descriptors that were made and not destroyed
};

extern fake_cudnn cudnn_asked;
