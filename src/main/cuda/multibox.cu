// SSD's loss, read from the head outputs level by level in place: the losses of all priors, the choice of
// negatives in each image, the sums, and the gradient. The image is blockIdx.x; whatever lies inside one
// is indexed by int.
#include "block.cuh"
#include "localisation.cuh"
#include "mining.cuh"
#include "rows.cuh"

// One level of the heads, [N, cells, channels]: the logits of the per_cell priors of a cell, their
// offsets, padding.
struct Level {
    int priors, per_cell, classes, channels;  // priors: of this level, cells * per_cell
    int first, all;                           // its first prior among all of an image
    int image;                                // elements of an image, cells * channels

    // Where the offsets of a prior of this level lie in an image.
    __device__ int offsets_of(int prior) const {
        return prior / per_cell * channels + per_cell * classes + 4 * (prior % per_cell);
    }
};

// A prior's cross-entropy, and the block's share of the localisation loss, which is 0 but for positives.
// A block owns `cells` whole cells, copies their logits to shared memory, and gives each prior a thread
// at the end. Reads every logit and target once and 8 numbers of each positive, writes the losses: the
// floor.
template <typename T>
__device__ void prior_losses(Level level, Rows rows, int cells, const T *__restrict__ heads,
                             const int *__restrict__ targets, const float *__restrict__ offset_targets,
                             Localisation localisation, float *__restrict__ losses, float *__restrict__ partial,
                             int parts) {
    heads += int64_t(blockIdx.x) * level.image;
    int64_t first = int64_t(blockIdx.x) * level.all + level.first;
    int begin = blockIdx.y * cells * level.per_cell;
    int here = min(cells * level.per_cell, level.priors - begin);
    float *picked = rows.words<float>(0, cells * level.per_cell);
    int *own_targets = rows.words<int>(1, cells * level.per_cell);
    stage(rows, here / level.per_cell, level.per_cell, level.channels, heads + blockIdx.y * cells * level.channels);
    for (int row = threadIdx.x; row < here; row += ROW_THREADS) {
        // An ignored prior's loss is that to background.
        own_targets[row] = max(targets[first + begin + row], 0);
    }
    __syncthreads();
    exponentials(rows, here, own_targets, picked);
    __syncthreads();
    float located = 0;
    for (int row = threadIdx.x; row < here; row += ROW_THREADS) {
        int prior = begin + row;
        losses[first + prior] = exact::log(row_sum(rows, row)) - picked[row];
        if (own_targets[row] > 0) {
            const T *offsets = heads + level.offsets_of(prior);
            const float *wanted = offset_targets + (first + prior) * 4;
            for (int j = 0; j < 4; j++) {
                located += localisation.loss(value(offsets[j]) - wanted[j]);
            }
        }
    }
    located = block_sum(located);
    if (threadIdx.x == 0) {
        partial[int64_t(blockIdx.x) * parts + blockIdx.y] = located;
    }
}

// What an image adds to the loss, before its weight.
struct ImageSums {
    int positives;
    float classification, localisation;
    int unused;
};

