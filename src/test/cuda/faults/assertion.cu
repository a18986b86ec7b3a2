// An assertion on every element.
#include <cassert>

template <bool FAULTY>
__device__ void check(const float *x, float *y) {
    assert(x[threadIdx.x] >= (FAULTY ? 1 : 0));
    y[threadIdx.x] = x[threadIdx.x];
}

extern "C" __global__ void clean(const float *x, float *y) { check<false>(x, y); }
extern "C" __global__ void faulty(const float *x, float *y) { check<true>(x, y); }
