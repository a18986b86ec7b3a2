// The second stage of sums down columns; columns.cuh has the first.
#include "types.cuh"

// out[c] = sum over partial[0 .. parts, c] / divisor, or that added to it. A block owns 32
// channels; its 8 warps share the parts, each warp reads 128 bytes of a part at once.
template <typename T>
__device__ void join(int parts, int channels, const float *__restrict__ partial, float divisor, T *out, bool adds) {
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
        total /= divisor;
        out[c] = stored<T>(adds ? value(out[c]) + total : total);
    }
}

extern "C" __global__ void column_sums(int parts, int channels, const float *__restrict__ partial, float *out,
                                       int adds) {
    join(parts, channels, partial, 1, out, adds != 0);
}

// The same for each image, blockIdx.y: partial is [images, parts, channels], out [images, channels].
#define FOR_TYPE(name, T)                                                                                         \
    extern "C" __global__ void image_sums_##name(int parts, int channels, const float *__restrict__ partial,      \
                                                 float divisor, T *out, int adds) {                               \
        partial += int64_t(blockIdx.y) * parts * channels;                                                        \
        join(parts, channels, partial, divisor, out + int64_t(blockIdx.y) * channels, adds != 0);                 \
    }

FOR_TYPE(f32, float)
FOR_TYPE(f16, __half)

