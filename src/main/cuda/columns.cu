// The second stage of sums down columns; columns.cuh has the first.
#include <stdint.h>

// out[c] = sum over partial[0 .. parts, c], or that added to it. A block owns 32
// channels; its 8 warps share the parts, each warp reads 128 bytes of a part at once.
extern "C" __global__ void column_sums(int parts, int channels, const float *__restrict__ partial, float *out,
                                       int adds) {
    __shared__ float sums[8][33];
    int c = blockIdx.x * 32 + threadIdx.x;
    float sum = 0;
    if (c < channels) {
        for (int part = threadIdx.y; part < parts; part += 8) {
            sum += partial[int64_t(part) * channels + c];
        }
    }
    sums[threadIdx.y][threadIdx.x] = sum;
    __syncthreads();
    if (threadIdx.y == 0 && c < channels) {
        float total = 0;
        for (int warp = 0; warp < 8; warp++) {
            total += sums[warp][threadIdx.x];
        }
        out[c] = adds ? out[c] + total : total;
    }
}
