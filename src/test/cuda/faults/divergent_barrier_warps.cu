// Whole warps pass the barrier by.
template <bool FAULTY>
__device__ void reverse(const float *x, float *y) {
    __shared__ float s[128];
    s[threadIdx.x] = x[threadIdx.x];
    if (!FAULTY || threadIdx.x < 64) __syncthreads();
    y[threadIdx.x] = s[threadIdx.x] + 1;
}

extern "C" __global__ void clean(const float *x, float *y) { reverse<false>(x, y); }
extern "C" __global__ void faulty(const float *x, float *y) { reverse<true>(x, y); }
