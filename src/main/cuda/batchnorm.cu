// Batch normalisation over the channels of x [rows, channels], in the steps of which fused units are made:
// statistics in two stages, apply + add + activation, the sums of the gradient in two stages, the gradient.
// Arithmetic is float whatever the storage; statistics and sums are float.
#include "mask.cuh"

// What a block knows of a channel of its rows, and what two blocks know together.
struct Moments {
    float count, mean, squares;  // squares: sum of (x - mean)^2
};

// Chan, Golub and LeVeque, 1979: without the cancellation of E[x^2] - E[x]^2.
__device__ inline Moments joined(Moments a, Moments b) {
    if (b.count == 0) return a;
    float count = a.count + b.count;
    float apart = b.mean - a.mean;
    float share = b.count / count;
    return {count, a.mean + apart * share, a.squares + b.squares + apart * apart * a.count * share};
}

// The first stage: partial[block, 0, c] = mean and partial[block, 1, c] = squares of the block's rows. Each
// thread follows its channels down its rows with Welford's update (1962), so x is read once, the floor;
// then one thread a pack joins what the threads of that pack have, in order.
template <typename T, int N>
__device__ void statistics(int64_t rows, int channels, int rows_each, const T *__restrict__ x, float *partial) {
    __shared__ float means[N * COLUMN_THREADS];
    __shared__ float squares[N * COLUMN_THREADS];
    Columns own = own_columns<N>(rows, channels, rows_each);
    float mean[N] = {};
    float square[N] = {};
    int count = 0;
    for (int64_t row = own.row; row < own.end; row += own.step) {
        Pack<T, N> xs = *reinterpret_cast<const Pack<T, N> *>(x + row * channels + own.c);
        float inverse = 1.0f / float(++count);
        for (int i = 0; i < N; i++) {
            float apart = value(xs.at[i]) - mean[i];
            mean[i] += apart * inverse;
            square[i] += apart * (value(xs.at[i]) - mean[i]);
        }
    }
    for (int i = 0; i < N; i++) {
        means[i * COLUMN_THREADS + threadIdx.x] = mean[i];
        squares[i * COLUMN_THREADS + threadIdx.x] = square[i];
    }
    __syncthreads();
    if (threadIdx.x < own.width) {
        int here = int(own.end - own.row);
        for (int i = 0; i < N; i++) {
            Moments all = {};
            for (int other = 0; other < min(own.side_by_side, here); other++) {
                int at = i * COLUMN_THREADS + other * own.width + threadIdx.x;
                // Rows other, other + step, ... below here.
                float seen = float((here - other + own.step - 1) / own.step);
                all = joined(all, {seen, means[at], squares[at]});
            }
            partial[int64_t(blockIdx.x) * 2 * channels + own.c + i] = all.mean;
            partial[(int64_t(blockIdx.x) * 2 + 1) * channels + own.c + i] = all.squares;
        }
    }
}

// The second stage: mean[c] and inv_std[c] = 1 / sqrt(squares / rows + epsilon). A block owns 32 channels,
// its 8 warps share the parts, and one warp joins theirs in order.
extern "C" __global__ void batchnorm_join(int64_t rows, int channels, int rows_each, int parts, float epsilon,
                                          const float *__restrict__ partial, float *mean, float *inv_std) {
    __shared__ Moments shared[8][33];
    int c = blockIdx.x * 32 + threadIdx.x;
    Moments all = {};
    if (c < channels) {
        for (int part = threadIdx.y; part < parts; part += 8) {
            float count = float(min(int64_t(rows_each), rows - int64_t(part) * rows_each));
            all = joined(all, {count, partial[int64_t(part) * 2 * channels + c],
                               partial[(int64_t(part) * 2 + 1) * channels + c]});
        }
    }
    shared[threadIdx.y][threadIdx.x] = all;
    __syncthreads();
    if (threadIdx.y == 0 && c < channels) {
        for (int warp = 1; warp < 8; warp++) {
            all = joined(all, shared[warp][threadIdx.x]);
        }
        mean[c] = all.mean;
        inv_std[c] = 1.0f / sqrtf(all.squares / float(rows) + epsilon);
    }
}

