// Ways through a kernel: switches, calls, pointers to functions, early ends, tables per thread.
extern "C" __global__ void choose(const int *x, int *y) {
    int v = x[threadIdx.x];
    switch (v) {
        case 0: v = x[1] + 7; break;
        case 1: v = x[2] * 3; break;
        case 2: v ^= x[3];
        case 3: v -= x[4]; break;
        case 5: v = v % (x[5] + 3); break;
        case 8: v = -v; break;
        case 9: return;
        default: v = 99;
    }
    y[threadIdx.x] = v;
}

__noinline__ __device__ float power(float a, int n) {
    float p = 1;
    for (int i = 0; i < n; i++) p *= a;
    return p;
}

struct Pair {
    float a;
    int n[3];
};

__noinline__ __device__ Pair shifted(Pair p, int by) {
    p.n[by % 3] += by;
    p.a = power(p.a, p.n[0]);
    return p;
}

extern "C" __global__ void call(const float *x, float *y) {
    int t = threadIdx.x;
    Pair p = {x[t], {t % 3, t, 1}};
    if (t % 2) p = shifted(p, t);
    y[t] = power(p.a, 2) + p.n[t % 3];
}

typedef float (*Function)(float);
__device__ float next(float x) { return x + 1; }
__device__ float twice(float x) { return x * 2; }
__device__ float zero(float) { return 0; }
__device__ Function functions[3] = {next, twice, zero};

extern "C" __global__ void call_pointer(const float *x, float *y) {
    y[threadIdx.x] = functions[threadIdx.x % 3](x[threadIdx.x]);
}

extern "C" __global__ void collatz(const int *x, int *y) {
    int steps = 0;
    for (int v = x[threadIdx.x]; v != 1; steps++) {
        if (v % 2) { v = 3 * v + 1; continue; }
        v /= 2;
        if (steps > 100) break;
    }
    y[threadIdx.x] = steps;
}

extern "C" __global__ void table(const int *x, int *y, int n) {
    int count[8] = {};
    for (int i = 0; i < n; i++) count[(x[i] + threadIdx.x) & 7] += i;
    int most = 0;
    for (int i = 0; i < 8; i++) most = max(most, count[i]);
    y[threadIdx.x] = most;
}

struct Large {
    int values[40];
};

extern "C" __global__ void structure(const __grid_constant__ Large large, int *y) {
    y[threadIdx.x] = large.values[(threadIdx.x * 7) % 40];
}

// A lock per bin, taken by one lane after the other: each lane makes progress by itself.
extern "C" __global__ void locked(int *lock, int *sum) {
    bool done = false;
    while (!done) {
        if (atomicCAS(lock, 0, 1) == 0) {
            __threadfence();
            *sum += threadIdx.x;
            __threadfence();
            atomicExch(lock, 0);
            done = true;
        }
    }
}

// Shared or global memory through one pointer.
extern "C" __global__ void generic(const int *x, int *y, int n) {
    __shared__ int s[64];
    int *p = n > 3 ? s : y + 64;
    p[threadIdx.x] = x[threadIdx.x] + n;
    __syncthreads();
    y[threadIdx.x] = p[threadIdx.x ^ 1];
}
