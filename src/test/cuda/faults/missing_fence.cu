// The last block to finish adds up what all blocks left: their results must be out before they say
// so.
__device__ unsigned finished;

template <bool FAULTY>
__device__ void sum(const float *x, float *partial, float *y) {
    __shared__ bool last;
    if (threadIdx.x == 0) {
        partial[blockIdx.x] = x[blockIdx.x];
        if (!FAULTY) __threadfence();
        last = atomicAdd(&finished, 1) == gridDim.x - 1;
    }
    __syncthreads();
    if (last && threadIdx.x == 0) {
        float all = 0;
        for (int i = 0; i < gridDim.x; i++) all += partial[i];
        *y = all;
        finished = 0;
    }
}

extern "C" __global__ void clean(const float *x, float *p, float *y) { sum<false>(x, p, y); }
extern "C" __global__ void faulty(const float *x, float *p, float *y) { sum<true>(x, p, y); }
