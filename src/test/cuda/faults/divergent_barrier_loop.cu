// Threads go round a loop with a barrier in it, not all equally often.
template <bool FAULTY>
__device__ void rotate(const float *x, float *y, int rounds) {
    __shared__ float s[64];
    float sum = 0;
    int own = FAULTY ? rounds + threadIdx.x / 32 : rounds;
    for (int i = 0; i < own; i++) {
        s[threadIdx.x] = x[threadIdx.x] * i;
        __syncthreads();
        sum += s[threadIdx.x ^ 32];
        __syncthreads();
    }
    y[threadIdx.x] = sum;
}

extern "C" __global__ void clean(const float *x, float *y, int n) { rotate<false>(x, y, n); }
extern "C" __global__ void faulty(const float *x, float *y, int n) { rotate<true>(x, y, n); }