// inv_std = 1 / sqrt(variance + epsilon)
extern "C" __global__ void batchnorm_inverse_std(int channels, const float *__restrict__ variance, float epsilon,
                                                 float *__restrict__ inv_std) {
    int c = blockIdx.x * blockDim.x + threadIdx.x;
    if (c < channels) {
        inv_std[c] = 1.0f / sqrtf(variance[c] + epsilon);
    }
}

// out = activation((x - mean) gamma inv_std + beta + residual): reads x and the residual, writes out, the
// floor; what belongs to a channel is read once a thread.
template <typename T, int N>
__device__ void apply(int64_t rows, int channels, int rows_each, const T *x, const float *__restrict__ mean,
                      const float *__restrict__ inv_std, const float *__restrict__ gamma,
                      const float *__restrict__ beta, const T *residual, int activation, T *out) {
    Columns own = own_columns<N>(rows, channels, rows_each);
    Pack<float, N> centre = of_channels<N>(mean, own.c);
    Pack<float, N> shift = of_channels<N>(beta, own.c);
    Pack<float, N> scale;
    for (int i = 0; i < N; i++) {
        scale.at[i] = gamma[own.c + i] * inv_std[own.c + i];
    }
    for (int64_t row = own.row; row < own.end; row += own.step) {
        int64_t at = row * channels + own.c;
        Pack<T, N> xs = *reinterpret_cast<const Pack<T, N> *>(x + at);
        Pack<T, N> rs = {};
        if (residual != nullptr) {
            rs = *reinterpret_cast<const Pack<T, N> *>(residual + at);
        }
        for (int i = 0; i < N; i++) {
            float y = (value(xs.at[i]) - centre.at[i]) * scale.at[i] + shift.at[i];
            if (residual != nullptr) {
                y += value(rs.at[i]);
            }
            xs.at[i] = stored<T>(activated(y, activation));
        }
        *reinterpret_cast<Pack<T, N> *>(out + at) = xs;
    }
}

// The first stage of the sums of the gradient: dz = passed(y, d), partial[block, 0, c] = sum of dz,
// partial[block, 1, c] = sum of dz (x - mean) inv_std. Reads x, d and, where there is an activation, y;
// writes dz: the floor.
template <typename T, int N>
__device__ void backward_reduce(int64_t rows, int channels, int rows_each, const T *x,
                                const float *__restrict__ mean, const float *__restrict__ inv_std, const T *y,
                                int activation, const T *d, T *dz, float *partial) {
    Columns own = own_columns<N>(rows, channels, rows_each);
    Pack<float, N> centre = of_channels<N>(mean, own.c);
    Pack<float, N> scale = of_channels<N>(inv_std, own.c);
    sum_columns<N, 2>(own, channels, partial, [&](int64_t at, float(&sums)[2][N]) {
        Pack<T, N> xs = *reinterpret_cast<const Pack<T, N> *>(x + at);
        Pack<T, N> ds = *reinterpret_cast<const Pack<T, N> *>(d + at);
        Pack<T, N> ys = {};
        if (activation != NONE) {
            ys = *reinterpret_cast<const Pack<T, N> *>(y + at);
        }
        for (int i = 0; i < N; i++) {
            float gradient = passed(value(ys.at[i]), activation, value(ds.at[i]));
            ds.at[i] = stored<T>(gradient);
            sums[0][i] += gradient;
            sums[1][i] += gradient * ((value(xs.at[i]) - centre.at[i]) * scale.at[i]);
        }
        *reinterpret_cast<Pack<T, N> *>(dz + at) = ds;
    });
}

// apply that also writes the mask of out: a bit an element more.
template <typename T, bool WHOLE>
__device__ void masked_apply(int64_t rows, int channels, int rows_each, const T *x, const float *__restrict__ mean,
                             const float *__restrict__ inv_std, const float *__restrict__ gamma,
                             const float *__restrict__ beta, const T *residual, int activation, T *out,
                             uint8_t *mask) {
    Masked<T, WHOLE> masked(rows, channels, rows_each);
    const Columns &own = masked.own;
    constexpr int N = masked.N;
    Pack<float, N> centre = masked.load(mean + own.c);
    Pack<float, N> shift = masked.load(beta + own.c);
    Pack<float, N> scale = masked.load(gamma + own.c);
    Pack<float, N> deviation = masked.load(inv_std + own.c);
    for (int i = 0; i < N; i++) {
        scale.at[i] *= deviation.at[i];
    }
    for (int64_t row = own.row; row < own.end; row += own.step) {
        int64_t at = row * channels + own.c;
        Pack<T, N> xs = masked.load(x + at);
        Pack<T, N> rs = {};
        if (residual != nullptr) {
            rs = masked.load(residual + at);
        }
        for (int i = 0; i < N; i++) {
            float y = (value(xs.at[i]) - centre.at[i]) * scale.at[i] + shift.at[i];
            if (residual != nullptr) {
                y += value(rs.at[i]);
            }
            xs.at[i] = stored<T>(activated(y, activation));
        }
        masked.store(out + at, xs);
        masked.store_bits(xs, activation, mask, at);
    }
}

