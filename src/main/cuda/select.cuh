// Keys that rank things, and the largest of them without sorting all: a block of SELECT_THREADS threads
// narrows the key down by a digit of 8 bits at a time, from the top, counting how many keys have which digit.
#pragma once

#include <stdint.h>

constexpr int SELECT_THREADS = 128;
constexpr int SELECT_WARPS = SELECT_THREADS / 32;
constexpr unsigned EVERYONE = 0xffffffffu;

using Key = unsigned long long;

// A larger key ranks first: the larger value, of equal ones the smaller number. NaN ranks last, -0 as 0.
// No key is 0, and none ~0.
__device__ inline Key ranked(float value, int number) {
    int bits = __float_as_int(value + 0.0f);
    unsigned order = value != value ? 0 : bits < 0 ? ~unsigned(bits) : unsigned(bits) | 0x80000000u;
    return Key(order) << 32 | ~unsigned(number);
}

__device__ inline int number_of(Key key) { return int(~unsigned(key)); }

// The value of a key whose value is at least 0.
__device__ inline float value_of(Key key) { return __int_as_float(int(key >> 32) & 0x7fffffff); }

struct Digit {
    int digit, above, count;  // so many keys have a larger digit, so many this one
};

// The digit of the wanted-th largest key, by the first warp: a lane owns 8 of the 256 bins, from the top.
__device__ inline void find_digit(const int *bins, int wanted, Digit *found) {
    int lane = threadIdx.x;
    int own[8];
    int sum = 0;
#pragma unroll
    for (int i = 0; i < 8; i++) {
        own[i] = bins[255 - 8 * lane - i];
        sum += own[i];
    }
    int through = sum;
    for (int distance = 1; distance < 32; distance *= 2) {
        int before = __shfl_up_sync(EVERYONE, through, distance);
        through += lane >= distance ? before : 0;
    }
    int above = through - sum;
#pragma unroll
    for (int i = 0; i < 8; i++) {
        if (above < wanted && wanted <= above + own[i]) {
            *found = {255 - 8 * lane - i, above, own[i]};
        }
        above += own[i];
    }
}

// The smallest of the `wanted` largest keys below `below`, or a number between it and the next: those at or
// above it are as many. for_each(body) calls body(key) for every key, in any order; there are at least
// `wanted` below `below`. Keys differ, so that eight digits decide always, and mostly three or four.
template <typename ForEach>
__device__ Key smallest_of_largest(int wanted, Key below, ForEach for_each) {
    __shared__ int bins[256];
    __shared__ Digit found;
    Key prefix = 0;
    for (int shift = 56; shift >= 0; shift -= 8) {
        for (int bin = threadIdx.x; bin < 256; bin += SELECT_THREADS) {
            bins[bin] = 0;
        }
        __syncthreads();
        Key known = shift == 56 ? 0 : ~Key(0) << (shift + 8);
        for_each([&](Key key) {
            if (key < below && (key & known) == prefix) {
                atomicAdd(&bins[int(key >> shift) & 255], 1);
            }
        });
        __syncthreads();
        if (threadIdx.x < 32) {
            find_digit(bins, wanted, &found);
        }
        __syncthreads();
        prefix |= Key(found.digit) << shift;
        wanted -= found.above;
        if (wanted == found.count) {
            break;
        }
    }
    return prefix;
}

// Sorts `count` keys, a power of two, from the largest down (Batcher's bitonic sort, 1968).
__device__ inline void sort_down(Key *keys, int count) {
    for (int size = 2; size <= count; size *= 2) {
        for (int apart = size / 2; apart > 0; apart /= 2) {
            for (int i = threadIdx.x; i < count / 2; i += SELECT_THREADS) {
                int a = 2 * i - (i & (apart - 1));
                Key first = keys[a];
                Key second = keys[a + apart];
                bool down = (a & size) == 0;
                if ((first < second) == down) {
                    keys[a] = second;
                    keys[a + apart] = first;
                }
            }
            __syncthreads();
        }
    }
}
