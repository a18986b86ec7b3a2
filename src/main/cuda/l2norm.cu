// L2 normalisation over the channels of x [rows, channels] with a scale per channel (Liu et al., ParseNet,
// 2015, equation 2). Arithmetic is float whatever the storage. A warp owns a row, and a lane N neighbouring
// channels of every 32 N, 16 bytes where the channel count allows it (N = 1 otherwise). What a row's first
// 512 channels hold, which is all there is in SSD, stays in registers, so that nothing is read twice.
#include "columns.cuh"

// How a pixel of zeros is kept from dividing by zero; the numbers are CudaL2NormKernels'.
enum Guard { ADD_TO_SQUARES = 0, ADD_TO_NORM = 1, LARGER_OF = 2 };

constexpr int WARPS = COLUMN_THREADS / 32;
constexpr int EACH = 8;              // channels of a chunk that a lane owns
constexpr int CHUNK = 32 * EACH;
constexpr int KEPT = 2;              // chunks in registers
constexpr int KEPT_CHANNELS = KEPT * CHUNK;

// What a lane keeps of a row, or of the scales.
template <typename T, int N>
using Kept = Pack<T, N>[KEPT][EACH / N];

// The first channel of the lane's pack u, of EACH / N, in a chunk.
template <int N>
__device__ inline int channel_of(int chunk, int u) {
    return chunk * CHUNK + (u * 32 + threadIdx.x % 32) * N;
}

// Calls kept(chunk, u, c) for the lane's packs that have registers, then rest(u, c) for those beyond, where
// pack u of its chunk begins at channel c.
template <int N, typename Kept, typename Rest>
__device__ inline void for_own(int channels, Kept kept, Rest rest) {
#pragma unroll
    for (int chunk = 0; chunk < KEPT; chunk++) {
#pragma unroll
        for (int u = 0; u < EACH / N; u++) {
            int c = channel_of<N>(chunk, u);
            if (c < channels) {
                kept(chunk, u, c);
            }
        }
    }
    for (int chunk = KEPT; chunk * CHUNK < channels; chunk++) {
#pragma unroll
        for (int u = 0; u < EACH / N; u++) {
            int c = channel_of<N>(chunk, u);
            if (c < channels) {
                rest(u, c);
            }
        }
    }
}

template <typename T, int N>
__device__ inline Pack<T, N> &at(T *row, int c) {
    return *reinterpret_cast<Pack<T, N> *>(row + c);
}

template <typename T, int N>
__device__ inline Pack<T, N> loaded(const T *row, int c) {
    return *reinterpret_cast<const Pack<T, N> *>(row + c);
}

// The total of a warp's EACH sums a lane, in all lanes. The pairs that are joined first differ in the lowest
// bit of their place in the chunk, the next in the second, so one total does not depend on N, nor on the type.
template <int N>
__device__ inline float joined(float (&sums)[EACH]) {
#pragma unroll
    for (int apart = 1; apart < N; apart *= 2) {
#pragma unroll
        for (int i = 0; i + apart < EACH; i += 2 * apart) {
            sums[i] += sums[i + apart];
        }
    }
#pragma unroll
    for (int distance = 1; distance < 32; distance *= 2) {
#pragma unroll
        for (int i = 0; i < EACH; i += N) {
            sums[i] += __shfl_xor_sync(0xffffffffu, sums[i], distance);
        }
    }
#pragma unroll
    for (int apart = N; apart < EACH; apart *= 2) {
#pragma unroll
        for (int i = 0; i + apart < EACH; i += 2 * apart) {
            sums[i] += sums[i + apart];
        }
    }
    return sums[0];
}

// What a row is divided by. Comparisons, since fmaxf would lose a NaN.
__device__ inline float divisor(float squares, int guard, float epsilon) {
    if (guard == ADD_TO_SQUARES) {
        return sqrtf(squares + epsilon);
    }
    float root = sqrtf(squares);
    return guard == ADD_TO_NORM ? root + epsilon : root < epsilon ? epsilon : root;
}

// (sum of g x) / norm^2, what x is multiplied by in its own gradient; 0 where the norm is the guard alone.
// Divided twice, since the square of a small norm is none.
__device__ inline float slope_of(float dot, float norm, int guard, float epsilon) {
    if (guard != ADD_TO_SQUARES && norm == epsilon) {
        return 0;
    }
    return dot / norm / (guard == ADD_TO_NORM ? norm - epsilon : norm);
}

