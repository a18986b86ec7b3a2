// Greedy suppression by one block, of candidates that come from anywhere: a Source has for_each(body), which calls
// body(key) for every candidate, each time alike but in any order, and box(key).
#pragma once

#include "boxes.cuh"
#include "select.cuh"

struct Suppression {
    float threshold;
    int inclusive;
    int limit;  // candidates that take part
    int most;   // boxes that are kept
};

// Whether a box goes because of a better one.
__device__ inline bool goes(float4 better, float4 box, const Suppression &rule) {
    float iou = iou_of(box_of(better), box_of(box), 0);
    return iou > rule.threshold || (rule.inclusive && (iou > 0 ? iou : 0) == rule.threshold);
}

constexpr int WINDOW = 512;  // candidates in shared memory at a time

struct Window {
    Key keys[WINDOW];
    float4 boxes[WINDOW];
    unsigned gone[WINDOW / 32];  // a bit for each candidate
    unsigned rows[32];           // of 32 candidates, which later ones each would suppress
    int count;
};

// Fills the window with the best candidates below `below`, at most `most` of them, in the order of their rank,
// and returns how many there are in all.
template <typename Source>
__device__ int next_candidates(const Source &source, Key below, int most, Window &window) {
    auto collect = [&](Key from) {
        __syncthreads();  // the window of before has been read
        if (threadIdx.x == 0) {
            window.count = 0;
        }
        __syncthreads();
        source.for_each([&](Key key) {
            if (key >= from && key < below) {
                int at = atomicAdd(&window.count, 1);
                if (at < WINDOW) {
                    window.keys[at] = key;
                }
            }
        });
        __syncthreads();
        return window.count;
    };
    int all = collect(1);
    int count = all;
    if (all > WINDOW) {
        count = min(WINDOW, most);
        collect(smallest_of_largest(count, below, [&](auto body) { source.for_each(body); }));
    }
    int padded = 1;
    while (padded < count) {
        padded *= 2;
    }
    for (int i = count + threadIdx.x; i < padded; i += SELECT_THREADS) {
        window.keys[i] = 0;
    }
    __syncthreads();
    sort_down(window.keys, padded);
    return all;
}

// Greedy suppression of the candidates of a source, a window at a time, until enough are kept; kept.write(rank,
// key, box) takes them, and kept.boxes holds them. Returns how many there are, in all threads. Boxes are taken
// 32 at a time: first which of them would suppress which, then in order who is left, by bits alone; then those
// that are left are held against all candidates behind them, so that no box meets one that is gone.
template <typename Source, typename Kept>
__device__ int suppress(const Source &source, const Suppression &rule, Window &window, const Kept &kept) {
    int warp = threadIdx.x / 32;
    int lane = threadIdx.x % 32;
    int left = 0;
    int room = rule.limit;
    Key below = ~Key(0);
    while (room > 0 && left < rule.most) {
        int all = next_candidates(source, below, room, window);
        int count = min(min(all, room), WINDOW);
        for (int i = threadIdx.x; i - lane < count; i += SELECT_THREADS) {
            bool is_gone = i >= count;
            if (!is_gone) {
                float4 box = source.box(window.keys[i]);
                window.boxes[i] = box;
                for (int other = 0; other < left && !is_gone; other++) {
                    is_gone = goes(kept.boxes[other], box, rule);
                }
            }
            unsigned word = __ballot_sync(EVERYONE, is_gone);
            if (lane == 0) {
                window.gone[i / 32] = word;
            }
        }
        for (int first = 0; first < count && left < rule.most; first += 32) {
            __syncthreads();
            unsigned gone = window.gone[first / 32];
            for (int i = warp; i < 32; i += SELECT_WARPS) {
                bool would_go = false;
                if (!(gone >> i & 1) && !(gone >> lane & 1) && i < lane) {
                    would_go = goes(window.boxes[first + i], window.boxes[first + lane], rule);
                }
                unsigned row = __ballot_sync(EVERYONE, would_go);
                if (lane == 0) {
                    window.rows[i] = row;
                }
            }
            __syncthreads();
            unsigned stay = 0;
            int here = 0;
            for (int i = 0; i < 32 && left + here < rule.most; i++) {
                if (!(gone >> i & 1)) {
                    stay |= 1u << i;
                    here++;
                    gone |= window.rows[i];
                }
            }
            if (warp == 0 && (stay >> lane & 1)) {
                int rank = left + __popc(stay & ((1u << lane) - 1));
                kept.write(rank, window.keys[first + lane], window.boxes[first + lane]);
            }
            left += here;
            for (int i = first + 32 + threadIdx.x; i - lane < count; i += SELECT_THREADS) {
                bool is_gone = window.gone[i / 32] >> lane & 1;
                for (unsigned better = stay; better != 0 && !is_gone; better &= better - 1) {
                    is_gone = goes(window.boxes[first + __ffs(better) - 1], window.boxes[i], rule);
                }
                unsigned word = __ballot_sync(EVERYONE, is_gone);
                __syncwarp();  // the lanes have read the word; a vote orders no memory
                if (lane == 0) {
                    window.gone[i / 32] = word;
                }
            }
        }
        if (all <= count) {
            break;
        }
        room -= count;
        below = window.keys[count - 1];
    }
    return left;
}
