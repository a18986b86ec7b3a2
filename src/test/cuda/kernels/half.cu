// y = a x + y in F16: by one element with float arithmetic, and by pairs with F16 arithmetic.
#include <cuda_fp16.h>

extern "C" __global__ void axpy_float(float a, const __half *x, __half *y, int n) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) y[i] = __float2half(a * __half2float(x[i]) + __half2float(y[i]));
}

extern "C" __global__ void axpy_pairs(float a, const __half2 *x, __half2 *y, int pairs) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < pairs) y[i] = __hfma2(__float2half2_rn(a), x[i], y[i]);
}
