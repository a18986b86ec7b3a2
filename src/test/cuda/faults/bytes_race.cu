// Bytes next to each other in one word belong to different threads, which is no race; the same byte
// is.
template <bool FAULTY>
__device__ void spread(const unsigned char *x, unsigned char *y) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    y[FAULTY ? i / 2 : i] = x[i];
}

extern "C" __global__ void clean(const unsigned char *x, unsigned char *y) { spread<false>(x, y); }
extern "C" __global__ void faulty(const unsigned char *x, unsigned char *y) { spread<true>(x, y); }