// The scales of the lane's channels that have registers.
template <int N>
__device__ inline void keep(Kept<float, N> &kept, const float *__restrict__ scale, int channels) {
    for_own<N>(
        channels, [&](int chunk, int u, int c) { kept[chunk][u] = loaded<float, N>(scale, c); }, [](int, int) {});
}

// norm[row] = the row's divisor, out = x scale / norm. A block owns rows_each rows, which its warps take in
// turn. Reads x, writes out and 4 bytes a row: the floor; the scales are read once a warp.
template <typename T, int N>
__device__ void forward(int64_t rows, int channels, int rows_each, const T *__restrict__ x,
                        const float *__restrict__ scale, int guard, float epsilon, float *__restrict__ norm,
                        T *__restrict__ out) {
    Kept<float, N> scales;
    keep<N>(scales, scale, channels);
    int64_t end = min(rows, (int64_t(blockIdx.x) + 1) * rows_each);
    for (int64_t r = int64_t(blockIdx.x) * rows_each + threadIdx.x / 32; r < end; r += WARPS) {
        const T *x_row = x + r * channels;
        T *out_row = out + r * channels;
        Kept<T, N> xs;
        float squares[EACH] = {};
        auto add = [&](const Pack<T, N> &own, int u) {
            for (int i = 0; i < N; i++) {
                squares[u * N + i] = fmaf(value(own.at[i]), value(own.at[i]), squares[u * N + i]);
            }
        };
        for_own<N>(
            channels,
            [&](int chunk, int u, int c) {
                xs[chunk][u] = loaded<T, N>(x_row, c);
                add(xs[chunk][u], u);
            },
            [&](int u, int c) { add(loaded<T, N>(x_row, c), u); });
        float length = divisor(joined<N>(squares), guard, epsilon);
        float inverse = 1 / length;
        if (threadIdx.x % 32 == 0) {
            norm[r] = length;
        }
        auto write = [&](Pack<T, N> own, const Pack<float, N> &factors, int c) {
            for (int i = 0; i < N; i++) {
                own.at[i] = stored<T>(value(own.at[i]) * inverse * factors.at[i]);
            }
            at<T, N>(out_row, c) = own;
        };
        for_own<N>(
            channels, [&](int chunk, int u, int c) { write(xs[chunk][u], scales[chunk][u], c); },
            [&](int, int c) { write(loaded<T, N>(x_row, c), loaded<float, N>(scale, c), c); });
    }
}

// What a warp knows of the row it is at.
struct Row {
    float inverse, slope;
};

// dx = (g - x slope) / norm with g = d scale, or that added to it.
template <typename T, int N>
__device__ inline void write_gradient(const Pack<T, N> &xs, const Pack<T, N> &ds, const Pack<float, N> &scales,
                                      const Row &row, int c, T *dx, bool adds) {
    Pack<T, N> result;
    if (adds) {
        result = at<T, N>(dx, c);
    }
    for (int i = 0; i < N; i++) {
        float gradient = (value(ds.at[i]) * scales.at[i] - value(xs.at[i]) * row.slope) * row.inverse;
        result.at[i] = stored<T>(adds ? value(result.at[i]) + gradient : gradient);
    }
    at<T, N>(dx, c) = result;
}

