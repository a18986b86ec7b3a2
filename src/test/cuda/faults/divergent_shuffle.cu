// A shuffle of all lanes, to which only some come.
template <bool FAULTY>
__device__ void neighbour(const float *x, float *y) {
    float value = x[threadIdx.x];
    if (!FAULTY || threadIdx.x < 16) value += __shfl_xor_sync(0xffffffff, value, 1);
    y[threadIdx.x] = value;
}

extern "C" __global__ void clean(const float *x, float *y) { neighbour<false>(x, y); }
extern "C" __global__ void faulty(const float *x, float *y) { neighbour<true>(x, y); }
