// A tile of 32 x 32 is one row too small for the last step.
template <bool FAULTY>
__device__ void shift(const float *x, float *y) {
    __shared__ float s[FAULTY ? 64 : 65];
    s[threadIdx.x + 1] = x[threadIdx.x];
    if (threadIdx.x == 0) s[0] = 0;
    __syncthreads();
    y[threadIdx.x] = s[threadIdx.x];
}

extern "C" __global__ void clean(const float *x, float *y) { shift<false>(x, y); }
extern "C" __global__ void faulty(const float *x, float *y) { shift<true>(x, y); }
