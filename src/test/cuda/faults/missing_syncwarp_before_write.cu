// A warp's reduction in shared memory: between reading a partner's element and overwriting one's
// own, and after it, the lanes must meet.
template <bool FAULTY>
__device__ void sum(const float *x, float *y) {
    __shared__ volatile float s[32];
    int lane = threadIdx.x;
    s[lane] = x[lane];
    __syncwarp();
    for (int step = 16; step > 0; step /= 2) {
        float partner = s[lane ^ step];
        if (!FAULTY) __syncwarp();
        s[lane] = s[lane] + partner;
        __syncwarp();
    }
    y[lane] = s[lane];
}

extern "C" __global__ void clean(const float *x, float *y) { sum<false>(x, y); }
extern "C" __global__ void faulty(const float *x, float *y) { sum<true>(x, y); }
