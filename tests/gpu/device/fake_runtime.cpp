// SPDX-License-Identifier: MIT
#include "fake_runtime.hpp"

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <utility>

fake_runtime fake;

namespace {

const fake_runtime::allocation* allocation_of(std::uintptr_t address) {
  for (const fake_runtime::allocation& a : fake.memory)
    if (address - reinterpret_cast<std::uintptr_t>(a.first) < a.bytes)
      return &a;
  return nullptr;
}

/// What a call gives back; an error is also the last one.
cudaError_t answer(cudaError_t e) {
  if (e != cudaSuccess)
    fake.last_error = e;
  return e;
}

int range(std::uintptr_t* base, std::size_t* size, std::uintptr_t address) {
  const fake_runtime::allocation* const a = allocation_of(address);
  *base = a == nullptr ? 0 : reinterpret_cast<std::uintptr_t>(a->first);
  *size = a == nullptr ? 0 : a->bytes;
  return a == nullptr ? 1 : 0;
}
int retain(unsigned long long* handle, void* address) {
  const fake_runtime::allocation* const a =
      allocation_of(reinterpret_cast<std::uintptr_t>(address));
  if (a == nullptr || !a->mapped_in_pieces)
    return 1;
  ++fake.retained;
  *handle = 7;
  return 0;
}
int release(unsigned long long handle) {
  fake.retained -= handle == 7 ? 1 : 0;
  return 0;
}

} // namespace

extern "C" {

cudaError_t cudaGetDevice(int* device) {
  *device = 0;
  return answer(fake.get_device);
}
cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr attribute, int) {
  *value = attribute == cudaDevAttrMultiProcessorCount ? 4 : fake.reaches_host_memory;
  return cudaSuccess;
}
cudaError_t cudaStreamGetDevice(cudaStream_t, int* device) {
  *device = fake.device_of_stream;
  return answer(fake.get_stream_device);
}
cudaError_t cudaPointerGetAttributes(cudaPointerAttributes* where, const void* p) {
  const fake_runtime::allocation* const a = allocation_of(reinterpret_cast<std::uintptr_t>(p));
  *where = {};
  where->type = a == nullptr ? cudaMemoryTypeUnregistered : a->type;
  if (a != nullptr) {
    where->device = a->device;
    where->devicePointer = const_cast<void*>(a->device_address == nullptr ? p : a->device_address);
  }
  return answer(fake.get_attributes);
}
cudaError_t cudaGetDriverEntryPointByVersion(const char* name, void** entry, unsigned,
                                             unsigned long long,
                                             cudaDriverEntryPointQueryResult* found) {
  *entry = std::strcmp(name, "cuMemGetAddressRange") == 0 ? reinterpret_cast<void*>(&range)
           : std::strcmp(name, "cuMemRetainAllocationHandle") == 0
               ? reinterpret_cast<void*>(&retain)
           : std::strcmp(name, "cuMemRelease") == 0 ? reinterpret_cast<void*>(&release)
                                                    : nullptr;
  *found = *entry == nullptr ? cudaDriverEntryPointSymbolNotFound : cudaDriverEntryPointSuccess;
  return cudaSuccess;
}
cudaError_t cudaLaunchKernelExC(const cudaLaunchConfig_t* where, const void* kernel, void**) {
  fake.calls.push_back("launch");
  fake.launches.push_back({where->gridDim.x, where->blockDim.x, where->stream, kernel});
  return answer(fake.launch);
}
cudaError_t cudaMalloc(void** memory, std::size_t bytes) {
  fake.calls.push_back("allocate");
  *memory = fake.allocate == cudaSuccess ? std::malloc(bytes) : nullptr;
  return answer(fake.allocate);
}
cudaError_t cudaFree(void* memory) {
  fake.calls.push_back("free");
  std::free(memory);
  return cudaSuccess;
}
cudaError_t cudaMallocAsync(void** memory, std::size_t bytes, cudaStream_t) {
  fake.calls.push_back("allocate");
  *memory = nullptr;
  if (fake.allocate == cudaSuccess)
    *memory = std::aligned_alloc(16, (bytes + 15) / 16 * 16);
  return answer(fake.allocate);
}
cudaError_t cudaFreeAsync(void* memory, cudaStream_t) {
  fake.calls.push_back("free");
  std::free(memory);
  return cudaSuccess;
}
cudaError_t cudaMemsetAsync(void* memory, int value, std::size_t bytes, cudaStream_t) {
  fake.calls.push_back("fill");
  std::memset(memory, value, bytes);
  return cudaSuccess;
}
cudaError_t cudaMemcpyAsync(void* to, const void* from, std::size_t bytes, cudaMemcpyKind,
                            cudaStream_t) {
  fake.calls.push_back("copy");
  std::memcpy(to, from, bytes);
  return cudaSuccess;
}
cudaError_t cudaStreamSynchronize(cudaStream_t) {
  fake.calls.push_back("wait");
  return answer(fake.synchronize);
}
cudaError_t cudaGetLastError() { return std::exchange(fake.last_error, cudaSuccess); }
const char* cudaGetErrorName(cudaError_t e) {
  switch (e) {
  case cudaErrorInvalidDevicePointer:
    return "cudaErrorInvalidDevicePointer";
  case cudaErrorInvalidHostPointer:
    return "cudaErrorInvalidHostPointer";
  case cudaErrorInvalidDevice:
    return "cudaErrorInvalidDevice";
  case cudaErrorNoDevice:
    return "cudaErrorNoDevice";
  case cudaErrorMemoryAllocation:
    return "cudaErrorMemoryAllocation";
  case cudaErrorLaunchOutOfResources:
    return "cudaErrorLaunchOutOfResources";
  case cudaErrorIllegalAddress:
    return "cudaErrorIllegalAddress";
  default:
    return "another error";
  }
}
}
