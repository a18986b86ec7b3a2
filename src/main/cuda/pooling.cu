// Max pooling over NHWC, forward with the place of each maximum, backward without atomics. The image is
// blockIdx.x; inside one image indices are 32-bit. A thread owns N neighbouring channels of one pixel,
// 16 bytes where the channel count allows it (N = 1 otherwise), so a warp's accesses are whole lines. Below
// it the mean of whole images, in the two stages of columns.cuh, whose images are blockIdx.z.
#include "columns.cuh"

struct Window {
    int height, width, stride_height, stride_width, pad_height, pad_width;
};

struct Extent {
    int height, width;
};

// Whether a candidate replaces the maximum so far: it is larger, or the first NaN.
__device__ inline bool replaces(float candidate, float best) {
    return candidate > best || (candidate != candidate && best == best);
}

// out = the largest of each window, places = row * window width + column of the first one; NaN wins.
// Neighbouring windows share rows and columns, which the cache serves: x is read from memory once, out
// and places are written once, the floor.
template <typename T, int N>
__device__ void max_pool(Extent in, Extent out_extent, int channels, Window window, const T *__restrict__ x,
                         T *__restrict__ out, uint8_t *__restrict__ places) {
    int packs = channels / N;
    int own = blockIdx.y * blockDim.x + threadIdx.x;
    if (own >= out_extent.height * out_extent.width * packs) return;
    int c = own % packs * N;
    int pixel = own / packs;
    int top = pixel / out_extent.width * window.stride_height - window.pad_height;
    int left = pixel % out_extent.width * window.stride_width - window.pad_width;
    x += int64_t(blockIdx.x) * in.height * in.width * channels;
    int64_t to = int64_t(blockIdx.x) * out_extent.height * out_extent.width * channels + int64_t(pixel) * channels + c;

    float best[N];
    Pack<uint8_t, N> place;
    bool begun = false;
    int bottom = min(top + window.height, in.height);
    int right = min(left + window.width, in.width);
    for (int row = max(top, 0); row < bottom; row++) {
        for (int column = max(left, 0); column < right; column++) {
            Pack<T, N> here = *reinterpret_cast<const Pack<T, N> *>(x + (row * in.width + column) * channels + c);
            uint8_t at = uint8_t((row - top) * window.width + column - left);
            for (int i = 0; i < N; i++) {
                float candidate = value(here.at[i]);
                if (!begun || replaces(candidate, best[i])) {
                    best[i] = candidate;
                    place.at[i] = at;
                }
            }
            begun = true;
        }
    }
    Pack<T, N> result;
    for (int i = 0; i < N; i++) {
        result.at[i] = stored<T>(best[i]);
    }
    *reinterpret_cast<Pack<T, N> *>(out + to) = result;
    if (places != nullptr) {
        *reinterpret_cast<Pack<uint8_t, N> *>(places + to) = place;
    }
}

// dx[pixel] = sum of the gradients of the windows whose maximum lay there, in the order of the windows,
// or that added to dx. Each pixel asks the few windows that cover it, so nothing is added twice and
// nothing needs an atomic. Reads d and places once from memory, writes dx once.
template <typename T, int N>
__device__ void max_pool_backward(Extent in, Extent out_extent, int channels, Window window,
                                  const uint8_t *__restrict__ places, const T *__restrict__ d, T *dx, bool adds) {
    int packs = channels / N;
    int own = blockIdx.y * blockDim.x + threadIdx.x;
    if (own >= in.height * in.width * packs) return;
    int c = own % packs * N;
    int pixel = own / packs;
    int row = pixel / in.width;
    int column = pixel % in.width;
    int64_t image = int64_t(blockIdx.x) * out_extent.height * out_extent.width * channels;
    d += image;
    places += image;
    dx += int64_t(blockIdx.x) * in.height * in.width * channels + int64_t(pixel) * channels + c;

    // The windows p with p * stride - pad <= row < p * stride - pad + height.
    int padded_row = row + window.pad_height;
    int padded_column = column + window.pad_width;
    int first_p = max(0, (padded_row - window.height + window.stride_height) / window.stride_height);
    int first_q = max(0, (padded_column - window.width + window.stride_width) / window.stride_width);
    int last_p = min(out_extent.height - 1, padded_row / window.stride_height);
    int last_q = min(out_extent.width - 1, padded_column / window.stride_width);
    float sum[N] = {};
    for (int p = first_p; p <= last_p; p++) {
        for (int q = first_q; q <= last_q; q++) {
            int at = (p * out_extent.width + q) * channels + c;
            int mine = (padded_row - p * window.stride_height) * window.width + padded_column - q * window.stride_width;
            Pack<uint8_t, N> place = *reinterpret_cast<const Pack<uint8_t, N> *>(places + at);
            Pack<T, N> gradient = *reinterpret_cast<const Pack<T, N> *>(d + at);
            for (int i = 0; i < N; i++) {
                if (place.at[i] == mine) {
                    sum[i] += value(gradient.at[i]);
                }
            }
        }
    }
    Pack<T, N> result;
    if (adds) {
        result = *reinterpret_cast<const Pack<T, N> *>(dx);
    }
    for (int i = 0; i < N; i++) {
        result.at[i] = stored<T>(adds ? value(result.at[i]) + sum[i] : sum[i]);
    }
    *reinterpret_cast<Pack<T, N> *>(dx) = result;
}

