// Rows of K logits in shared memory, where their exponentials are computed by many threads and added up
// by one each: in the order of the classes, so that losses have the CPU's bits, on which mining decides.
#pragma once

#include "math.cuh"
#include "types.cuh"

constexpr int ROW_THREADS = 256;

// The rows of a block, one behind the other; behind them three words of each.
extern __shared__ float row_memory[];

// How a block keeps rows of K logits: `stride`, an odd number, apart, so that 32 threads that go down a row
// each meet 32 banks. `group` neighbouring threads share a row's exponentials.
struct Rows {
    int classes, stride, group;
    unsigned by_classes;  // the reciprocal of classes

    __device__ float *row(int row) const { return row_memory + row * stride; }

    // Word `which`, 0 to 2, of each of `each` rows.
    template <typename Word>
    __device__ Word *words(int which, int each) const {
        static_assert(sizeof(Word) == sizeof(float));
        return reinterpret_cast<Word *>(row_memory + each * (stride + which));
    }
};

// n / d by the reciprocal 2^32 / d + 1 (0 for d = 1), exact while n d < 2^32.
__device__ inline int quotient(int n, unsigned reciprocal) {
    return reciprocal == 0 ? n : int(__umulhi(unsigned(n), reciprocal));
}

constexpr int SECTOR_BYTES = 32;

// How many elements lie between the sector that x begins in and x.
template <typename T>
__device__ int inside_of(const T *x) {
    return int(reinterpret_cast<uintptr_t>(x) % SECTOR_BYTES / sizeof(T));
}

// Calls body(element, row, k) for rows in memory: `cells` times `count` neighbouring ones, `apart` elements
// from one cell to the next. The threads that share a cell begin with a sector, so that their accesses
// divide none.
template <typename T, typename Body>
__device__ void for_elements(const Rows &rows, int cells, int count, int apart, const T *x, Body body) {
    int team = ROW_THREADS;
    while (team > 32 && cells > ROW_THREADS / team) {
        team /= 2;
    }
    for (int cell = threadIdx.x / team; cell < cells; cell += ROW_THREADS / team) {
        int begin = int(threadIdx.x % team) - inside_of(x + cell * apart);
        for (int i = begin; i < count * rows.classes; i += team) {
            if (i >= 0) {
                int row = quotient(i, rows.by_classes);
                body(cell * apart + i, cell * count + row, i - row * rows.classes);
            }
        }
    }
}

template <typename T>
__device__ void stage(const Rows &rows, int cells, int count, int apart, const T *x) {
    for_elements(rows, cells, count, apart, x,
                 [&](int element, int row, int k) { rows.row(row)[k] = value(x[element]); });
}

// The largest of a group of threads, `size` of them, in each; NaN is passed over.
__device__ inline float group_largest(float x, int size) {
    for (int distance = size / 2; distance > 0; distance /= 2) {
        float other = __shfl_xor_sync(0xffffffffu, x, distance);
        x = other > x ? other : x;
    }
    return x;
}

// Replaces the logits of each row by exp(x - max) and, where there are targets, leaves x[target] - max in
// picked[row], NaN where there is no such class.
__device__ inline void exponentials(const Rows &rows, int count, const int *targets, float *picked) {
    int lane = threadIdx.x % rows.group;
    int at_once = ROW_THREADS / rows.group;
    // A warp's threads stay together: some of the last rows may not exist.
    for (int first = 0; first < count; first += at_once) {
        int row = first + threadIdx.x / rows.group;
        int classes = row < count ? rows.classes : 0;
        float *xs = rows.row(row);
        float max = -INFINITY;
        for (int k = lane; k < classes; k += rows.group) {
            max = xs[k] > max ? xs[k] : max;
        }
        max = group_largest(max, rows.group);
        int target = targets != nullptr && row < count ? targets[row] : 0;
        if (lane == 0 && unsigned(target) >= unsigned(rows.classes)) {
            picked[row] = NAN;
        }
        for (int k = lane; k < classes; k += rows.group) {
            float shifted = xs[k] - max;
            if (targets != nullptr && k == target) {
                picked[row] = shifted;
            }
            xs[k] = exact::exp(shifted);
        }
    }
}

// The sum of a row's exponentials, by one thread.
__device__ inline float row_sum(const Rows &rows, int row) {
    const float *xs = rows.row(row);
    float sum = 0;
    for (int k = 0; k < rows.classes; k++) {
        sum += xs[k];
    }
    return sum;
}
