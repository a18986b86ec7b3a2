// Updates of parameter slabs: one pass over each, a thread owns 4 neighbouring parameters, so that its
// F32 accesses are 16 bytes. What changes from step to step is read from the device, so that a captured
// graph stays valid.
#include "types.cuh"

// found[0] = 1 if an element is infinite or NaN; otherwise it stays. Every thread that finds one writes
// the same number, so their order does not show. A thread looks at packs a grid apart: reads each
// gradient once, which is the floor.
template <typename T>
__device__ void check_finite(int64_t n, const T *__restrict__ gradients, int *found) {
    constexpr int N = packed<T>();
    bool bad = false;
    int64_t stride = int64_t(gridDim.x) * blockDim.x * N;
    for (int64_t first = (int64_t(blockIdx.x) * blockDim.x + threadIdx.x) * N; first < n; first += stride) {
        if (first + N <= n) {
            Pack<T, N> pack = *reinterpret_cast<const Pack<T, N> *>(gradients + first);
            for (T g : pack.at) bad |= !isfinite(value(g));
        } else {
            for (int64_t i = first; i < n; i++) bad |= !isfinite(value(gradients[i]));
        }
    }
    if (__any_sync(0xffffffffu, bad) && threadIdx.x % 32 == 0) {
        atomicOr(found, 1);
    }
}

extern "C" __global__ void check_finite_f32(int64_t n, const float *__restrict__ gradients, int *found) {
    check_finite(n, gradients, found);
}

extern "C" __global__ void check_finite_f16(int64_t n, const __half *__restrict__ gradients, int *found) {
    check_finite(n, gradients, found);
}

// The places of OptimizerKernels.HYPER_*.
struct Hyper {
    float rate, momentum, decay, iteration, unscale, unused[3];
};

// What SgdParams says of a launch.
struct Form {
    float dampening;
    int rate_inside, nesterov, decayed;
};

// g = unscale / loss scale gradient + decay w; then PyTorch's form v = m v + (1 - dampening) g, w -= rate v, or
// Caffe's v = m v + rate g, w -= v. The first update sets v to its first term. The same operations in
// the same order as the CPU's, none fused, so masters have the same bits.
struct Sgd {
    float unscale, decay, momentum, take, inner, outer;
    bool first, nesterov;

    __device__ Sgd(const Hyper &hyper, float loss_scale, const Form &form)
        : unscale(hyper.unscale / loss_scale),
          decay(form.decayed ? hyper.decay : 0),
          momentum(hyper.momentum),
          take(hyper.iteration == 0 ? 1 : 1 - form.dampening),
          inner(form.rate_inside ? hyper.rate : 1),
          outer(form.rate_inside ? 1 : hyper.rate),
          first(hyper.iteration == 0),
          nesterov(form.nesterov != 0) {}

    __device__ void update(float gradient, float &w, float &v) const {
        float g = inner * (unscale * gradient + decay * w);
        v = momentum * (first ? 0 : v) + take * g;
        float direction = nesterov ? g + momentum * v : v;
        w = w - outer * direction;
    }
};

// Reads gradient, weight and momentum, writes the last two and, where there are some, the F16 copy: 20
// bytes a parameter of F32 gradients, 20 with F16 gradients and copies. Nothing is touched when a
// gradient was not finite.
template <typename T>
__device__ void sgd(int64_t n, const T *__restrict__ gradients, const Hyper *__restrict__ hyper,
                    const float *__restrict__ loss_scale, Form form, const int *__restrict__ found, float *weights,
                    float *momentum, __half *copies) {
    if (*found != 0) return;
    constexpr int N = 4;
    Sgd step(*hyper, *loss_scale, form);
    int64_t first = (int64_t(blockIdx.x) * blockDim.x + threadIdx.x) * N;
    if (first + N <= n) {
        Pack<T, N> g = *reinterpret_cast<const Pack<T, N> *>(gradients + first);
        Pack<float, N> w = *reinterpret_cast<const Pack<float, N> *>(weights + first);
        Pack<float, N> v = *reinterpret_cast<const Pack<float, N> *>(momentum + first);
        for (int i = 0; i < N; i++) {
            step.update(value(g.at[i]), w.at[i], v.at[i]);
        }
        *reinterpret_cast<Pack<float, N> *>(weights + first) = w;
        *reinterpret_cast<Pack<float, N> *>(momentum + first) = v;
        if (copies != nullptr) {
            Pack<__half, N> copy;
            for (int i = 0; i < N; i++) {
                copy.at[i] = stored<__half>(w.at[i]);
            }
            *reinterpret_cast<Pack<__half, N> *>(copies + first) = copy;
        }
        return;
    }
    for (int64_t i = first; i < n; i++) {
        step.update(value(gradients[i]), weights[i], momentum[i]);
        if (copies != nullptr) {
            copies[i] = stored<__half>(weights[i]);
        }
    }
}

#define SGD(name, T)                                                                                              \
    extern "C" __global__ void sgd_##name(int64_t n, const T *__restrict__ gradients,                             \
                                          const Hyper *__restrict__ hyper, const float *__restrict__ loss_scale,  \
                                          Form form, const int *__restrict__ found, float *weights,               \
                                          float *momentum, __half *copies) {                                      \
        sgd(n, gradients, hyper, loss_scale, form, found, weights, momentum, copies);                             \
    }

SGD(f32, float)
SGD(f16, __half)

// The places of OptimizerKernels.COUNTER_* and RING_*.
struct Counters {
    int clean, steps;
};

struct alignas(16) RingRow {
    float losses[3], skipped, scale, step, unused[2];
};

constexpr int RING_STEPS = 64;

// The end of a step: its figures into the ring, the scale halved, or doubled after growth_interval clean
// steps (0: it stays), the flag cleared. One thread does it all, for all of it depends on one flag; 28
// bytes read, 48 written, so the launch is what it costs.
extern "C" __global__ void update_scale(const float *__restrict__ losses, int growth_interval, int *found,
                                        float *loss_scale, Counters *counters, RingRow *ring) {
    bool overflowed = *found != 0;
    float scale = *loss_scale;
    Counters count = *counters;
    ring[count.steps % RING_STEPS] = {{losses[0], losses[1], losses[2]}, overflowed ? 1.0f : 0.0f, scale,
                                      float(count.steps)};
    count.steps++;
    count.clean = overflowed ? 0 : count.clean + 1;
    if (growth_interval > 0) {
        if (overflowed) {
            scale /= 2;
        } else if (count.clean >= growth_interval) {
            scale = isfinite(2 * scale) ? 2 * scale : scale;
            count.clean = 0;
        }
    }
    *loss_scale = scale;
    *counters = count;
    *found = 0;
}
