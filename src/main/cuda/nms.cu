// From head outputs to detections, and suppression by itself. Kernels decide as the CPU does, to the bit: scores
// and boxes are made of the same operations in the same order, and candidates are ranked by keys that differ.
// Four launches whatever the batch and the classes, each waiting for the one before:
//   score     every logit once: what softmax needs of each prior, and a bit for each candidate;
//   thin      where candidates of a level are limited: the level's best priors;
//   suppress  of each class of each image: its best candidates, their boxes, those that are left;
//   gather    of each image: the rank of each box among those of all classes, and there it goes.
// No score is kept but those of boxes that are left: with the bits and two floats a prior, a score is made
// again where it is wanted, which is for few priors.
#include "heads.cuh"
#include "suppress.cuh"

enum Scores { SOFTMAX = 0, SIGMOID = 1 };  // the numbers are CudaNmsKernels'

// Which scores make a candidate.
struct Scoring {
    int scores;
    int best_class;  // if not 0, only a prior's best class, and that not if it is the background
    float threshold;
};

// A row's largest logit, and the sum of the powers of e above it.
using RowSums = float2;

__device__ inline float score_of(float logit, RowSums row, int scores) {
    return scores == SOFTMAX ? exact::exp(logit - row.x) / row.y : 1 / (1 + exact::exp(-logit));
}

constexpr int SCORE_WARPS = 4;
constexpr int TILE = 91;  // classes in shared memory at a time; odd, so that lanes read their rows without conflict

// Logits of classes first .. first + width of a warp's priors, into tile[prior][class], lanes over neighbouring
// elements from the start of a sector on. Where these are all classes, the rows of a cell are one stretch.
template <typename T>
__device__ void load_tile(const Heads &heads, const Level &level, int n, int word, int priors, int first, int width,
                          float *tile) {
    int lane = threadIdx.x % 32;
    float inverse = 1 / float(width);
    for (int row = 0; row < priors;) {
        Place place = place_of(level, (word - level.first_word) * 32 + row);
        int rows = width == heads.classes ? min(level.per_cell - place.shape, priors - row) : 1;
        const T *from = cell_of<T>(level, n, place.cell) + place.shape * heads.classes + first;
        int ahead = int(reinterpret_cast<uintptr_t>(from) % 32 / sizeof(T));
        // As many turns for every lane, which they begin together, so that they share sectors.
        for (int turn = -ahead; turn < rows * width; turn += 32) {
            int e = turn + lane;
            if (e >= 0 && e < rows * width) {
                // e / width, which is far from being off by half an element.
                int r = int((float(e) + 0.5f) * inverse);
                tile[(row + r) * TILE + e - r * width] = value(from[e]);
            }
            __syncwarp();
        }
        row += rows;
    }
}

