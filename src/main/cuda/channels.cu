// Channels scaled in each image, and channels put side by side. Arithmetic is float; each result is rounded to
// its type once. x, d and what is written may be the same memory, so only scales and whole operands of a join
// are restrict.
#include "columns.cuh"

// out[n, pixel, c] = x[n, pixel, c] scale[n, c]: a thread reads its scales once, x and out move once.
template <typename T, int N>
__device__ void scale_channels(int64_t pixels, int channels, int rows_each, const T *x, const T *__restrict__ scale,
                               T *out) {
    Columns own = own_columns_of_image<N>(pixels, channels, rows_each);
    Pack<T, N> factors = *reinterpret_cast<const Pack<T, N> *>(scale + int64_t(blockIdx.z) * channels + own.c);
    for (int64_t row = own.row; row < own.end; row += own.step) {
        int64_t at = row * channels + own.c;
        Pack<T, N> xs = *reinterpret_cast<const Pack<T, N> *>(x + at);
        for (int i = 0; i < N; i++) {
            xs.at[i] = stored<T>(value(xs.at[i]) * value(factors.at[i]));
        }
        *reinterpret_cast<Pack<T, N> *>(out + at) = xs;
    }
}

// The first of two stages: dx = d scale, or that added to it, unless dx is null; partial[n, part, c] = sum of
// d x over the block's pixels. Reads x and d, writes dx, the floor.
template <typename T, int N>
__device__ void scale_channels_backward(int64_t pixels, int channels, int rows_each, const T *x,
                                        const T *__restrict__ scale, const T *d, T *dx, bool adds, float *partial) {
    Columns own = own_columns_of_image<N>(pixels, channels, rows_each);
    Pack<T, N> factors = *reinterpret_cast<const Pack<T, N> *>(scale + int64_t(blockIdx.z) * channels + own.c);
    sum_columns<N, 1>(own, channels, parts_of_image(partial, channels), [&](int64_t at, float(&sums)[1][N]) {
        Pack<T, N> xs = *reinterpret_cast<const Pack<T, N> *>(x + at);
        Pack<T, N> ds = *reinterpret_cast<const Pack<T, N> *>(d + at);
        for (int i = 0; i < N; i++) {
            sums[0][i] += value(ds.at[i]) * value(xs.at[i]);
        }
        if (dx != nullptr) {
            Pack<T, N> before = {};
            if (adds) {
                before = *reinterpret_cast<const Pack<T, N> *>(dx + at);
            }
            for (int i = 0; i < N; i++) {
                float gradient = value(ds.at[i]) * value(factors.at[i]);
                ds.at[i] = stored<T>(adds ? value(before.at[i]) + gradient : gradient);
            }
            *reinterpret_cast<Pack<T, N> *>(dx + at) = ds;
        }
    });
}

// out[row, c] = a[row, c] for the first from_a channels, b[row, c - from_a] for from_b behind them, else 0. A
// block owns a row, its threads neighbouring channels: rows need not be aligned.
template <typename T>
__device__ void join_channels(int channels, const T *__restrict__ a, int channels_a, int from_a,
                              const T *__restrict__ b, int channels_b, int from_b, T *__restrict__ out) {
    int64_t row = blockIdx.x;
    for (int c = threadIdx.x; c < channels; c += blockDim.x) {
        T element = stored<T>(0);
        if (c < from_a) {
            element = a[row * channels_a + c];
        } else if (c < from_a + from_b) {
            element = b[row * channels_b + c - from_a];
        }
        out[row * channels + c] = element;
    }
}

// dx[row, c] = d[row, first + c] for count channels, 0 behind them; or that added to dx.
template <typename T>
__device__ void join_channels_backward(int channels, const T *__restrict__ d, int channels_d, int first, int count,
                                       T *dx, bool adds) {
    int64_t row = blockIdx.x;
    for (int c = threadIdx.x; c < channels; c += blockDim.x) {
        float gradient = c < count ? value(d[row * channels_d + first + c]) : 0;
        int64_t at = row * channels + c;
        dx[at] = stored<T>(adds ? value(dx[at]) + gradient : gradient);
    }
}

#define FOR_TYPE(name, T)                                                                                         \
    extern "C" __global__ void join_channels_##name(int channels, const T *__restrict__ a, int channels_a,        \
                                                    int from_a, const T *__restrict__ b, int channels_b,          \
                                                    int from_b, T *__restrict__ out) {                            \
        join_channels(channels, a, channels_a, from_a, b, channels_b, from_b, out);                               \
    }                                                                                                             \
    extern "C" __global__ void join_channels_backward_##name(                                                     \
        int channels, const T *__restrict__ d, int channels_d, int first, int count, T *dx, int adds) {           \
        join_channels_backward(channels, d, channels_d, first, count, dx, adds != 0);                             \
    }

#define FOR_WIDTH(name, T, width, N)                                                                              \
    extern "C" __global__ void __launch_bounds__(COLUMN_THREADS)                                                  \
        scale_channels_##name##width(int64_t pixels, int channels, int rows_each, const T *x,                     \
                                     const T *__restrict__ scale, T *out) {                                       \
        scale_channels<T, N>(pixels, channels, rows_each, x, scale, out);                                         \
    }                                                                                                             \
    extern "C" __global__ void __launch_bounds__(COLUMN_THREADS)                                                  \
        scale_channels_backward_##name##width(int64_t pixels, int channels, int rows_each, const T *x,            \
                                              const T *__restrict__ scale, const T *d, T *dx, int adds,           \
                                              float *partial) {                                                   \
        scale_channels_backward<T, N>(pixels, channels, rows_each, x, scale, d, dx, adds != 0, partial);          \
    }

FOR_TYPE(f32, float)
FOR_TYPE(f16, __half)
FOR_WIDTH(f32, float, _packed, 4)
FOR_WIDTH(f32, float, _single, 1)
FOR_WIDTH(f16, __half, _packed, 8)
FOR_WIDTH(f16, __half, _single, 1)