// backward_reduce from a mask: reads x, d and a bit an element, writes dz, the floor.
template <typename T, bool WHOLE>
__device__ void masked_backward_reduce(int64_t rows, int channels, int rows_each, const T *x,
                                       const float *__restrict__ mean, const float *__restrict__ inv_std,
                                       const uint8_t *__restrict__ mask, const T *d, T *dz, float *partial) {
    Masked<T, WHOLE> masked(rows, channels, rows_each);
    const Columns &own = masked.own;
    constexpr int N = masked.N;
    Pack<float, N> centre = masked.load(mean + own.c);
    Pack<float, N> scale = masked.load(inv_std + own.c);
    sum_columns<N, 2>(own, channels, partial, [&](int64_t at, float(&sums)[2][N]) {
        Pack<T, N> xs = masked.load(x + at);
        Pack<T, N> ds = masked.passed(masked.load(d + at), mask, at);
        masked.store(dz + at, ds);
        for (int i = 0; i < N; i++) {
            float gradient = value(ds.at[i]);
            sums[0][i] += gradient;
            sums[1][i] += gradient * ((value(xs.at[i]) - centre.at[i]) * scale.at[i]);
        }
    });
}

// dx = gamma inv_std (dz - sums[0] / rows - x^ sums[1] / rows) with batch statistics, gamma inv_std dz with
// running ones (x is null), or that added to dx. Reads dz and x, writes dx, the floor.
template <typename T, int N>
__device__ void backward_data(int64_t rows, int channels, int rows_each, const T *x,
                              const float *__restrict__ mean, const float *__restrict__ inv_std,
                              const float *__restrict__ gamma, const T *dz, const float *__restrict__ sums, T *dx,
                              bool adds) {
    Columns own = own_columns<N>(rows, channels, rows_each);
    Pack<float, N> scale;
    Pack<float, N> centre = {};
    Pack<float, N> average = {};
    Pack<float, N> slope = {};
    for (int i = 0; i < N; i++) {
        int c = own.c + i;
        scale.at[i] = gamma[c] * inv_std[c];
        if (x != nullptr) {
            centre.at[i] = mean[c];
            average.at[i] = sums[c] / float(rows);
            slope.at[i] = sums[channels + c] / float(rows) * inv_std[c];
        }
    }
    for (int64_t row = own.row; row < own.end; row += own.step) {
        int64_t at = row * channels + own.c;
        Pack<T, N> ds = *reinterpret_cast<const Pack<T, N> *>(dz + at);
        Pack<T, N> xs = {};
        Pack<T, N> before = {};
        if (x != nullptr) {
            xs = *reinterpret_cast<const Pack<T, N> *>(x + at);
        }
        if (adds) {
            before = *reinterpret_cast<const Pack<T, N> *>(dx + at);
        }
        for (int i = 0; i < N; i++) {
            float gradient = value(ds.at[i]);
            if (x != nullptr) {
                gradient = gradient - average.at[i] - (value(xs.at[i]) - centre.at[i]) * slope.at[i];
            }
            gradient *= scale.at[i];
            ds.at[i] = stored<T>(adds ? value(before.at[i]) + gradient : gradient);
        }
        *reinterpret_cast<Pack<T, N> *>(dx + at) = ds;
    }
}

