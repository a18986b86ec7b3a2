// The last block is longer than what is left.
template <bool FAULTY>
__device__ void negate(const float *x, float *y, int n) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (!FAULTY && i >= n) return;
    y[i] = -x[i];
}

extern "C" __global__ void clean(const float *x, float *y, int n) { negate<false>(x, y, n); }
extern "C" __global__ void faulty(const float *x, float *y, int n) { negate<true>(x, y, n); }
