// Pointwise ops, with a bias or without, and the sum of all elements; channels.cu has the ops between channels.
// Arithmetic is float; each result is rounded to its type once. The pointwise kernels share one shape: a
// thread owns 16 bytes of neighbouring elements, so a warp's accesses are whole lines; the last thread takes
// what is left one by one. They move each operand once, which is the floor. Operands may be the same memory
// where the contract allows it, so no pointer but a bias is restrict.
#include "mask.cuh"

// Calls body(i, count) for the elements this thread owns: a whole pack, or one at a time in the last.
template <typename T, typename Whole, typename Single>
__device__ void for_own(int64_t n, Whole whole, Single single) {
    constexpr int N = packed<T>();
    int64_t first = (int64_t(blockIdx.x) * blockDim.x + threadIdx.x) * N;
    if (first + N <= n) {
        whole(first);
        return;
    }
    for (int64_t i = first; i < n; i++) {
        single(i);
    }
}

template <typename T>
using Own = Pack<T, packed<T>()>;

// out[i] = value
template <typename T>
__device__ void fill(int64_t n, float value, T *out) {
    T stored_value = stored<T>(value);
    for_own<T>(
        n,
        [&](int64_t first) {
            Own<T> pack;
            for (T &element : pack.at) element = stored_value;
            *reinterpret_cast<Own<T> *>(out + first) = pack;
        },
        [&](int64_t i) { out[i] = stored_value; });
}

// out[i] = f(a[i], b[i])
template <typename T, typename F>
__device__ void combine(int64_t n, const T *a, const T *b, T *out, F f) {
    for_own<T>(
        n,
        [&](int64_t first) {
            Own<T> as = *reinterpret_cast<const Own<T> *>(a + first);
            Own<T> bs = *reinterpret_cast<const Own<T> *>(b + first);
            for (int i = 0; i < packed<T>(); i++) {
                as.at[i] = stored<T>(f(value(as.at[i]), value(bs.at[i])));
            }
            *reinterpret_cast<Own<T> *>(out + first) = as;
        },
        [&](int64_t i) { out[i] = stored<T>(f(value(a[i]), value(b[i]))); });
}

// out[i] = f(x[i])
template <typename T, typename F>
__device__ void map(int64_t n, const T *x, T *out, F f) {
    for_own<T>(
        n,
        [&](int64_t first) {
            Own<T> xs = *reinterpret_cast<const Own<T> *>(x + first);
            for (T &element : xs.at) element = stored<T>(f(value(element)));
            *reinterpret_cast<Own<T> *>(out + first) = xs;
        },
        [&](int64_t i) { out[i] = stored<T>(f(value(x[i]))); });
}

// dx[i] = passed(y[i], d[i]), or that added to it: three operands read in the second case.
template <typename T>
__device__ void activation_backward(int64_t n, int activation, const T *y, const T *d, T *dx, bool adds) {
    if (!adds) {
        combine(n, y, d, dx, [=](float out, float grad) { return passed(out, activation, grad); });
        return;
    }
    for_own<T>(
        n,
        [&](int64_t first) {
            Own<T> ys = *reinterpret_cast<const Own<T> *>(y + first);
            Own<T> ds = *reinterpret_cast<const Own<T> *>(d + first);
            Own<T> xs = *reinterpret_cast<const Own<T> *>(dx + first);
            for (int i = 0; i < packed<T>(); i++) {
                xs.at[i] = stored<T>(value(xs.at[i]) + passed(value(ys.at[i]), activation, value(ds.at[i])));
            }
            *reinterpret_cast<Own<T> *>(dx + first) = xs;
        },
        [&](int64_t i) { dx[i] = stored<T>(value(dx[i]) + passed(value(y[i]), activation, value(d[i]))); });
}

// out[r, c] = activation(x[r, c] + bias[c]): a thread reads its biases once, x and out move once.
template <typename T, int N>
__device__ void bias(int64_t rows, int channels, int rows_each, const T *x, const float *__restrict__ bias,
                     int activation, T *out) {
    Columns own = own_columns<N>(rows, channels, rows_each);
    Pack<float, N> b = of_channels<N>(bias, own.c);
    for (int64_t row = own.row; row < own.end; row += own.step) {
        int64_t at = row * channels + own.c;
        Pack<T, N> xs = *reinterpret_cast<const Pack<T, N> *>(x + at);
        for (int i = 0; i < N; i++) {
            xs.at[i] = stored<T>(activated(value(xs.at[i]) + b.at[i], activation));
        }
        *reinterpret_cast<Pack<T, N> *>(out + at) = xs;
    }
}