// running = (1 - momentum) running + momentum batch, the variance unbiased by rows / (rows - 1); nothing
// when a gradient was not finite. A thread owns a channel.
extern "C" __global__ void batchnorm_update_running(int channels, const float *__restrict__ mean,
                                                    const float *__restrict__ inv_std, float epsilon,
                                                    float unbiased, float momentum, const int *__restrict__ found,
                                                    float *running_mean, float *running_variance) {
    int c = blockIdx.x * blockDim.x + threadIdx.x;
    if (c >= channels || *found != 0) return;
    // inv_std was rounded: of a constant channel the difference may come out just below 0.
    float variance = fmaxf(0, 1.0f / (inv_std[c] * inv_std[c]) - epsilon);
    running_mean[c] = (1 - momentum) * running_mean[c] + momentum * mean[c];
    running_variance[c] = (1 - momentum) * running_variance[c] + momentum * (variance * unbiased);
}

#define FOR_WIDTH(name, T, width, N)                                                                              \
    extern "C" __global__ void __launch_bounds__(COLUMN_THREADS) batchnorm_statistics_##name##width(              \
        int64_t rows, int channels, int rows_each, const T *__restrict__ x, float *partial) {                     \
        statistics<T, N>(rows, channels, rows_each, x, partial);                                                  \
    }                                                                                                             \
    extern "C" __global__ void __launch_bounds__(COLUMN_THREADS) batchnorm_apply_##name##width(                   \
        int64_t rows, int channels, int rows_each, const T *x, const float *__restrict__ mean,                    \
        const float *__restrict__ inv_std, const float *__restrict__ gamma, const float *__restrict__ beta,       \
        const T *residual, int activation, T *out) {                                                              \
        apply<T, N>(rows, channels, rows_each, x, mean, inv_std, gamma, beta, residual, activation, out);         \
    }                                                                                                             \
    extern "C" __global__ void __launch_bounds__(COLUMN_THREADS) batchnorm_backward_reduce_##name##width(         \
        int64_t rows, int channels, int rows_each, const T *x, const float *__restrict__ mean,                    \
        const float *__restrict__ inv_std, const T *y, int activation, const T *d, T *dz, float *partial) {       \
        backward_reduce<T, N>(rows, channels, rows_each, x, mean, inv_std, y, activation, d, dz, partial);        \
    }                                                                                                             \
    extern "C" __global__ void __launch_bounds__(COLUMN_THREADS) batchnorm_backward_data_##name##width(           \
        int64_t rows, int channels, int rows_each, const T *x, const float *__restrict__ mean,                    \
        const float *__restrict__ inv_std, const float *__restrict__ gamma, const T *dz,                          \
        const float *__restrict__ sums, T *dx, int adds) {                                                        \
        backward_data<T, N>(rows, channels, rows_each, x, mean, inv_std, gamma, dz, sums, dx, adds != 0);         \
    }

FOR_WIDTH(f32, float, _packed, 4)
FOR_WIDTH(f32, float, _single, 1)
FOR_WIDTH(f16, __half, _packed, 8)
FOR_WIDTH(f16, __half, _single, 1)

#define FOR_MASK(name, T, rows_are, WHOLE)                                                                        \
    extern "C" __global__ void __launch_bounds__(COLUMN_THREADS) batchnorm_masked_apply_##name##rows_are(         \
        int64_t rows, int channels, int rows_each, const T *x, const float *__restrict__ mean,                    \
        const float *__restrict__ inv_std, const float *__restrict__ gamma, const float *__restrict__ beta,       \
        const T *residual, int activation, T *out, uint8_t *mask) {                                               \
        masked_apply<T, WHOLE>(rows, channels, rows_each, x, mean, inv_std, gamma, beta, residual, activation,    \
                               out, mask);                                                                        \
    }                                                                                                             \
    extern "C" __global__ void __launch_bounds__(COLUMN_THREADS)                                                  \
        batchnorm_masked_backward_reduce_##name##rows_are(                                                        \
            int64_t rows, int channels, int rows_each, const T *x, const float *__restrict__ mean,                \
            const float *__restrict__ inv_std, const uint8_t *__restrict__ mask, const T *d, T *dz,               \
            float *partial) {                                                                                     \
        masked_backward_reduce<T, WHOLE>(rows, channels, rows_each, x, mean, inv_std, mask, d, dz, partial);      \
    }

FOR_MASK(f32, float, _whole, true)
FOR_MASK(f32, float, _ragged, false)
FOR_MASK(f16, __half, _whole, true)
FOR_MASK(f16, __half, _ragged, false)
