// Many threads count into a few bins.
template <bool FAULTY>
__device__ void count(const int *x, int *bins) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (threadIdx.x != 0) return;
    if (FAULTY) bins[x[i] & 3]++; else atomicAdd(&bins[x[i] & 3], 1);
}

extern "C" __global__ void clean(const int *x, int *bins) { count<false>(x, bins); }
extern "C" __global__ void faulty(const int *x, int *bins) { count<true>(x, bins); }