// candidates[n, class - 1, word] = whose score makes a candidate of the class, sums[n, slot] = what its softmax
// needs, best[n, slot] = its largest score that makes one, or 0, if asked for. The image is blockIdx.x; a block
// owns four words, a warp 32 priors, a lane one, whose classes it goes through in their order, as the CPU's sums
// do. Logits are read once up to 91 classes, beyond that once for the largest, the sum, and the scores, from
// the cache but for the first; a bit for each is written, 16 bytes a class, and 8 bytes a prior.
template <typename T>
__device__ void score(const Heads &heads, const Scoring &scoring, RowSums *__restrict__ sums, float *__restrict__ best,
                      unsigned *__restrict__ candidates) {
    __shared__ float tiles[SCORE_WARPS][32 * TILE];
    __shared__ uint4 bits[TILE];
    int n = blockIdx.x;
    int warp = threadIdx.x / 32;
    int lane = threadIdx.x % 32;
    int word = blockIdx.y * SCORE_WARPS + warp;
    Level level = level_of(heads, word);
    int priors = priors_in(level, word);
    const float *row = &tiles[warp][lane * TILE];
    bool is_whole = heads.classes <= TILE;
    bool is_loaded = false;

    // Calls body(class, logit, class in tile) for the classes, and done(first, width) after each tile.
    auto sweep = [&](auto body, auto done) {
        for (int first = 0; first < heads.classes; first += TILE) {
            int width = min(TILE, heads.classes - first);
            if (!is_loaded) {
                __syncwarp();
                load_tile<T>(heads, level, n, word, priors, first, width, tiles[warp]);
                __syncwarp();
                is_loaded = is_whole;
            }
            for (int k = 0; k < width; k++) {
                body(first + k, lane < priors ? row[k] : 0, k);
            }
            done(first, width);
        }
    };
    auto nothing = [](int, int) {};

    RowSums own = {__int_as_float(0xff800000), 0};
    if (scoring.scores == SOFTMAX) {
        sweep([&](int, float logit, int) { own.x = logit > own.x ? logit : own.x; }, nothing);
        sweep([&](int, float logit, int) { own.y += exact::exp(logit - own.x); }, nothing);
    }
    int best_class = 0;
    if (scoring.best_class) {
        float most = 0;
        sweep(
            [&](int k, float logit, int) {
                float candidate = score_of(logit, own, scoring.scores);
                if (k == 0 || candidate > most) {
                    most = candidate;
                    best_class = k;
                }
            },
            nothing);
    }
    float top = 0;
    sweep(
        [&](int k, float logit, int in_tile) {
            float candidate = score_of(logit, own, scoring.scores);
            bool is_one = lane < priors && k > 0 && candidate > scoring.threshold &&
                          (!scoring.best_class || k == best_class);
            top = is_one && candidate > top ? candidate : top;
            unsigned word_bits = __ballot_sync(EVERYONE, is_one);
            if (lane == 0) {
                reinterpret_cast<unsigned *>(&bits[in_tile])[warp] = word_bits;
            }
        },
        [&](int first, int width) {
            __syncthreads();
            for (int k = threadIdx.x; k < width; k += SCORE_WARPS * 32) {
                if (first + k > 0) {
                    int64_t list = int64_t(n) * (heads.classes - 1) + first + k - 1;
                    *reinterpret_cast<uint4 *>(&candidates[list * heads.words + blockIdx.y * SCORE_WARPS]) = bits[k];
                }
            }
            __syncthreads();
        });
    if (lane < priors) {
        int64_t slot = (int64_t(n) * heads.words + word) * 32 + lane;
        sums[slot] = own;
        if (best != nullptr) {
            best[slot] = top;
        }
    }
}

// best[n, slot] = 0 for all but the `limit` priors of each level with the largest; of equal ones the first stay.
// A block owns one level of an image. Reads best a few times, from the cache but for the first.
extern "C" __global__ void __launch_bounds__(SELECT_THREADS) nms_thin(Heads heads, int limit, float *best) {
    // The level whose first word is the blockIdx.y-th.
    Level level = heads.levels[0];
#pragma unroll
    for (int i = 1; i < MOST_LEVELS; i++) {
        if (i == blockIdx.y) {
            level = heads.levels[i];
        }
    }
    int priors = level.cells * level.per_cell;
    if (priors <= limit) return;
    best += (int64_t(blockIdx.x) * heads.words + level.first_word) * 32;
    auto for_each = [&](auto body) {
        for (int p = threadIdx.x; p < priors; p += SELECT_THREADS) {
            body(ranked(best[p], p));
        }
    };
    Key smallest = smallest_of_largest(limit, ~Key(0), for_each);
    for (int p = threadIdx.x; p < priors; p += SELECT_THREADS) {
        if (ranked(best[p], p) < smallest) {
            best[p] = 0;
        }
    }
}

struct Clip {
    int before;  // suppression; else behind it or never
    int after;
    float width, height;
};

__device__ inline float clipped(float x, float most) { return x < 0 ? 0 : x > most ? most : x; }

__device__ inline float4 clipped(float4 box, const Clip &clip) {
    return {clipped(box.x, clip.width), clipped(box.y, clip.height), clipped(box.z, clip.width),
            clipped(box.w, clip.height)};
}

// The candidates of one class of one image, in slots: their bits, from which everything else is made.
template <typename T>
struct ClassCandidates {
    const Heads &heads;
    const Scoring &scoring;
    const Coding &coding;
    const Clip &clip;
    const float4 *centres;
    const RowSums *sums;
    const float *best;
    const unsigned *bits;
    int n, k;

