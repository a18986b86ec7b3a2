// Boxes against priors: IoU, matching, encoding, decoding. The image is blockIdx.x; a thread owns one
// prior, a warp 32 neighbouring ones, so boxes are read and written 16 bytes a thread, 512 a warp.
#include "boxes.cuh"
#include "types.cuh"

// out[i, j] = IoU of a[i] and b[j]. A block owns one row i and 256 columns.
extern "C" __global__ void iou(int columns, const float4 *__restrict__ a, const float4 *__restrict__ b,
                               float *__restrict__ out) {
    int j = blockIdx.y * blockDim.x + threadIdx.x;
    if (j >= columns) return;
    float both = iou_of(box_of(b[j]), box_of(a[blockIdx.x]), 0);
    out[int64_t(blockIdx.x) * columns + j] = both > 0 ? both : 0;
}

constexpr int TRUTHS = 128;       // ground truths in shared memory at a time
constexpr int FORCED = 1 << 30;   // set in `matched` where a ground truth takes a prior whatever the threshold
constexpr float LEAST_OVERLAP = 1e-6f;

// What a ground truth's best prior is kept as: the larger number is the better prior. IoUs above 0 are
// ordered as their bits; of equal ones the first or the last prior wins. 0 where nothing overlaps.
__device__ inline unsigned long long key_of(float iou, int prior, int last_wins) {
    unsigned low = last_wins ? unsigned(prior) : ~unsigned(prior);
    return (unsigned long long)(__float_as_uint(iou)) << 32 | low;
}

__device__ inline int prior_of(unsigned long long key, int priors, int last_wins) {
    if (key == 0) {
        return last_wins ? priors - 1 : 0;
    }
    return int(last_wins ? unsigned(key) : ~unsigned(key));
}

__device__ inline unsigned long long larger(unsigned long long a, unsigned long long b) { return a > b ? a : b; }

// The largest key of a warp, in all its lanes.
__device__ inline unsigned long long warp_largest(unsigned long long key) {
    for (int distance = 16; distance > 0; distance /= 2) {
        key = larger(key, __shfl_xor_sync(0xffffffffu, key, distance));
    }
    return key;
}

// The sweep: best[n, p] = bits of the largest IoU of prior p, matched[n, p] = the first ground truth
// that has it, keys[n, g] = the best prior of ground truth g. No IoU but these is kept. The block's
// ground truths pass through shared memory; a warp none of whose priors meets one spends no atomic on
// it. An integer maximum does not depend on the order of its atomics.
extern "C" __global__ void match_sweep(int priors, int most, const float4 *__restrict__ corners,
                                       const float4 *__restrict__ boxes, const int *__restrict__ counts,
                                       float epsilon, int last_wins, int *matched, int *best,
                                       unsigned long long *keys) {
    __shared__ Box truths[TRUTHS];
    int n = blockIdx.x;
    int p = blockIdx.y * blockDim.x + threadIdx.x;
    int count = counts[n];
    Box prior = p < priors ? box_of(corners[p]) : Box{};
    float best_iou = 0;
    int best_box = 0;
    for (int from = 0; from < count; from += TRUTHS) {
        int here = min(TRUTHS, count - from);
        __syncthreads();
        for (int g = threadIdx.x; g < here; g += blockDim.x) {
            truths[g] = box_of(boxes[int64_t(n) * most + from + g]);
        }
        __syncthreads();
        for (int g = 0; g < here; g++) {
            float both = p < priors ? iou_of(prior, truths[g], epsilon) : 0;
            if (both > best_iou) {
                best_iou = both;
                best_box = from + g;
            }
            bool meets = both > 0;
            if (__any_sync(0xffffffffu, meets)) {
                unsigned long long key = warp_largest(meets ? key_of(both, p, last_wins) : 0);
                if (threadIdx.x % 32 == 0) {
                    atomicMax(&keys[int64_t(n) * most + from + g], key);
                }
            }
        }
    }
    if (p < priors) {
        matched[int64_t(n) * priors + p] = best_box;
        best[int64_t(n) * priors + p] = __float_as_int(best_iou);
    }
}

// Each ground truth takes its best prior; of two with the same one the later wins. A thread owns a
// ground truth.
extern "C" __global__ void match_each_best(int priors, int most, const int *__restrict__ counts, int last_wins,
                                           const unsigned long long *__restrict__ keys, int *matched) {
    int n = blockIdx.x;
    int g = blockIdx.y * blockDim.x + threadIdx.x;
    if (g >= counts[n]) return;
    int p = prior_of(keys[int64_t(n) * most + g], priors, last_wins);
    atomicMax(&matched[int64_t(n) * priors + p], g | FORCED);
}

// The largest key of a block with the number that came with it, in all its threads; of equal keys the
// smallest number.
struct Ranked {
    unsigned long long key;
    int number;
};

__device__ inline Ranked better(Ranked a, Ranked b) {
    return b.key > a.key || (b.key == a.key && b.number < a.number) ? b : a;
}

__device__ inline Ranked block_best(Ranked own, Ranked *warps) {
    for (int distance = 16; distance > 0; distance /= 2) {
        Ranked other = {__shfl_xor_sync(0xffffffffu, own.key, distance),
                        __shfl_xor_sync(0xffffffffu, own.number, distance)};
        own = better(own, other);
    }
    __syncthreads();  // the last round's result has been read
    if (threadIdx.x % 32 == 0) {
        warps[threadIdx.x / 32] = own;
    }
    __syncthreads();
    Ranked best = warps[0];
    for (int warp = 1; warp < blockDim.x / 32; warp++) {
        best = better(best, warps[warp]);
    }
    return best;
}

