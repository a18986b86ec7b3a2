// Half of a shared tile is used, a quarter more is read.
template <bool FAULTY>
__device__ void fold(const float *x, float *y) {
    __shared__ float s[128];
    if (threadIdx.x < (FAULTY ? 96 : 128)) s[threadIdx.x] = x[threadIdx.x];
    __syncthreads();
    if (threadIdx.x < 64) y[threadIdx.x] = s[threadIdx.x] + s[threadIdx.x + 64];
}

extern "C" __global__ void clean(const float *x, float *y) { fold<false>(x, y); }
extern "C" __global__ void faulty(const float *x, float *y) { fold<true>(x, y); }