    __device__ Key key_of(const Level &level, int word) const {
        int lane = threadIdx.x % 32;
        int slot = word * 32 + lane;
        if (best != nullptr && best[slot] == 0) {
            return 0;
        }
        Place place = place_of(level, (word - level.first_word) * 32 + lane);
        float logit = value(cell_of<T>(level, n, place.cell)[place.shape * heads.classes + k]);
        return ranked(score_of(logit, sums[slot], scoring.scores), slot);
    }

    // A warp takes 32 words, then of these one after the other that are not empty, a lane a prior.
    template <typename Body>
    __device__ void for_each(Body body) const {
        int lane = threadIdx.x % 32;
        for (int from = threadIdx.x / 32 * 32; from < heads.words; from += SELECT_THREADS) {
            unsigned own = from + lane < heads.words ? bits[from + lane] : 0;
            unsigned some = __ballot_sync(EVERYONE, own != 0);
            for (; some != 0; some &= some - 1) {
                int next = __ffs(some) - 1;
                unsigned word_bits = __shfl_sync(EVERYONE, own, next);
                if (word_bits >> lane & 1) {
                    Key key = key_of(level_of(heads, from + next), from + next);
                    if (key != 0) {
                        body(key);
                    }
                }
            }
        }
    }

    __device__ float4 box(Key key) const {
        int slot = number_of(key);
        Level level = level_of(heads, slot / 32);
        int own = slot - level.first_word * 32;
        Place place = place_of(level, own);
        const T *at = cell_of<T>(level, n, place.cell) + level.per_cell * heads.classes + 4 * place.shape;
        float4 offsets = {value(at[0]), value(at[1]), value(at[2]), value(at[3])};
        float4 box = decoded(offsets, centres[level.first_prior + own], coding);
        return clip.before ? clipped(box, clip) : box;
    }
};

// The boxes of one class of one image that are left, best first.
struct KeptOfClass {
    float *scores;
    float4 *boxes;

    __device__ void write(int rank, Key key, float4 box) const {
        scores[rank] = value_of(key);
        boxes[rank] = box;
    }
};

// scores, boxes[n, class - 1, rank] and counts[n, class - 1]: what suppression leaves of each class. The image
// is blockIdx.x, the class blockIdx.y + 1; a block owns the two. Reads a bit a prior, of the candidates a logit
// and 8 bytes, mostly once, of the best of them offsets and prior; all else stays in shared memory.
template <typename T>
__device__ void suppress_class(const Heads &heads, const Scoring &scoring, const Coding &coding, const Clip &clip,
                               const Suppression &rule, const float4 *__restrict__ centres,
                               const RowSums *__restrict__ sums, const float *__restrict__ best,
                               const unsigned *__restrict__ candidates, float *scores, float4 *boxes, int *counts) {
    __shared__ Window window;
    int64_t list = int64_t(blockIdx.x) * (heads.classes - 1) + blockIdx.y;
    int64_t slots = int64_t(blockIdx.x) * heads.words * 32;
    ClassCandidates<T> source = {heads,
                                 scoring,
                                 coding,
                                 clip,
                                 centres,
                                 sums + slots,
                                 best == nullptr ? nullptr : best + slots,
                                 candidates + list * heads.words,
                                 int(blockIdx.x),
                                 int(blockIdx.y) + 1};
    int left = suppress(source, rule, window, KeptOfClass{scores + list * rule.most, boxes + list * rule.most});
    if (threadIdx.x == 0) {
        counts[list] = left;
    }
}

#define FOR_TYPE(name, T)                                                                                           \
    extern "C" __global__ void __launch_bounds__(SCORE_WARPS * 32) nms_score_##name(                                \
        Heads heads, Scoring scoring, RowSums *__restrict__ sums, float *__restrict__ best,                         \
        unsigned *__restrict__ candidates) {                                                                        \
        score<T>(heads, scoring, sums, best, candidates);                                                           \
    }                                                                                                               \
    extern "C" __global__ void __launch_bounds__(SELECT_THREADS) nms_suppress_##name(                               \
        Heads heads, Scoring scoring, Coding coding, Clip clip, Suppression rule, const float4 *__restrict__ centres, \
        const RowSums *__restrict__ sums, const float *__restrict__ best, const unsigned *__restrict__ candidates,  \
        float *scores, float4 *boxes, int *counts) {                                                                \
        suppress_class<T>(heads, scoring, coding, clip, rule, centres, sums, best, candidates, scores, boxes,       \
                          counts);                                                                                  \
    }

