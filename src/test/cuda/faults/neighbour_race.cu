// A stencil: in place, a block reads what its neighbour overwrites.
template <bool FAULTY>
__device__ void smooth(const float *x, float *y, int n) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    float left = i > 0 ? x[i - 1] : 0;
    if (i < n) (FAULTY ? const_cast<float *>(x) : y)[i] = left;
}

extern "C" __global__ void clean(const float *x, float *y, int n) { smooth<false>(x, y, n); }
extern "C" __global__ void faulty(const float *x, float *y, int n) { smooth<true>(x, y, n); }
