// SPDX-License-Identifier: MIT
#pragma once

/// Every macro of the library, in one place. None of them has to be set by a user.

/// BITFAULT_FN marks a function that may run on the host and in a kernel. nvcc cannot tell by
/// itself whether a fault model of yours is device code, so write it on the call operator.
#if defined(__CUDACC__)
#define BITFAULT_FN __host__ __device__
#else
#define BITFAULT_FN
#endif

/// Before a BITFAULT_FN template that calls what it was given, which may be host code: nvcc then
/// lets the host call it.
#if defined(__CUDACC__)
#define BITFAULT_CALLS_GIVEN _Pragma("nv_exec_check_disable")
#else
#define BITFAULT_CALLS_GIVEN
#endif

/// BITFAULT_EXCEPTIONS is 1 where bad input can be thrown: a hosted build with exceptions.
/// Everywhere else a call reports it by its `status` alone.
#if __STDC_HOSTED__ && defined(__cpp_exceptions)
#define BITFAULT_EXCEPTIONS 1
#else
#define BITFAULT_EXCEPTIONS 0
#endif

/// Members of empty types take no room. (MSVC spells it differently, hence the macro.)
#if defined(_MSC_VER)
#define BITFAULT_NO_UNIQUE_ADDRESS [[msvc::no_unique_address]]
#else
#define BITFAULT_NO_UNIQUE_ADDRESS [[no_unique_address]]
#endif

/// BITFAULT_INLINE forces inlining of one-line helpers on hot paths, where g++ at -O2 would
/// otherwise leave a call in a loop.
#if defined(__CUDACC__)
#define BITFAULT_INLINE __forceinline__
#elif defined(__GNUC__)
#define BITFAULT_INLINE inline __attribute__((always_inline))
#else
#define BITFAULT_INLINE inline
#endif