// The first of two stages: dz = passed(y, d) and partial[block, c] = sum of dz over the block's rows.
// Reads d, and y where there is an activation, writes dz there: the floor.
template <typename T, int N>
__device__ void bias_backward(int64_t rows, int channels, int rows_each, int activation, const T *y, const T *d,
                              T *dz, float *partial) {
    Columns own = own_columns<N>(rows, channels, rows_each);
    sum_columns<N, 1>(own, channels, partial, [&](int64_t at, float(&sums)[1][N]) {
        Pack<T, N> ds = *reinterpret_cast<const Pack<T, N> *>(d + at);
        Pack<T, N> ys = {};
        if (activation != NONE) {
            ys = *reinterpret_cast<const Pack<T, N> *>(y + at);
        }
        for (int i = 0; i < N; i++) {
            float gradient = passed(value(ys.at[i]), activation, value(ds.at[i]));
            ds.at[i] = stored<T>(gradient);
            sums[0][i] += gradient;
        }
        if (activation != NONE) {
            *reinterpret_cast<Pack<T, N> *>(dz + at) = ds;
        }
    });
}

// out = activation(x + bias), or activation(x) where bias is null, and the mask of out. Reads x, writes out
// and one bit an element, the floor; each thread reads its biases once.
template <typename T, bool WHOLE>
__device__ void masked_bias(int64_t rows, int channels, int rows_each, const T *x, const float *__restrict__ bias,
                            int activation, T *out, uint8_t *mask) {
    Masked<T, WHOLE> masked(rows, channels, rows_each);
    const Columns &own = masked.own;
    constexpr int N = masked.N;
    Pack<float, N> b = {};
    if (bias != nullptr) {
        b = masked.load(bias + own.c);
    }
    for (int64_t row = own.row; row < own.end; row += own.step) {
        int64_t at = row * channels + own.c;
        Pack<T, N> xs = masked.load(x + at);
        for (int i = 0; i < N; i++) {
            xs.at[i] = stored<T>(activated(value(xs.at[i]) + b.at[i], activation));
        }
        masked.store(out + at, xs);
        masked.store_bits(xs, activation, mask, at);
    }
}

// dx = d where the mask is set, else 0, or that added to dx: reads d and a bit an element, writes dx.
template <typename T, bool WHOLE>
__device__ void masked_activation_backward(int64_t rows, int channels, int rows_each,
                                           const uint8_t *__restrict__ mask, const T *d, T *dx, bool adds) {
    Masked<T, WHOLE> masked(rows, channels, rows_each);
    const Columns &own = masked.own;
    constexpr int N = masked.N;
    for (int64_t row = own.row; row < own.end; row += own.step) {
        int64_t at = row * channels + own.c;
        Pack<T, N> ds = masked.passed(masked.load(d + at), mask, at);
        if (adds) {
            Pack<T, N> before = masked.load(dx + at);
            for (int i = 0; i < N; i++) {
                ds.at[i] = stored<T>(value(before.at[i]) + value(ds.at[i]));
            }
        }
        masked.store(dx + at, ds);
    }
}

// bias_backward from a mask: reads d and a bit an element, writes dz, the floor.
template <typename T, bool WHOLE>
__device__ void masked_bias_backward(int64_t rows, int channels, int rows_each, const uint8_t *__restrict__ mask,
                                     const T *d, T *dz, float *partial) {
    Masked<T, WHOLE> masked(rows, channels, rows_each);
    const Columns &own = masked.own;
    constexpr int N = masked.N;
    sum_columns<N, 1>(own, channels, partial, [&](int64_t at, float(&sums)[1][N]) {
        Pack<T, N> ds = masked.passed(masked.load(d + at), mask, at);
        masked.store(dz + at, ds);
        for (int i = 0; i < N; i++) {
            sums[0][i] += value(ds.at[i]);
        }
    });
}

constexpr int THREADS = 256;

// The sum of one value a thread, in thread 0; always in the same order.
__device__ inline float block_sum(float x) {
    __shared__ float warps[THREADS / 32];
    for (int distance = 16; distance > 0; distance /= 2) {
        x += __shfl_down_sync(0xffffffffu, x, distance);
    }
    if (threadIdx.x % 32 == 0) {
        warps[threadIdx.x / 32] = x;
    }
    __syncthreads();
    float total = 0;
    if (threadIdx.x == 0) {
        for (float warp : warps) total += warp;
    }
    return total;
}

// partial[block] = sum of the block's elements of x: packs a grid apart for each thread.
template <typename T>
__device__ void sum(int64_t n, const T *x, float *partial) {
    constexpr int N = packed<T>();
    float own = 0;
    int64_t stride = int64_t(gridDim.x) * THREADS * N;
    for (int64_t first = (int64_t(blockIdx.x) * THREADS + threadIdx.x) * N; first < n; first += stride) {
        if (first + N <= n) {
            Own<T> pack = *reinterpret_cast<const Own<T> *>(x + first);
            for (T element : pack.at) own += value(element);
        } else {
            for (int64_t i = first; i < n; i++) own += value(x[i]);
        }
    }
    float total = block_sum(own);
    if (threadIdx.x == 0) {
        partial[blockIdx.x] = total;
    }
}

