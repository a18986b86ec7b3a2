// Two halves of a block, each with a barrier of its own.
template <bool FAULTY>
__device__ void reverse(const float *x, float *y) {
    __shared__ float s[128];
    int half = threadIdx.x / 64;
    s[threadIdx.x] = x[threadIdx.x];
    if (!FAULTY || half == 0) asm volatile("bar.sync %0, 64;" ::"r"(half + 1) : "memory");
    y[threadIdx.x] = s[half * 64 + 63 - threadIdx.x % 64];
}

extern "C" __global__ void clean(const float *x, float *y) { reverse<false>(x, y); }
extern "C" __global__ void faulty(const float *x, float *y) { reverse<true>(x, y); }
