// SPDX-License-Identifier: MIT
#include "convolutions.hpp"

#include "floats.hpp"
#include "layers.hpp"

#include <cudnn.h>

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

namespace cuda_inference {

namespace {

void must(cudnnStatus_t s, const char* what) {
  if (s == CUDNN_STATUS_SUCCESS)
    return;
  std::fprintf(stderr, "%s: %s\n", what, cudnnGetErrorString(s));
  std::exit(1);
}

/// Each output is a sum of its own products. Winograd's and Fourier's methods would carry the
/// infinity or NaN that a fault makes to outputs that no fault reaches.
constexpr cudnnConvolutionFwdAlgo_t algorithm = CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_PRECOMP_GEMM;

/// What cuDNN has to know of a layer; made once.
struct description {
  description(const layer& l, int images) {
    must(cudnnCreateTensorDescriptor(&in), "in");
    must(cudnnCreateTensorDescriptor(&bias), "bias");
    must(cudnnCreateTensorDescriptor(&out), "out");
    must(cudnnCreateFilterDescriptor(&weight), "weight");
    must(cudnnCreateConvolutionDescriptor(&how), "convolution");
    tensor(in, images, l.in);
    tensor(bias, 1, {l.out.channels, 1, 1});
    tensor(out, images, l.out);
    must(cudnnSetFilter4dDescriptor(weight, CUDNN_DATA_FLOAT, CUDNN_TENSOR_NCHW, l.out.channels,
                                    l.in.channels, 3, 3),
         "weight");
    must(cudnnSetConvolution2dDescriptor(how, 0, 0, 1, 1, 1, 1, CUDNN_CROSS_CORRELATION,
                                         CUDNN_DATA_FLOAT),
         "convolution");
    // CUDNN_DEFAULT_MATH allows TF32, whose products have 10 bits of mantissa.
    must(cudnnSetConvolutionMathType(how, CUDNN_FMA_MATH), "convolution");
  }
  description(const description&) = delete;
  description& operator=(const description&) = delete;
  ~description() {
    cudnnDestroyConvolutionDescriptor(how);
    cudnnDestroyFilterDescriptor(weight);
    cudnnDestroyTensorDescriptor(out);
    cudnnDestroyTensorDescriptor(bias);
    cudnnDestroyTensorDescriptor(in);
  }
  static void tensor(cudnnTensorDescriptor_t t, int images, const shape& s) {
    must(cudnnSetTensor4dDescriptor(t, CUDNN_TENSOR_NCHW, CUDNN_DATA_FLOAT, images, s.channels,
                                    s.height, s.width),
         "tensor");
  }

  cudnnTensorDescriptor_t in{}, bias{}, out{};
  cudnnFilterDescriptor_t weight{};
  cudnnConvolutionDescriptor_t how{};
};

/// A handle of cuDNN, which outlives what is made with it.
struct handle {
  handle() { must(cudnnCreate(&cudnn), "cudnnCreate"); }
  handle(const handle&) = delete;
  handle& operator=(const handle&) = delete;
  ~handle() { cudnnDestroy(cudnn); }
  cudnnHandle_t cudnn{};
};

} // namespace

struct convolutions::parts {
  handle with;
  std::vector<std::unique_ptr<description>> descriptions; ///< null: no convolution
  std::unique_ptr<floats> workspace;
  std::size_t bytes = 0;
};

convolutions::convolutions(int images) : parts_(new parts) {
  parts& p = *parts_;
  for (const layer& l : layers) {
    auto& d = p.descriptions.emplace_back();
    if (l.kind != layer_kind::convolution)
      continue;
    d = std::make_unique<description>(l, images);
    std::size_t bytes = 0;
    must(cudnnGetConvolutionForwardWorkspaceSize(p.with.cudnn, d->in, d->weight, d->how, d->out,
                                                 algorithm, &bytes),
         "workspace");
    p.bytes = std::max(p.bytes, bytes);
  }
  // One for all: they run one after the other.
  p.workspace = std::make_unique<floats>(p.bytes / sizeof(float) + 1);
}
convolutions::~convolutions() = default;

std::string convolutions::name() { return "cuDNN " + std::to_string(cudnnGetVersion()); }

void convolutions::start(std::size_t n, const float* in, const float* weight, const float* bias,
                         float* out, cudaStream_t stream) {
  const cudnnHandle_t cudnn = parts_->with.cudnn;
  const description& d = *parts_->descriptions[n];
  const float one = 1, zero = 0;
  must(cudnnSetStream(cudnn, stream), "the stream");
  must(cudnnConvolutionForward(cudnn, &one, d.in, in, d.weight, weight, d.how, algorithm,
                               parts_->workspace->data(), parts_->bytes, &zero, d.out, out),
       "convolution");
  must(cudnnAddTensor(cudnn, &one, d.bias, bias, &one, d.out, out), "bias");
}

} // namespace cuda_inference