// out[0] = sum of partial[0 .. parts]; one block.
extern "C" __global__ void total(int parts, const float *__restrict__ partial, float *out) {
    float own = 0;
    for (int part = threadIdx.x; part < parts; part += THREADS) {
        own += partial[part];
    }
    float sum = block_sum(own);
    if (threadIdx.x == 0) {
        out[0] = sum;
    }
}

#define FOR_TYPE(name, T)                                                                                         \
    extern "C" __global__ void fill_##name(int64_t n, float value, T *out) { fill(n, value, out); }               \
    extern "C" __global__ void add_##name(int64_t n, const T *a, const T *b, int activation, T *out) {            \
        combine(n, a, b, out, [=](float x, float y) { return activated(x + y, activation); });                    \
    }                                                                                                             \
    extern "C" __global__ void accumulate_##name(int64_t n, const T *d, T *dx) {                                  \
        combine(n, dx, d, dx, [](float x, float y) { return x + y; });                                            \
    }                                                                                                             \
    extern "C" __global__ void activation_##name(int64_t n, const T *x, int activation, T *out) {                 \
        map(n, x, out, [=](float v) { return activated(v, activation); });                                        \
    }                                                                                                             \
    extern "C" __global__ void activation_backward_##name(int64_t n, int activation, const T *y, const T *d,      \
                                                          T *dx, int adds) {                                      \
        activation_backward(n, activation, y, d, dx, adds != 0);                                                  \
    }                                                                                                             \
    extern "C" __global__ void sum_##name(int64_t n, const T *__restrict__ x, float *__restrict__ partial) {      \
        sum(n, x, partial);                                                                                       \
    }

#define FOR_WIDTH(name, T, width, N)                                                                              \
    extern "C" __global__ void __launch_bounds__(COLUMN_THREADS)                                                  \
        bias_##name##width(int64_t rows, int channels, int rows_each, const T *x, const float *__restrict__ b,    \
                           int activation, T *out) {                                                              \
        bias<T, N>(rows, channels, rows_each, x, b, activation, out);                                             \
    }                                                                                                             \
    extern "C" __global__ void __launch_bounds__(COLUMN_THREADS)                                                         \
        bias_backward_##name##width(int64_t rows, int channels, int rows_each, int activation, const T *y,        \
                                    const T *d, T *dz, float *partial) {                                          \
        bias_backward<T, N>(rows, channels, rows_each, activation, y, d, dz, partial);                            \
    }

FOR_TYPE(f32, float)
FOR_TYPE(f16, __half)

// dx += d, the gradients of micro-batches in F16 added up in F32: a thread owns 4.
extern "C" __global__ void accumulate_f16_f32(int64_t n, const __half *__restrict__ d, float *dx) {
    constexpr int N = packed<float>();
    int64_t first = (int64_t(blockIdx.x) * blockDim.x + threadIdx.x) * N;
    if (first + N <= n) {
        Pack<__half, N> ds = *reinterpret_cast<const Pack<__half, N> *>(d + first);
        Pack<float, N> xs = *reinterpret_cast<const Pack<float, N> *>(dx + first);
        for (int i = 0; i < N; i++) {
            xs.at[i] += value(ds.at[i]);
        }
        *reinterpret_cast<Pack<float, N> *>(dx + first) = xs;
        return;
    }
    for (int64_t i = first; i < n; i++) {
        dx[i] += value(d[i]);
    }
}

FOR_WIDTH(f32, float, _packed, 4)
FOR_WIDTH(f32, float, _single, 1)
FOR_WIDTH(f16, __half, _packed, 8)
FOR_WIDTH(f16, __half, _single, 1)

#define FOR_MASK(name, T, rows_are, WHOLE)                                                                        \
    extern "C" __global__ void __launch_bounds__(COLUMN_THREADS) masked_bias_##name##rows_are(                    \
        int64_t rows, int channels, int rows_each, const T *x, const float *__restrict__ bias, int activation,    \
        T *out, uint8_t *mask) {                                                                                  \
        masked_bias<T, WHOLE>(rows, channels, rows_each, x, bias, activation, out, mask);                         \
    }                                                                                                             \
    extern "C" __global__ void __launch_bounds__(COLUMN_THREADS) masked_activation_backward_##name##rows_are(     \
        int64_t rows, int channels, int rows_each, const uint8_t *__restrict__ mask, const T *d, T *dx,           \
        int adds) {                                                                                               \
        masked_activation_backward<T, WHOLE>(rows, channels, rows_each, mask, d, dx, adds != 0);                  \
    }                                                                                                             \
    extern "C" __global__ void __launch_bounds__(COLUMN_THREADS) masked_bias_backward_##name##rows_are(           \
        int64_t rows, int channels, int rows_each, const uint8_t *__restrict__ mask, const T *d, T *dz,           \
        float *partial) {                                                                                         \
        masked_bias_backward<T, WHOLE>(rows, channels, rows_each, mask, d, dz, partial);                          \
    }

FOR_MASK(f32, float, _whole, true)
FOR_MASK(f32, float, _ragged, false)
FOR_MASK(f16, __half, _whole, true)
FOR_MASK(f16, __half, _ragged, false)
