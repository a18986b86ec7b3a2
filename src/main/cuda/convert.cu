// Conversion between element types: out[i] = x[i], rounded to the nearest even.
#include "types.cuh"

// A thread owns the elements that make 16 bytes of the wider type, so a warp's loads and stores are
// whole 128-byte lines of it; the last thread takes what is left one by one. Moves n (sizeof(X) +
// sizeof(Y)) bytes, which is the floor. n may pass 2^31; a block's first element is 64-bit.
template <typename X, typename Y>
__device__ void convert(int64_t n, const X *x, Y *y) {
    constexpr int N = packed<X, Y>();
    int64_t first = (int64_t(blockIdx.x) * blockDim.x + threadIdx.x) * N;
    if (first + N <= n) {
        Pack<X, N> from = *reinterpret_cast<const Pack<X, N> *>(x + first);
        Pack<Y, N> to;
        for (int i = 0; i < N; i++) {
            to.at[i] = stored<Y>(value(from.at[i]));
        }
        *reinterpret_cast<Pack<Y, N> *>(y + first) = to;
        return;
    }
    for (int64_t i = first; i < n; i++) {
        y[i] = stored<Y>(value(x[i]));
    }
}

#define CONVERT(from, X, to, Y)                                                             \
    extern "C" __global__ void convert_##from##_##to(int64_t n, const X *__restrict__ x, Y *__restrict__ y) { \
        convert(n, x, y);                                                                   \
    }

CONVERT(f32, float, f16, __half)
CONVERT(f16, __half, f32, float)
CONVERT(i32, int32_t, f32, float)
CONVERT(i32, int32_t, f16, __half)
CONVERT(u8, uint8_t, f32, float)
CONVERT(u8, uint8_t, f16, __half)
