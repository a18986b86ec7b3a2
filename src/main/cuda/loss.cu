// Softmax and cross-entropy of rows, smooth-L1 of elements. A block of the row kernels owns some whole
// rows: it copies them to shared memory, neighbouring threads neighbouring elements, works there, and
// copies back likewise, so each operand moves once, the floor. multibox.cu has SSD's loss.
#include "localisation.cuh"
#include "rows.cuh"

// The rows of a block: `each` of all `count`, the last fewer.
struct Share {
    int64_t first;
    int here;

    __device__ Share(int64_t count, int each)
        : first(int64_t(blockIdx.x) * each), here(int(min(int64_t(each), count - first))) {}
};

// Leaves exp(x[m, k] - max) in the block's rows, and their sums in word 0 of each, which it returns: for all
// threads behind the next barrier.
template <typename T>
__device__ const float *exponential_sums(const Rows &rows, const Share &own, int each, const T *__restrict__ x) {
    float *sums = rows.words<float>(0, each);
    stage(rows, 1, own.here, 0, x + own.first * rows.classes);
    __syncthreads();
    exponentials(rows, own.here, nullptr, nullptr);
    __syncthreads();
    for (int row = threadIdx.x; row < own.here; row += ROW_THREADS) {
        sums[row] = row_sum(rows, row);
    }
    return sums;
}

// out[m, k] = exp(x[m, k] - max) / sum
template <typename T>
__device__ void softmax(int64_t count, Rows rows, int each, const T *__restrict__ x, float *__restrict__ out) {
    Share own(count, each);
    const float *sums = exponential_sums(rows, own, each, x);
    __syncthreads();
    out += own.first * rows.classes;
    for_elements(rows, 1, own.here, 0, out,
                 [&](int element, int row, int k) { out[element] = rows.row(row)[k] / sums[row]; });
}

// out[m] = log(sum) - (x[m, target] - max); NaN where the target is no class.
template <typename T>
__device__ void cross_entropy(int64_t count, Rows rows, int each, const T *__restrict__ x,
                              const int *__restrict__ targets, float *__restrict__ out) {
    Share own(count, each);
    float *picked = rows.words<float>(0, each);
    int *own_targets = rows.words<int>(1, each);
    stage(rows, 1, own.here, 0, x + own.first * rows.classes);
    for (int row = threadIdx.x; row < own.here; row += ROW_THREADS) {
        own_targets[row] = targets[own.first + row];
    }
    __syncthreads();
    exponentials(rows, own.here, own_targets, picked);
    __syncthreads();
    for (int row = threadIdx.x; row < own.here; row += ROW_THREADS) {
        out[own.first + row] = exact::log(row_sum(rows, row)) - picked[row];
    }
}

// dx[m, k] = d[m] (softmax(x)[m, k] - [k = target]), or that added to dx.
template <typename T>
__device__ void cross_entropy_backward(int64_t count, Rows rows, int each, const T *__restrict__ x,
                                       const int *__restrict__ targets, const float *__restrict__ d, T *dx,
                                       bool adds) {
    Share own(count, each);
    int *own_targets = rows.words<int>(1, each);
    float *own_d = rows.words<float>(2, each);
    const float *sums = exponential_sums(rows, own, each, x);
    for (int row = threadIdx.x; row < own.here; row += ROW_THREADS) {
        own_targets[row] = targets[own.first + row];
        own_d[row] = d[own.first + row];
    }
    __syncthreads();
    dx += own.first * rows.classes;
    for_elements(rows, 1, own.here, 0, dx, [&](int element, int row, int k) {
        float probability = rows.row(row)[k] / sums[row];
        float gradient = (k == own_targets[row] ? probability - 1 : probability) * own_d[row];
        dx[element] = stored<T>(adds ? value(dx[element]) + gradient : gradient);
    });
}

// The elements a thread of the pointwise kernels owns: 16 bytes of the float operands.
constexpr int N = packed<float>();

// Calls whole(first) for a pack, single(i) for each of what is left at the end.
template <typename Whole, typename Single>
__device__ void for_own(int64_t n, Whole whole, Single single) {
    int64_t first = (int64_t(blockIdx.x) * blockDim.x + threadIdx.x) * N;
    if (first + N <= n) {
        whole(first);
        return;
    }
    for (int64_t i = first; i < n; i++) {
        single(i);
    }
}

