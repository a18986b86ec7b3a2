// Waits for a flag that no block sets.
template <bool FAULTY>
__device__ void wait(volatile int *flag) {
    if (!FAULTY) atomicExch((int *)flag, 1);
    while (*flag == 0) {}
}

extern "C" __global__ void clean(int *flag) { wait<false>(flag); }
extern "C" __global__ void faulty(int *flag) { wait<true>(flag); }
