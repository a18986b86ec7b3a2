// Which priors of an image mining takes: what they are ranked by, and where the largest end, without sorting
// all. A block of MINE_THREADS threads owns an image.
#pragma once

#include <stdint.h>

#include "block.cuh"

constexpr int MINE_THREADS = 512;

// What MiningParams says; the numbers of shortage are CudaMultiboxLoss.code's.
enum Shortage { TAKE_ALL = 0, COUNT_POSITIVES_AGAIN = 1, RANK_POSITIVES_AS_ZERO = 2 };

struct Mining {
    float ratio;  // negative for no mining
    int least, shortage;

    // Rounded down in double, as on the CPU.
    __device__ int wanted(int positives, int priors) const {
        return ratio < 0 ? priors : max(least, __double2int_rz(double(ratio) * positives));
    }
};

// What a prior is ranked by: the larger the key the sooner it is taken; of equal ones the first prior.
constexpr unsigned NEVER = 0;         // no candidate
constexpr unsigned LAST = 1;          // behind every loss
constexpr unsigned NAN_LOSS = ~0u - 1;  // before every loss, so that it is noticed
constexpr unsigned SIGN = 0x80000000u;

// Bits that compare as the floats do, with one zero.
__device__ inline unsigned ordered(float loss) {
    unsigned bits = __float_as_uint(loss + 0.0f);
    return isnan(loss) ? NAN_LOSS : (bits & SIGN) != 0 ? ~bits : bits | SIGN;
}

__device__ inline unsigned key_of(int target, float loss, int shortage) {
    if (target == 0) {
        return ordered(loss);
    }
    if (target < 0 || shortage == TAKE_ALL) {
        return NEVER;
    }
    return shortage == COUNT_POSITIVES_AGAIN ? LAST : ordered(0);
}

// The keys that are taken: all above `least`, and the first `equal` that equal it.
struct Cut {
    unsigned least;
    int equal;
};

constexpr int DIGIT_BITS = 11;
constexpr int BINS = 1 << DIGIT_BITS;

// Where the `kept` largest of the candidates' keys end, without ordering them: the histogram of the
// highest bits says which bin the last one lies in, and that bin alone is looked at by the next bits.
// key(p) is the key of a prior.
template <typename Key>
__device__ Cut cut_of(int priors, int kept, Key key) {
    __shared__ int bins[BINS];
    __shared__ Cut found;
    constexpr int EACH = BINS / MINE_THREADS;
    Cut cut = {0, kept};
    unsigned known = 0;
    for (int shift = 32 - DIGIT_BITS; known != ~0u; shift = max(shift - DIGIT_BITS, 0)) {
        for (int bin = threadIdx.x; bin < BINS; bin += MINE_THREADS) {
            bins[bin] = 0;
        }
        __syncthreads();
        for (int p = threadIdx.x; p < priors; p += MINE_THREADS) {
            unsigned own = key(p);
            if (own != NEVER && (own & known) == cut.least) {
                atomicAdd(&bins[(own & ~known) >> shift], 1);
            }
        }
        __syncthreads();
        // Each thread owns EACH bins; threads go down from the largest.
        int top = BINS - 1 - threadIdx.x * EACH;
        int own = 0;
        for (int i = 0; i < EACH; i++) {
            own += bins[top - i];
        }
        int above = block_scan(own).before;
        for (int i = 0; i < EACH; i++) {
            int in_bin = bins[top - i];
            if (above < cut.equal && cut.equal <= above + in_bin) {
                found = {cut.least | unsigned(top - i) << shift, cut.equal - above};
            }
            above += in_bin;
        }
        __syncthreads();
        cut = found;
        known = ~0u << shift;
    }
    return cut;
}
