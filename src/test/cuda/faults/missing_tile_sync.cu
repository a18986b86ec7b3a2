// Tiles of eight lanes, each with a barrier of its own.
#include <cooperative_groups.h>

template <bool FAULTY>
__device__ void reverse(const float *x, float *y) {
    auto tile = cooperative_groups::tiled_partition<8>(cooperative_groups::this_thread_block());
    __shared__ float s[64];
    s[threadIdx.x] = x[threadIdx.x];
    if (!FAULTY) tile.sync();
    float first = s[threadIdx.x & ~7];
    float mirrored = s[threadIdx.x ^ 7];
    if (!FAULTY) tile.sync();
    s[threadIdx.x] = first + mirrored;
    y[threadIdx.x] = s[threadIdx.x];
}

extern "C" __global__ void clean(const float *x, float *y) { reverse<false>(x, y); }
extern "C" __global__ void faulty(const float *x, float *y) { reverse<true>(x, y); }
