// A shuffle by lanes that its mask does not name.
template <bool FAULTY>
__device__ void neighbour(const float *x, float *y) {
    float value = x[threadIdx.x];
    y[threadIdx.x] = value + __shfl_xor_sync(FAULTY ? 0xffff : 0xffffffff, value, 1);
}

extern "C" __global__ void clean(const float *x, float *y) { neighbour<false>(x, y); }
extern "C" __global__ void faulty(const float *x, float *y) { neighbour<true>(x, y); }