// Caffe's greedy matching: again and again the largest IoU above 1e-6 among ground truths and priors
// that are both free; of equal ones the first ground truth, then its prior by the tie rule. One block an
// image. What keys holds is at least what a ground truth can still get, so its priors are searched
// anew only when it is due and its prior is gone.
extern "C" __global__ void match_bipartite(int priors, int most, const float4 *__restrict__ corners,
                                           const float4 *__restrict__ boxes, const int *__restrict__ counts,
                                           float epsilon, int last_wins, unsigned long long *keys, int *matched) {
    __shared__ Ranked warps[32];
    int n = blockIdx.x;
    int count = counts[n];
    keys += int64_t(n) * most;
    matched += int64_t(n) * priors;
    while (true) {
        Ranked own = {0, 0x7fffffff};
        for (int g = threadIdx.x; g < count; g += blockDim.x) {
            // Which ground truth is due depends on the IoU alone, the high half.
            own = better(own, {keys[g] >> 32, g});
        }
        Ranked due = block_best(own, warps);
        if (!(__uint_as_float(unsigned(due.key)) > LEAST_OVERLAP)) {
            return;
        }
        int p = prior_of(keys[due.number], priors, last_wins);
        bool is_free = (matched[p] & FORCED) == 0;
        __syncthreads();  // everyone has read what one thread now writes
        if (is_free) {
            if (threadIdx.x == 0) {
                matched[p] = due.number | FORCED;
                keys[due.number] = 0;
            }
        } else {
            Box truth = box_of(boxes[int64_t(n) * most + due.number]);
            Ranked found = {0, 0};
            for (int other = threadIdx.x; other < priors; other += blockDim.x) {
                if ((matched[other] & FORCED) == 0) {
                    float both = iou_of(box_of(corners[other]), truth, epsilon);
                    if (both > 0) {
                        found.key = larger(found.key, key_of(both, other, last_wins));
                    }
                }
            }
            found = block_best(found, warps);
            if (threadIdx.x == 0) {
                keys[due.number] = found.key;
            }
        }
        __syncthreads();
    }
}

// Offsets of a box in corner form from a prior in centre form (Liu et al., SSD, equation 2): the inverse
// of decoded.
__device__ inline float4 encoded(float4 box, float4 prior, const Coding &coding) {
    float width = box.z - box.x;
    float height = box.w - box.y;
    float cx = box.x + 0.5f * width;
    float cy = box.y + 0.5f * height;
    return {coding.weight_x * (cx - prior.x) / prior.z, coding.weight_y * (cy - prior.y) / prior.w,
            coding.weight_width * exact::log(width / prior.z), coding.weight_height * exact::log(height / prior.w)};
}

__device__ inline bool reaches(float iou, float threshold, int inclusive) {
    return inclusive ? iou >= threshold : iou > threshold;
}

// The decision: matched and classes (which holds the sweep's IoUs) become ground truth and class of each
// prior, offsets its encoded box or zeros. Reads 24 bytes a prior, writes 24; the rest is cached.
extern "C" __global__ void match_decide(int priors, int most, const float4 *__restrict__ centres,
                                        const float4 *__restrict__ boxes, const int *__restrict__ labels,
                                        const int *__restrict__ counts, float threshold, float negative_threshold,
                                        int inclusive, Coding coding, int *matched, int *classes, float4 *offsets) {
    int n = blockIdx.x;
    int p = blockIdx.y * blockDim.x + threadIdx.x;
    if (p >= priors) return;
    int64_t at = int64_t(n) * priors + p;
    float iou = __int_as_float(classes[at]);
    int box = matched[at];
    bool none = counts[n] == 0;
    if (box & FORCED) {
        box &= ~FORCED;
    } else if (none || !reaches(iou, threshold, inclusive)) {
        box = -1;
    }
    float4 code = {};
    int label = none || !reaches(iou, negative_threshold, inclusive) ? 0 : -1;
    if (box >= 0) {
        label = labels[int64_t(n) * most + box];
        code = encoded(boxes[int64_t(n) * most + box], centres[p], coding);
    }
    matched[at] = box;
    classes[at] = label;
    offsets[at] = code;
}

// offsets[p] = encode(boxes[p])
extern "C" __global__ void encode(int priors, const float4 *__restrict__ boxes, const float4 *__restrict__ centres,
                                  Coding coding, float4 *__restrict__ offsets) {
    int p = blockIdx.y * blockDim.x + threadIdx.x;
    if (p < priors) {
        offsets[p] = encoded(boxes[p], centres[p], coding);
    }
}

// boxes[n, p] = decode(offsets[n, p])
extern "C" __global__ void decode(int priors, const float4 *__restrict__ offsets, const float4 *__restrict__ centres,
                                  Coding coding, float4 *__restrict__ boxes) {
    int p = blockIdx.y * blockDim.x + threadIdx.x;
    if (p < priors) {
        int64_t at = int64_t(blockIdx.x) * priors + p;
        boxes[at] = decoded(offsets[at], centres[p], coding);
    }
}
