// The threads that have nothing to store come to the barrier all the same, or should.
template <bool FAULTY>
__device__ void reverse(const float *x, float *y) {
    __shared__ float s[64];
    if (threadIdx.x < 48) {
        s[threadIdx.x] = x[threadIdx.x];
        if (FAULTY) __syncthreads();
    }
    if (!FAULTY) __syncthreads();
    y[threadIdx.x] = threadIdx.x < 48 ? s[47 - threadIdx.x] : 0;
}

extern "C" __global__ void clean(const float *x, float *y) { reverse<false>(x, y); }
extern "C" __global__ void faulty(const float *x, float *y) { reverse<true>(x, y); }
