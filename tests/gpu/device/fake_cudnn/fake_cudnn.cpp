// SPDX-License-Identifier: MIT
#include "fake_cudnn.hpp"

#include <cstring>
#include <initializer_list>

fake_cudnn cudnn_asked;

/// Extents and distances of four axes: image or filter, channel, row, column.
struct four_axes {
  int size[4] = {0, 0, 0, 0};
  std::ptrdiff_t distance[4] = {0, 0, 0, 0};
  cudnnDataType_t type = CUDNN_DATA_HALF;

  void set(cudnnTensorFormat_t format, cudnnDataType_t t, std::initializer_list<int> sizes) {
    int axis = 0;
    for (const int s : sizes)
      size[axis++] = s;
    const int nchw[4] = {3, 2, 1, 0}, nhwc[4] = {1, 3, 2, 0}; // the innermost first
    std::ptrdiff_t next = 1;
    for (const int a : format == CUDNN_TENSOR_NCHW ? nchw : nhwc) {
      distance[a] = next;
      next *= size[a];
    }
    type = t;
  }
  std::ptrdiff_t at(int a, int b, int c, int d) const {
    return a * distance[0] + b * distance[1] + c * distance[2] + d * distance[3];
  }
  bool is_set() const { return size[0] > 0 && type == CUDNN_DATA_FLOAT; }
};

struct cudnnContext {
  cudaStream_t stream{};
};
struct cudnnTensorStruct : four_axes {};
struct cudnnFilterStruct : four_axes {};
struct cudnnConvolutionStruct {
  int pad[2] = {0, 0}, stride[2] = {0, 0}, dilation[2] = {0, 0};
  cudnnConvolutionMode_t mode = CUDNN_CONVOLUTION;
  cudnnDataType_t type = CUDNN_DATA_HALF;
  cudnnMathType_t math = CUDNN_DEFAULT_MATH;
};

namespace {

template <class T>
cudnnStatus_t make(T** made) {
  *made = new T;
  ++cudnn_asked.alive;
  return CUDNN_STATUS_SUCCESS;
}
template <class T>
cudnnStatus_t destroy(T* made) {
  delete made;
  --cudnn_asked.alive;
  return CUDNN_STATUS_SUCCESS;
}

/// Whether the four descriptors fit each other.
bool fit(const four_axes& x, const four_axes& w, const cudnnConvolutionStruct& how,
         const four_axes& y) {
  bool right = x.is_set() && w.is_set() && y.is_set() && how.type == CUDNN_DATA_FLOAT &&
               x.size[0] == y.size[0] && x.size[1] == w.size[1] && w.size[0] == y.size[1];
  for (int i = 0; i < 2 && right; ++i)
    right = how.stride[i] > 0 && y.size[2 + i] == (x.size[2 + i] + 2 * how.pad[i] -
                                                   how.dilation[i] * (w.size[2 + i] - 1) - 1) /
                                                          how.stride[i] +
                                                      1;
  return right;
}

/// Most for a layer in the middle of the example's network.
std::size_t bytes_for(const four_axes& x, const four_axes& w) {
  return static_cast<std::size_t>(w.size[0] * w.size[1] * x.size[2] * x.size[3]);
}

float value(const void* memory, std::ptrdiff_t at) { return static_cast<const float*>(memory)[at]; }

} // namespace

