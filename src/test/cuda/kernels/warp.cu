// What lanes of a warp do together, apart from shuffles: votes, matches, and lanes that find each
// other after a branch.
#include <cooperative_groups.h>

namespace cg = cooperative_groups;

extern "C" __global__ void votes(const int *x, unsigned *y) {
    int v = x[threadIdx.x];
    unsigned *row = y + 6 * threadIdx.x;
    row[0] = __ballot_sync(0xffffffff, v > 3);
    row[1] = __any_sync(0xffffffff, v == 7);
    row[2] = __all_sync(0xffffffff, v >= 0);
    row[3] = __match_any_sync(0xffffffff, v);
    int same;
    row[4] = __match_all_sync(0xffffffff, v, &same);
    row[5] = same;
}

// One atomic operation for all lanes that come: the leader adds, the others count on.
extern "C" __global__ void compact(const int *x, int *count, int *y, int n) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n && x[i] > 0) {
        auto active = cg::coalesced_threads();
        int base = 0;
        if (active.thread_rank() == 0) base = atomicAdd(count, active.size());
        y[active.shfl(base, 0) + active.thread_rank()] = x[i];
    }
}

// Sums over tiles of four lanes, each its own.
extern "C" __global__ void tiles(const int *x, int *y) {
    auto tile = cg::tiled_partition<4>(cg::this_thread_block());
    int v = x[threadIdx.x];
    for (int step = 2; step > 0; step /= 2) v += tile.shfl_xor(v, step);
    y[threadIdx.x] = v;
}

// Lanes with the same key add up among themselves.
extern "C" __global__ void by_key(const int *keys, const int *x, int *y) {
    unsigned peers = __match_any_sync(0xffffffff, keys[threadIdx.x]);
    int leader = __ffs(peers) - 1, lane = threadIdx.x % 32;
    int sum = 0;
    for (unsigned left = peers; left; left &= left - 1) {
        sum += __shfl_sync(peers, x[threadIdx.x], __ffs(left) - 1);
    }
    y[threadIdx.x] = lane == leader ? sum : 0;
}
