// Inclusive prefix sums of a block: Hillis and Steele, "Data parallel algorithms", 1986, in two
// buffers; and Blelloch's work-efficient tree, exclusive.
extern "C" __global__ void scan_inclusive(const int *x, int *y, int n) {
    extern __shared__ int s[];
    int *from = s, *to = s + blockDim.x;
    int t = threadIdx.x;
    from[t] = t < n ? x[t] : 0;
    __syncthreads();
    for (int step = 1; step < blockDim.x; step *= 2) {
        to[t] = from[t] + (t >= step ? from[t - step] : 0);
        __syncthreads();
        int *swap = from; from = to; to = swap;
    }
    if (t < n) y[t] = from[t];
}

extern "C" __global__ void scan_exclusive(const int *x, int *y) {
    __shared__ int s[512];
    int t = threadIdx.x;
    s[2 * t] = x[2 * t];
    s[2 * t + 1] = x[2 * t + 1];
    int offset = 1;
    for (int d = 256; d > 0; d /= 2) {
        __syncthreads();
        if (t < d) s[offset * (2 * t + 2) - 1] += s[offset * (2 * t + 1) - 1];
        offset *= 2;
    }
    if (t == 0) s[511] = 0;
    for (int d = 1; d < 512; d *= 2) {
        offset /= 2;
        __syncthreads();
        if (t < d) {
            int a = offset * (2 * t + 1) - 1, b = offset * (2 * t + 2) - 1;
            int v = s[a];
            s[a] = s[b];
            s[b] += v;
        }
    }
    __syncthreads();
    y[2 * t] = s[2 * t];
    y[2 * t + 1] = s[2 * t + 1];
}
