// What the threads of a block find out together, always in the same order. Every thread of the block
// calls, and all get the answer.
#pragma once

constexpr unsigned ALL_LANES = 0xffffffffu;
constexpr int MOST_WARPS = 32;

// The sum of one value a thread: a tree in each warp, then the warps in order.
template <typename T>
__device__ T block_sum(T x) {
    __shared__ T warps[MOST_WARPS];
    for (int distance = 16; distance > 0; distance /= 2) {
        x += __shfl_xor_sync(ALL_LANES, x, distance);
    }
    __syncthreads();  // the last answer has been read
    if (threadIdx.x % 32 == 0) {
        warps[threadIdx.x / 32] = x;
    }
    __syncthreads();
    T total = 0;
    for (int warp = 0; warp < blockDim.x / 32; warp++) {
        total += warps[warp];
    }
    return total;
}

struct Scan {
    int before, total;  // the sum over the threads before this one, and over all
};

__device__ inline Scan block_scan(int x) {
    __shared__ int warps[MOST_WARPS];
    int lane = threadIdx.x % 32;
    int through = x;
    for (int distance = 1; distance < 32; distance *= 2) {
        int below = __shfl_up_sync(ALL_LANES, through, distance);
        through += lane >= distance ? below : 0;
    }
    __syncthreads();
    if (lane == 31) {
        warps[threadIdx.x / 32] = through;
    }
    __syncthreads();
    Scan scan = {through - x, 0};
    for (int warp = 0; warp < blockDim.x / 32; warp++) {
        scan.before += warp < threadIdx.x / 32 ? warps[warp] : 0;
        scan.total += warps[warp];
    }
    return scan;
}
