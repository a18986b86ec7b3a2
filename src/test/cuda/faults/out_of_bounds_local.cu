// A table per thread, whose index comes from memory.
template <bool FAULTY>
__device__ void look(const int *x, int *y) {
    int table[16];
    for (int i = 0; i < 16; i++) table[i] = i * i + x[i];
    y[threadIdx.x] = table[FAULTY ? x[threadIdx.x] : x[threadIdx.x] & 15];
}

extern "C" __global__ void clean(const int *x, int *y) { look<false>(x, y); }
extern "C" __global__ void faulty(const int *x, int *y) { look<true>(x, y); }
