// Reverses a block's elements through shared memory: across warps only a barrier of the block helps.
template <bool FAULTY>
__device__ void reverse(const float *x, float *y) {
    __shared__ float s[256];
    int i = blockIdx.x * 256 + threadIdx.x;
    s[threadIdx.x] = x[i];
    if (FAULTY) __syncwarp(); else __syncthreads();
    y[i] = s[255 - threadIdx.x];
}

extern "C" __global__ void clean(const float *x, float *y) { reverse<false>(x, y); }
extern "C" __global__ void faulty(const float *x, float *y) { reverse<true>(x, y); }