std::size_t cudnnGetVersion() { return 12345; }
const char* cudnnGetErrorString(cudnnStatus_t s) {
  return s == CUDNN_STATUS_SUCCESS ? "CUDNN_STATUS_SUCCESS" : "CUDNN_STATUS_BAD_PARAM";
}
cudnnStatus_t cudnnCreate(cudnnHandle_t* h) { return make(h); }
cudnnStatus_t cudnnDestroy(cudnnHandle_t h) { return destroy(h); }
cudnnStatus_t cudnnSetStream(cudnnHandle_t h, cudaStream_t stream) {
  h->stream = stream;
  return CUDNN_STATUS_SUCCESS;
}
cudnnStatus_t cudnnCreateTensorDescriptor(cudnnTensorDescriptor_t* d) { return make(d); }
cudnnStatus_t cudnnDestroyTensorDescriptor(cudnnTensorDescriptor_t d) { return destroy(d); }
cudnnStatus_t cudnnSetTensor4dDescriptor(cudnnTensorDescriptor_t d, cudnnTensorFormat_t format,
                                         cudnnDataType_t type, int n, int c, int h, int w) {
  d->set(format, type, {n, c, h, w});
  return CUDNN_STATUS_SUCCESS;
}
cudnnStatus_t cudnnCreateFilterDescriptor(cudnnFilterDescriptor_t* d) { return make(d); }
cudnnStatus_t cudnnDestroyFilterDescriptor(cudnnFilterDescriptor_t d) { return destroy(d); }
cudnnStatus_t cudnnSetFilter4dDescriptor(cudnnFilterDescriptor_t d, cudnnDataType_t type,
                                         cudnnTensorFormat_t format, int k, int c, int h, int w) {
  d->set(format, type, {k, c, h, w});
  return CUDNN_STATUS_SUCCESS;
}
cudnnStatus_t cudnnCreateConvolutionDescriptor(cudnnConvolutionDescriptor_t* d) { return make(d); }
cudnnStatus_t cudnnDestroyConvolutionDescriptor(cudnnConvolutionDescriptor_t d) {
  return destroy(d);
}
cudnnStatus_t cudnnSetConvolution2dDescriptor(cudnnConvolutionDescriptor_t d, int pad_h, int pad_w,
                                              int stride_h, int stride_w, int dilation_h,
                                              int dilation_w, cudnnConvolutionMode_t mode,
                                              cudnnDataType_t type) {
  *d = {{pad_h, pad_w}, {stride_h, stride_w}, {dilation_h, dilation_w}, mode, type, d->math};
  return CUDNN_STATUS_SUCCESS;
}
cudnnStatus_t cudnnSetConvolutionMathType(cudnnConvolutionDescriptor_t d, cudnnMathType_t math) {
  d->math = math;
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnGetConvolutionForwardWorkspaceSize(cudnnHandle_t, cudnnTensorDescriptor_t x,
                                                      cudnnFilterDescriptor_t w,
                                                      cudnnConvolutionDescriptor_t how,
                                                      cudnnTensorDescriptor_t y,
                                                      cudnnConvolutionFwdAlgo_t,
                                                      std::size_t* bytes) {
  if (!fit(*x, *w, *how, *y))
    return CUDNN_STATUS_BAD_PARAM;
  *bytes = bytes_for(*x, *w);
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnConvolutionForward(cudnnHandle_t handle, const void* alpha,
                                      cudnnTensorDescriptor_t dx, const void* x,
                                      cudnnFilterDescriptor_t dw, const void* w,
                                      cudnnConvolutionDescriptor_t how,
                                      cudnnConvolutionFwdAlgo_t algorithm, void* workspace,
                                      std::size_t bytes, const void* beta,
                                      cudnnTensorDescriptor_t dy, void* y) {
  cudnn_asked.calls.push_back({"convolve", handle->stream});
  cudnn_asked.math = how->math;
  cudnn_asked.algorithm = algorithm;
  cudnn_asked.workspace = workspace;
  if (!fit(*dx, *dw, *how, *dy) || workspace == nullptr || bytes < bytes_for(*dx, *dw))
    return CUDNN_STATUS_BAD_PARAM;
  std::memset(workspace, 0xff, bytes); // it is cuDNN's
  const auto one_output = [&](int n, int k, int row, int column) {
    float sum = 0;
    for (int c = 0; c < dw->size[1]; ++c)
      for (int i = 0; i < dw->size[2]; ++i)
        for (int j = 0; j < dw->size[3]; ++j) {
          const bool turned = how->mode == CUDNN_CONVOLUTION;
          const int from_row = row * how->stride[0] + i * how->dilation[0] - how->pad[0];
          const int from_column = column * how->stride[1] + j * how->dilation[1] - how->pad[1];
          if (from_row >= 0 && from_row < dx->size[2] && from_column >= 0 &&
              from_column < dx->size[3])
            sum += value(w, dw->at(k, c, turned ? dw->size[2] - 1 - i : i,
                                   turned ? dw->size[3] - 1 - j : j)) *
                   value(x, dx->at(n, c, from_row, from_column));
        }
    return sum;
  };
  for (int n = 0; n < dy->size[0]; ++n)
    for (int k = 0; k < dy->size[1]; ++k)
      for (int row = 0; row < dy->size[2]; ++row)
        for (int column = 0; column < dy->size[3]; ++column) {
          float& out = static_cast<float*>(y)[dy->at(n, k, row, column)];
          const float before = value(beta, 0) == 0 ? 0 : value(beta, 0) * out;
          out = value(alpha, 0) * one_output(n, k, row, column) + before;
        }
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnAddTensor(cudnnHandle_t handle, const void* alpha, cudnnTensorDescriptor_t da,
                             const void* a, const void* beta, cudnnTensorDescriptor_t dc, void* c) {
  cudnn_asked.calls.push_back({"add", handle->stream});
  if (!da->is_set() || !dc->is_set())
    return CUDNN_STATUS_BAD_PARAM;
  int repeated[4]; // an axis of 1 is repeated
  for (int axis = 0; axis < 4; ++axis) {
    repeated[axis] = da->size[axis] == 1 ? 0 : 1;
    if (da->size[axis] != 1 && da->size[axis] != dc->size[axis])
      return CUDNN_STATUS_BAD_PARAM;
  }
  for (int n = 0; n < dc->size[0]; ++n)
    for (int k = 0; k < dc->size[1]; ++k)
      for (int row = 0; row < dc->size[2]; ++row)
        for (int column = 0; column < dc->size[3]; ++column) {
          float& out = static_cast<float*>(c)[dc->at(n, k, row, column)];
          const std::ptrdiff_t from =
              da->at(n * repeated[0], k * repeated[1], row * repeated[2], column * repeated[3]);
          const float before = value(beta, 0) == 0 ? 0 : value(beta, 0) * out;
          out = value(alpha, 0) * value(a, from) + before;
        }
  return CUDNN_STATUS_SUCCESS;
}
