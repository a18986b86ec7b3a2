// Kernels over a matrix [rows, channels] whose threads keep what belongs to a channel in registers, and
// sums down its columns in two stages, always in the same order: each block writes its part of every
// column, a second launch adds the parts.
#pragma once

#include "types.cuh"

constexpr int COLUMN_THREADS = 256;

// What a thread owns: N neighbouring channels from c on, of rows row, row + step, ... below end. A block
// owns `rows_each` rows and up to COLUMN_THREADS packs of channels; neighbouring threads own neighbouring
// packs, of several rows at once where a row is short, so accesses stay whole lines. Threads that are left
// over own no row.
struct Columns {
    int c, width, side_by_side;
    int64_t row, end;
    int step;
};

template <int N>
__device__ Columns own_columns(int64_t rows, int channels, int rows_each) {
    int first_pack = blockIdx.y * COLUMN_THREADS;
    int width = min(channels / N - first_pack, COLUMN_THREADS);
    int side_by_side = COLUMN_THREADS / width;
    int lane_row = threadIdx.x / width;
    int64_t begin = int64_t(blockIdx.x) * rows_each;
    int64_t end = lane_row < side_by_side ? min(begin + rows_each, rows) : begin;
    int c = (first_pack + threadIdx.x % width) * N;
    return {c, width, side_by_side, begin + lane_row, end, side_by_side};
}

// The same for one of several images of `pixels` rows each, blockIdx.z: row and end count from the first.
template <int N>
__device__ Columns own_columns_of_image(int64_t pixels, int channels, int rows_each) {
    Columns own = own_columns<N>(pixels, channels, rows_each);
    own.row += blockIdx.z * pixels;
    own.end += blockIdx.z * pixels;
    return own;
}

// Where the parts of this image's sums begin: partial is [images, parts, channels].
__device__ inline float *parts_of_image(float *partial, int channels) {
    return partial + int64_t(blockIdx.z) * gridDim.x * channels;
}

// N numbers of a vector over channels, for the registers of the thread that owns them.
template <int N>
__device__ Pack<float, N> of_channels(const float *__restrict__ vector, int c) {
    Pack<float, N> own;
    for (int i = 0; i < N; i++) {
        own.at[i] = vector[c + i];
    }
    return own;
}

// Each thread calls body(element, sums) for its pack of each of its rows, which adds to S sums of each of
// N channels in registers; then one thread a pack adds what the threads of that pack have, in order, and
// writes partial[block, s, c] of the channels that there are.
template <int N, int S, typename Body>
__device__ void sum_columns(const Columns &own, int channels, float *partial, Body body) {
    __shared__ float shared[S * N * COLUMN_THREADS];
    float sums[S][N] = {};
    for (int64_t row = own.row; row < own.end; row += own.step) {
        body(row * channels + own.c, sums);
    }
    for (int s = 0; s < S; s++) {
        for (int i = 0; i < N; i++) {
            shared[(s * N + i) * COLUMN_THREADS + threadIdx.x] = sums[s][i];
        }
    }
    __syncthreads();
    if (threadIdx.x < own.width) {
        for (int s = 0; s < S; s++) {
            for (int i = 0; i < N; i++) {
                float total = 0;
                for (int other = 0; other < own.side_by_side; other++) {
                    total += shared[(s * N + i) * COLUMN_THREADS + other * own.width + threadIdx.x];
                }
                if (own.c + i < channels) {
                    partial[(int64_t(blockIdx.x) * S + s) * channels + own.c + i] = total;
                }
            }
        }
    }
}