// Which priors of an image count, how often, and their sums. A block owns an image; its keys stay in
// shared memory where they fit (staged), else are made anew at each of the up to five looks at them.
// Reads 8 bytes a prior and the losses that count, writes one: the floor where staged.
extern "C" __global__ void __launch_bounds__(MINE_THREADS)
    multibox_mine(int priors, Mining mining, int staged, const int *__restrict__ targets,
                  const float *__restrict__ losses, const float *__restrict__ partial, int parts,
                  uint8_t *__restrict__ selected, ImageSums *__restrict__ sums) {
    extern __shared__ unsigned keys[];
    targets += int64_t(blockIdx.x) * priors;
    losses += int64_t(blockIdx.x) * priors;
    selected += int64_t(blockIdx.x) * priors;
    partial += int64_t(blockIdx.x) * parts;
    int positives = 0;
    int candidates = 0;
    for (int p = threadIdx.x; p < priors; p += MINE_THREADS) {
        int target = targets[p];
        unsigned own = key_of(target, losses[p], mining.shortage);
        positives += target > 0;
        candidates += own != NEVER;
        if (staged) keys[p] = own;
    }
    positives = block_sum(positives);
    candidates = block_sum(candidates);
    // Each thread looks at the keys it wrote itself.
    auto key = [&](int p) { return staged ? keys[p] : key_of(targets[p], losses[p], mining.shortage); };
    int kept = min(mining.wanted(positives, priors), candidates);
    Cut cut = kept == 0 ? Cut{~0u, 0} : kept == candidates ? Cut{NEVER, 0} : cut_of(priors, kept, key);

    float classification = 0;
    int seen = 0;  // equal keys before this round's priors
    for (int base = 0; base < priors; base += MINE_THREADS) {
        int p = base + threadIdx.x;
        unsigned own = p < priors ? key(p) : NEVER;
        bool taken = own > cut.least;
        if (seen < cut.equal) {
            bool equal = own == cut.least;
            Scan scan = block_scan(equal);
            taken |= equal && seen + scan.before < cut.equal;
            seen += scan.total;
        }
        if (p < priors) {
            int times = (targets[p] > 0) + taken;
            selected[p] = uint8_t(times);
            if (times > 0) {
                classification += float(times) * losses[p];
            }
        }
    }
    float localisation = 0;
    for (int part = threadIdx.x; part < parts; part += MINE_THREADS) {
        localisation += partial[part];
    }
    classification = block_sum(classification);
    localisation = block_sum(localisation);
    if (threadIdx.x == 0) {
        sums[blockIdx.x] = {positives, classification, localisation, 0};
    }
}

// The numbers of CudaMultiboxLoss.code.
enum Normaliser { BATCH_POSITIVES = 0, IMAGE_POSITIVES = 1, ALL_PRIORS = 2 };

// What an image's sums are multiplied by.
__device__ inline float weight_of(int normaliser, int positives, int64_t all_positives, int priors, int batch) {
    switch (normaliser) {
        case BATCH_POSITIVES: return 1.0f / float(max(all_positives, int64_t(1)));
        case IMAGE_POSITIVES: return positives == 0 ? 0 : 1.0f / float(int64_t(positives) * batch);
        default: return 1.0f / float(int64_t(priors) * batch);
    }
}

// weights[n] and the three losses of the batch; one block, for it needs all positives first. 32 bytes an
// image.
extern "C" __global__ void multibox_join(int batch, int priors, int normaliser, float localisation_weight,
                                         const ImageSums *__restrict__ sums, float *__restrict__ weights,
                                         float *__restrict__ losses) {
    int64_t positives = 0;
    for (int n = threadIdx.x; n < batch; n += blockDim.x) {
        positives += sums[n].positives;
    }
    positives = block_sum(positives);
    float classification = 0;
    float localisation = 0;
    for (int n = threadIdx.x; n < batch; n += blockDim.x) {
        ImageSums own = sums[n];
        float weight = weight_of(normaliser, own.positives, positives, priors, batch);
        weights[n] = weight;
        classification += weight * own.classification;
        localisation += weight * own.localisation;
    }
    classification = block_sum(classification);
    localisation = localisation_weight * block_sum(localisation);
    if (threadIdx.x == 0) {
        losses[0] = classification + localisation;
        losses[1] = classification;
        losses[2] = localisation;
    }
}

constexpr int MOST_INSIDE = SECTOR_BYTES / 2;  // CudaMultiboxLoss.ROW_EXTRA

// Calls body(i) for i from `begin` to `end`, by the lanes of a warp.
template <typename Body>
__device__ void for_lanes(int begin, int end, Body body) {
    for (int i = threadIdx.x % 32; i < end; i += 32) {
        if (i >= begin) body(i);
    }
}

template <typename T>
__device__ void write(T *to, float gradient, bool adds) {
    *to = stored<T>(adds ? value(*to) + gradient : gradient);
}

