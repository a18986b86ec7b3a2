// A tile of shared memory used in turns: it may be overwritten only when all have read it.
template <bool FAULTY>
__device__ void rotate(const float *x, float *y, int tiles) {
    __shared__ float s[128];
    float sum = 0;
    for (int t = 0; t < tiles; t++) {
        s[threadIdx.x] = x[t * 128 + threadIdx.x];
        __syncthreads();
        sum += s[(threadIdx.x + 33) % 128];
        if (!FAULTY) __syncthreads();
    }
    y[threadIdx.x] = sum;
}

extern "C" __global__ void clean(const float *x, float *y, int tiles) { rotate<false>(x, y, tiles); }
extern "C" __global__ void faulty(const float *x, float *y, int tiles) { rotate<true>(x, y, tiles); }
