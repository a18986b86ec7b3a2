// Every atomic operation, on global and shared memory; each thread adds, marks or exchanges.
#include <cuda_fp16.h>

extern "C" __global__ void integers(int *s, unsigned *u, unsigned long long *l, long long *m) {
    int t = threadIdx.x;
    atomicAdd(&s[0], t);
    atomicSub(&s[1], t);
    atomicMin(&s[2], -t);
    atomicMax(&s[3], t);
    atomicAnd(&s[4], ~(1 << (t & 7)));
    atomicOr(&s[5], 1 << (t & 31));
    atomicXor(&s[6], t);
    atomicInc(&u[0], 9);
    atomicDec(&u[1], 9);
    atomicMax(&u[2], 0x80000000u + t);
    atomicMin(&u[3], 0x80000000u + t);
    atomicAdd(&l[0], 1ull << 33);
    atomicMax(&l[1], (unsigned long long)t << 40);
    atomicXor(&l[2], (unsigned long long)t << 32);
    atomicMin(&m[0], -(long long)t << 33);
}

extern "C" __global__ void floats(float *f, double *d, __half2 *h) {
    atomicAdd(&f[0], 0.5f);
    atomicAdd(&d[0], 0.25);
    atomicAdd(&h[0], __floats2half2_rn(1, 2));
}

// Each thread takes a number of its own, by adding and by comparing and swapping.
extern "C" __global__ void tickets(int *next, unsigned short *half, int *y) {
    __shared__ int inBlock;
    if (threadIdx.x == 0) inBlock = 0;
    __syncthreads();
    y[atomicAdd(next, 1)] = 1;
    y[blockDim.x + atomicAdd(&inBlock, 1)] = 2;
    unsigned short old = *(volatile unsigned short *)half, seen;
    while ((seen = atomicCAS(half, old, (unsigned short)(old + 1))) != old) old = seen;
    y[2 * blockDim.x + old] = 3;
}
