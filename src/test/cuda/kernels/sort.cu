// Batcher's bitonic sort of a block's keys, "Sorting networks and their applications", 1968; the
// first steps by shuffles, since partners are lanes of one warp.
extern "C" __global__ void sort(unsigned *x) {
    extern __shared__ unsigned s[];
    int t = threadIdx.x;
    unsigned v = x[t];
    for (int size = 2; size <= blockDim.x; size *= 2) {
        for (int step = size / 2; step > 0; step /= 2) {
            unsigned other;
            if (step >= 32) {
                __syncthreads();
                s[t] = v;
                __syncthreads();
                other = s[t ^ step];
            } else {
                other = __shfl_xor_sync(0xffffffff, v, step);
            }
            bool up = (t & size) == 0, low = (t & step) == 0;
            v = up == low ? min(v, other) : max(v, other);
        }
    }
    x[t] = v;
}