// The first of two stages of the mean: partial[n, part, c] = sum of x over the block's pixels. Reads x once,
// the floor.
template <typename T, int N>
__device__ void global_average(int64_t pixels, int channels, int rows_each, const T *__restrict__ x, float *partial) {
    Columns own = own_columns_of_image<N>(pixels, channels, rows_each);
    sum_columns<N, 1>(own, channels, parts_of_image(partial, channels), [&](int64_t at, float(&sums)[1][N]) {
        Pack<T, N> xs = *reinterpret_cast<const Pack<T, N> *>(x + at);
        for (int i = 0; i < N; i++) {
            sums[0][i] += value(xs.at[i]);
        }
    });
}

// dx[n, pixel, c] = d[n, c] / pixels, or that added to it: a thread reads its gradients once, dx moves once.
template <typename T, int N>
__device__ void global_average_backward(int64_t pixels, int channels, int rows_each, const T *__restrict__ d, T *dx,
                                        bool adds) {
    Columns own = own_columns_of_image<N>(pixels, channels, rows_each);
    Pack<T, N> ds = *reinterpret_cast<const Pack<T, N> *>(d + int64_t(blockIdx.z) * channels + own.c);
    for (int64_t row = own.row; row < own.end; row += own.step) {
        int64_t at = row * channels + own.c;
        Pack<T, N> xs = {};
        if (adds) {
            xs = *reinterpret_cast<const Pack<T, N> *>(dx + at);
        }
        for (int i = 0; i < N; i++) {
            float share = value(ds.at[i]) / float(pixels);
            xs.at[i] = stored<T>(adds ? value(xs.at[i]) + share : share);
        }
        *reinterpret_cast<Pack<T, N> *>(dx + at) = xs;
    }
}

#define FOR_WIDTH(name, T, width, N)                                                                              \
    extern "C" __global__ void max_pool_##name##width(Extent in, Extent out_extent, int channels, Window window,  \
                                                      const T *__restrict__ x, T *__restrict__ out,               \
                                                      uint8_t *__restrict__ places) {                             \
        max_pool<T, N>(in, out_extent, channels, window, x, out, places);                                         \
    }                                                                                                             \
    extern "C" __global__ void max_pool_backward_##name##width(                                                   \
        Extent in, Extent out_extent, int channels, Window window, const uint8_t *__restrict__ places,            \
        const T *__restrict__ d, T *dx, int adds) {                                                               \
        max_pool_backward<T, N>(in, out_extent, channels, window, places, d, dx, adds != 0);                      \
    }                                                                                                             \
    extern "C" __global__ void __launch_bounds__(COLUMN_THREADS) global_average_##name##width(                    \
        int64_t pixels, int channels, int rows_each, const T *__restrict__ x, float *partial) {                   \
        global_average<T, N>(pixels, channels, rows_each, x, partial);                                            \
    }                                                                                                             \
    extern "C" __global__ void __launch_bounds__(COLUMN_THREADS) global_average_backward_##name##width(           \
        int64_t pixels, int channels, int rows_each, const T *__restrict__ d, T *dx, int adds) {                  \
        global_average_backward<T, N>(pixels, channels, rows_each, d, dx, adds != 0);                             \
    }

FOR_WIDTH(f32, float, _packed, 4)
FOR_WIDTH(f32, float, _single, 1)
FOR_WIDTH(f16, __half, _packed, 8)
FOR_WIDTH(f16, __half, _single, 1)
