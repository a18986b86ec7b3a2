// Element types, and how kernels move them: arithmetic is float whatever the storage, and memory is
// touched 16 bytes a thread where the layout allows.
#pragma once

#include <cuda_fp16.h>
#include <stdint.h>

// The F32 value of a stored element.
__device__ inline float value(float x) { return x; }
__device__ inline float value(__half x) { return __half2float(x); }
__device__ inline float value(int32_t x) { return __int2float_rn(x); }
__device__ inline float value(uint8_t x) { return __uint2float_rn(x); }

// The stored element nearest to an F32 value, ties to even.
template <typename T>
__device__ T stored(float x);
template <>
__device__ inline float stored<float>(float x) {
    return x;
}
template <>
__device__ inline __half stored<__half>(float x) {
    return __float2half_rn(x);
}

// N neighbouring elements, loaded and stored as one access of N * sizeof(T) bytes, at most 16.
template <typename T, int N>
struct alignas(sizeof(T) * N) Pack {
    T at[N];
};

// How many elements of the widest of the given types make 16 bytes.
template <typename A, typename B = A>
__device__ constexpr int packed() {
    return 16 / (sizeof(A) > sizeof(B) ? sizeof(A) : sizeof(B));
}
