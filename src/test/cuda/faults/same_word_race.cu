// One warp stores to one word: which lane wins is open, unless all store the same.
template <bool FAULTY>
__device__ void mark(float *y) { *y = FAULTY ? threadIdx.x : 7; }

extern "C" __global__ void clean(float *y) { mark<false>(y); }
extern "C" __global__ void faulty(float *y) { mark<true>(y); }