// dx, and the first of two stages of dScale: a block owns rows_each rows, its warps take them in turn, and
// partial[block, c] = sum of d x / norm over them, each warp's in registers, then theirs in order. With more
// than 512 channels partial is null: scale_backward makes it then. Reads x and d, writes dx: the floor, but
// for what is beyond the 512th channel, which is read again from the cache.
template <typename T, int N>
__device__ void backward(int64_t rows, int channels, int rows_each, const T *x, const float *__restrict__ scale,
                         int guard, float epsilon, const float *__restrict__ norm, const T *d, T *dx, bool adds,
                         float *partial) {
    __shared__ float shared[WARPS][KEPT_CHANNELS];
    int warp = threadIdx.x / 32;
    Kept<float, N> scales;
    keep<N>(scales, scale, channels);
    float sums[KEPT][EACH] = {};
    int64_t end = min(rows, (int64_t(blockIdx.x) + 1) * rows_each);
    for (int64_t r = int64_t(blockIdx.x) * rows_each + warp; r < end; r += WARPS) {
        const T *x_row = x + r * channels;
        const T *d_row = d + r * channels;
        Kept<T, N> xs;
        Kept<T, N> ds;
        float dots[EACH] = {};
        auto add = [&](const Pack<T, N> &as, const Pack<T, N> &bs, const Pack<float, N> &factors, int u) {
            for (int i = 0; i < N; i++) {
                dots[u * N + i] = fmaf(value(bs.at[i]) * factors.at[i], value(as.at[i]), dots[u * N + i]);
            }
        };
        for_own<N>(
            channels,
            [&](int chunk, int u, int c) {
                xs[chunk][u] = loaded<T, N>(x_row, c);
                ds[chunk][u] = loaded<T, N>(d_row, c);
                add(xs[chunk][u], ds[chunk][u], scales[chunk][u], u);
            },
            [&](int u, int c) {
                add(loaded<T, N>(x_row, c), loaded<T, N>(d_row, c), loaded<float, N>(scale, c), u);
            });
        float length = norm[r];
        Row row = {1 / length, slope_of(joined<N>(dots), length, guard, epsilon)};
        T *dx_row = dx + r * channels;
        for_own<N>(
            channels,
            [&](int chunk, int u, int c) {
                for (int i = 0; i < N; i++) {
                    sums[chunk][u * N + i] += value(ds[chunk][u].at[i]) * value(xs[chunk][u].at[i]) * row.inverse;
                }
                write_gradient(xs[chunk][u], ds[chunk][u], scales[chunk][u], row, c, dx_row, adds);
            },
            [&](int, int c) {
                write_gradient(loaded<T, N>(x_row, c), loaded<T, N>(d_row, c), loaded<float, N>(scale, c), row, c,
                               dx_row, adds);
            });
    }
    if (partial == nullptr) return;
#pragma unroll
    for (int chunk = 0; chunk < KEPT; chunk++) {
#pragma unroll
        for (int u = 0; u < EACH / N; u++) {
            at<float, N>(shared[warp], channel_of<N>(chunk, u)) =
                *reinterpret_cast<Pack<float, N> *>(&sums[chunk][u * N]);
        }
    }
    __syncthreads();
    for (int c = threadIdx.x; c < channels; c += COLUMN_THREADS) {
        float total = 0;
        for (int other = 0; other < WARPS; other++) {
            total += shared[other][c];
        }
        partial[int64_t(blockIdx.x) * channels + c] = total;
    }
}

// partial[block, c] = sum of d x / norm over the block's rows, for rows that are wider than registers hold.
template <typename T, int N>
__device__ void scale_backward(int64_t rows, int channels, int rows_each, const T *__restrict__ x,
                               const float *__restrict__ norm, const T *__restrict__ d, float *partial) {
    Columns own = own_columns<N>(rows, channels, rows_each);
    sum_columns<N, 1>(own, channels, partial, [&](int64_t first, float(&sums)[1][N]) {
        Pack<T, N> xs = loaded<T, N>(x, first);
        Pack<T, N> ds = loaded<T, N>(d, first);
        float inverse = 1 / norm[first / channels];
        for (int i = 0; i < N; i++) {
            sums[0][i] += value(ds.at[i]) * value(xs.at[i]) * inverse;
        }
    });
}

#define FOR_WIDTH(name, T, width, N)                                                                              \
    extern "C" __global__ void __launch_bounds__(COLUMN_THREADS) l2norm_forward_##name##width(                    \
        int64_t rows, int channels, int rows_each, const T *__restrict__ x, const float *__restrict__ scale,      \
        int guard, float epsilon, float *__restrict__ norm, T *__restrict__ out) {                                \
        forward<T, N>(rows, channels, rows_each, x, scale, guard, epsilon, norm, out);                            \
    }                                                                                                             \
    extern "C" __global__ void __launch_bounds__(COLUMN_THREADS) l2norm_backward_##name##width(                   \
        int64_t rows, int channels, int rows_each, const T *x, const float *__restrict__ scale, int guard,        \
        float epsilon, const float *__restrict__ norm, const T *d, T *dx, int adds, float *partial) {             \
        backward<T, N>(rows, channels, rows_each, x, scale, guard, epsilon, norm, d, dx, adds != 0, partial);     \
    }                                                                                                             \
    extern "C" __global__ void __launch_bounds__(COLUMN_THREADS) l2norm_scale_backward_##name##width(             \
        int64_t rows, int channels, int rows_each, const T *__restrict__ x, const float *__restrict__ norm,       \
        const T *__restrict__ d, float *partial) {                                                                \
        scale_backward<T, N>(rows, channels, rows_each, x, norm, d, partial);                                     \
    }

FOR_WIDTH(f32, float, _packed, 4)
FOR_WIDTH(f32, float, _single, 1)
FOR_WIDTH(f16, __half, _packed, 8)
FOR_WIDTH(f16, __half, _single, 1)