FOR_TYPE(f32, float)
FOR_TYPE(f16, __half)

// How many of a class's scores, which fall, rank before a score of another class: those above it, and those
// equal to it if the class comes before.
__device__ inline int before(const float *scores, int count, float score, bool is_earlier) {
    int from = 0;
    int to = count;
    while (from < to) {
        int middle = (from + to) / 2;
        float other = scores[middle];
        if (other > score || (is_earlier && other == score)) {
            from = middle + 1;
        } else {
            to = middle;
        }
    }
    return from;
}

// The detections of an image, best first, of equal scores the earlier class first. The image is blockIdx.x, the
// class blockIdx.y + 1; a thread owns a box of it and finds its place by asking each class how many of its boxes
// come before, so that nothing is sorted, and no block needs another. The lists are read again and again, from
// the cache; boxes move once.
extern "C" __global__ void __launch_bounds__(SELECT_THREADS) nms_gather(
    int classes, int most, int capacity, Clip clip, const float *__restrict__ scores,
    const float4 *__restrict__ boxes, const int *__restrict__ counts, float4 *__restrict__ out_boxes,
    float *__restrict__ out_scores, int *__restrict__ out_labels, int *__restrict__ out_counts) {
    __shared__ int total;
    int own = blockIdx.y;
    int64_t image = int64_t(blockIdx.x) * (classes - 1);
    int64_t out = int64_t(blockIdx.x) * capacity;
    scores += image * most;
    boxes += image * most;
    counts += image;
    for (int rank = threadIdx.x; rank < counts[own]; rank += SELECT_THREADS) {
        float score = scores[int64_t(own) * most + rank];
        int place = rank;
        for (int k = 0; k < classes - 1 && place < capacity; k++) {
            if (k != own) {
                place += before(scores + int64_t(k) * most, counts[k], score, k < own);
            }
        }
        if (place < capacity) {
            float4 box = boxes[int64_t(own) * most + rank];
            out_boxes[out + place] = clip.after ? clipped(box, clip) : box;
            out_scores[out + place] = score;
            out_labels[out + place] = own + 1;
        }
    }
    if (own > 0) return;
    if (threadIdx.x == 0) {
        total = 0;
    }
    __syncthreads();
    for (int k = threadIdx.x; k < classes - 1; k += SELECT_THREADS) {
        atomicAdd(&total, counts[k]);
    }
    __syncthreads();
    if (threadIdx.x == 0) {
        out_counts[blockIdx.x] = min(total, capacity);
    }
}

// Boxes with their scores.
struct Scored {
    const float4 *boxes;
    const float *scores;
    int count;

    template <typename Body>
    __device__ void for_each(Body body) const {
        for (int i = threadIdx.x; i < count; i += SELECT_THREADS) {
            body(ranked(scores[i], i));
        }
    }

    __device__ float4 box(Key key) const { return boxes[number_of(key)]; }
};

struct KeptIndices {
    int *indices;
    float4 *boxes;

    __device__ void write(int rank, Key key, float4 box) const {
        indices[rank] = number_of(key);
        boxes[rank] = box;
    }
};

// keep = the indices of what is left of boxes, best first, then -1; kept is room for as many boxes. One block:
// what is kept decides what goes.
extern "C" __global__ void __launch_bounds__(SELECT_THREADS) nms(int count, const float4 *__restrict__ boxes,
                                                                 const float *__restrict__ scores,
                                                                 Suppression rule, float4 *kept, int *keep,
                                                                 int *kept_count) {
    __shared__ Window window;
    int left = suppress(Scored{boxes, scores, count}, rule, window, KeptIndices{keep, kept});
    for (int i = left + threadIdx.x; i < count; i += SELECT_THREADS) {
        keep[i] = -1;
    }
    if (threadIdx.x == 0) {
        *kept_count = left;
    }
}