// out = smooth-L1 of x - target: reads both, writes out, the floor.
template <typename T>
__device__ void smooth_l1(int64_t n, const T *__restrict__ x, const float *__restrict__ target, float beta,
                          float *__restrict__ out) {
    for_own(
        n,
        [&](int64_t first) {
            Pack<T, N> xs = *reinterpret_cast<const Pack<T, N> *>(x + first);
            Pack<float, N> ts = *reinterpret_cast<const Pack<float, N> *>(target + first);
            for (int i = 0; i < N; i++) {
                ts.at[i] = smooth_l1_of(value(xs.at[i]) - ts.at[i], beta);
            }
            *reinterpret_cast<Pack<float, N> *>(out + first) = ts;
        },
        [&](int64_t i) { out[i] = smooth_l1_of(value(x[i]) - target[i], beta); });
}

// dx = d slope(x - target), or that added to dx: reads three, writes one.
template <typename T>
__device__ void smooth_l1_backward(int64_t n, const T *__restrict__ x, const float *__restrict__ target, float beta,
                                   const float *__restrict__ d, T *dx, bool adds) {
    for_own(
        n,
        [&](int64_t first) {
            Pack<T, N> xs = *reinterpret_cast<const Pack<T, N> *>(x + first);
            Pack<float, N> ts = *reinterpret_cast<const Pack<float, N> *>(target + first);
            Pack<float, N> ds = *reinterpret_cast<const Pack<float, N> *>(d + first);
            Pack<T, N> before = {};
            if (adds) {
                before = *reinterpret_cast<const Pack<T, N> *>(dx + first);
            }
            for (int i = 0; i < N; i++) {
                float gradient = ds.at[i] * smooth_l1_slope(value(xs.at[i]) - ts.at[i], beta);
                xs.at[i] = stored<T>(adds ? value(before.at[i]) + gradient : gradient);
            }
            *reinterpret_cast<Pack<T, N> *>(dx + first) = xs;
        },
        [&](int64_t i) {
            float gradient = d[i] * smooth_l1_slope(value(x[i]) - target[i], beta);
            dx[i] = stored<T>(adds ? value(dx[i]) + gradient : gradient);
        });
}

#define FOR_TYPE(name, T)                                                                                         \
    extern "C" __global__ void __launch_bounds__(ROW_THREADS) softmax_##name(                                     \
        int64_t count, Rows rows, int each, const T *__restrict__ x, float *__restrict__ out) {                   \
        softmax(count, rows, each, x, out);                                                                       \
    }                                                                                                             \
    extern "C" __global__ void __launch_bounds__(ROW_THREADS) cross_entropy_##name(                               \
        int64_t count, Rows rows, int each, const T *__restrict__ x, const int *__restrict__ targets,             \
        float *__restrict__ out) {                                                                                \
        cross_entropy(count, rows, each, x, targets, out);                                                        \
    }                                                                                                             \
    extern "C" __global__ void __launch_bounds__(ROW_THREADS) cross_entropy_backward_##name(                      \
        int64_t count, Rows rows, int each, const T *__restrict__ x, const int *__restrict__ targets,             \
        const float *__restrict__ d, T *dx, int adds) {                                                           \
        cross_entropy_backward(count, rows, each, x, targets, d, dx, adds != 0);                                  \
    }                                                                                                             \
    extern "C" __global__ void smooth_l1_##name(int64_t n, const T *__restrict__ x,                               \
                                                const float *__restrict__ target, float beta,                     \
                                                float *__restrict__ out) {                                        \
        smooth_l1(n, x, target, beta, out);                                                                       \
    }                                                                                                             \
    extern "C" __global__ void smooth_l1_backward_##name(int64_t n, const T *__restrict__ x,                      \
                                                         const float *__restrict__ target, float beta,            \
                                                         const float *__restrict__ d, T *dx, int adds) {          \
        smooth_l1_backward(n, x, target, beta, d, dx, adds != 0);                                                 \
    }

FOR_TYPE(f32, float)
FOR_TYPE(f16, __half)