// The gradient of a prior's logits, scale (softmax - [k = target]), by a warp that keeps the row in
// shared memory; each lane reads what it wrote.
template <typename T>
__device__ void logits_backward(const T *x, int classes, int target, float scale, float *row, T *dx, bool adds) {
    // Where the lanes go over a row more than once they begin with its sector.
    int begin = classes > 32 ? inside_of(x) : 0;
    int end = begin + classes;
    x -= begin;
    dx -= begin;
    __syncwarp();  // lanes are done with the row before, which they shared otherwise
    float max = -INFINITY;
    for_lanes(begin, end, [&](int i) {
        row[i] = value(x[i]);
        max = row[i] > max ? row[i] : max;
    });
    max = group_largest(max, 32);
    float sum = 0;
    for_lanes(begin, end, [&](int i) {
        row[i] = exact::exp(row[i] - max);
        sum += row[i];
    });
    for (int distance = 16; distance > 0; distance /= 2) {
        sum += __shfl_xor_sync(ALL_LANES, sum, distance);
    }
    for_lanes(begin, end, [&](int i) {
        float probability = row[i] / sum;
        write(dx + i, (i - begin == target ? probability - 1 : probability) * scale, adds);
    });
}

// The gradient of the priors that count; it is zero elsewhere, which was written before. A warp owns 32
// neighbouring priors, reads 5 bytes of each, and works together on each that counts: reads its logits
// and, if it is positive, 8 numbers, and writes as many gradients.
template <typename T>
__device__ void backward(Level level, const T *__restrict__ heads, const int *__restrict__ targets,
                         const float *__restrict__ offset_targets, Localisation localisation,
                         const uint8_t *__restrict__ selected, const float *__restrict__ weights,
                         const float *__restrict__ d_loss, T *gradient, bool adds) {
    int warp = threadIdx.x / 32;
    int lane = threadIdx.x % 32;
    float *row = row_memory + warp * (level.classes + MOST_INSIDE);
    heads += int64_t(blockIdx.x) * level.image;
    gradient += int64_t(blockIdx.x) * level.image;
    int64_t first = int64_t(blockIdx.x) * level.all + level.first;
    int begin = (blockIdx.y * (blockDim.x / 32) + warp) * 32;
    bool exists = begin + lane < level.priors;
    int own_times = exists ? selected[first + begin + lane] : 0;
    int own_target = exists ? targets[first + begin + lane] : 0;
    unsigned counting = __ballot_sync(ALL_LANES, own_times > 0 || own_target > 0);
    if (counting == 0) return;
    float weight = d_loss[0] * weights[blockIdx.x];
    while (counting != 0) {
        int owner = __ffs(counting) - 1;
        counting &= counting - 1;
        int times = __shfl_sync(ALL_LANES, own_times, owner);
        int target = __shfl_sync(ALL_LANES, own_target, owner);
        int prior = begin + owner;
        if (times > 0) {
            int at = prior / level.per_cell * level.channels + prior % level.per_cell * level.classes;
            logits_backward(heads + at, level.classes, target, float(times) * weight, row, gradient + at, adds);
        }
        if (target > 0 && lane < 4) {
            int at = level.offsets_of(prior) + lane;
            float error = value(heads[at]) - offset_targets[(first + prior) * 4 + lane];
            write(gradient + at, weight * localisation.weight * localisation.slope(error), adds);
        }
    }
}

#define FOR_TYPE(name, T)                                                                                         \
    extern "C" __global__ void __launch_bounds__(ROW_THREADS) multibox_prior_losses_##name(                       \
        Level level, Rows rows, int cells, const T *__restrict__ heads, const int *__restrict__ targets,          \
        const float *__restrict__ offset_targets, Localisation localisation, float *__restrict__ losses,          \
        float *__restrict__ partial, int parts) {                                                                 \
        prior_losses(level, rows, cells, heads, targets, offset_targets, localisation, losses, partial, parts);   \
    }                                                                                                             \
    extern "C" __global__ void __launch_bounds__(ROW_THREADS) multibox_backward_##name(                           \
        Level level, const T *__restrict__ heads, const int *__restrict__ targets,                                \
        const float *__restrict__ offset_targets, Localisation localisation,                                      \
        const uint8_t *__restrict__ selected, const float *__restrict__ weights,                                  \
        const float *__restrict__ d_loss, T *gradient, int adds) {                                                \
        backward(level, heads, targets, offset_targets, localisation, selected, weights, d_loss, gradient,        \
                 adds != 0);                                                                                      \
    }

FOR_TYPE(f32, float)
FOR_TYPE(f16, __half)
