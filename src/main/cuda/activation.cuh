// The pointwise functions that a fused unit applies last; the numbers are KernelFamily.code's.
#pragma once

enum Activation { NONE = 0, RELU = 1, RELU6 = 2, HARD_SIGMOID = 3, HARD_SWISH = 4 };

// min(max(x, 0), 6); NaN stays NaN, which fmaxf would lose.
__device__ inline float to_six(float x) {
    x = x <= 0 ? 0 : x;
    return x > 6 ? 6 : x;
}

// activation(x); NaN stays NaN.
__device__ inline float activated(float x, int activation) {
    switch (activation) {
        case RELU: return x <= 0 ? 0 : x;
        case RELU6: return to_six(x);
        case HARD_SIGMOID: return to_six(x + 3) / 6;
        case HARD_SWISH: return x * to_six(x + 3) / 6;
        default: return x;
    }
}

// Whether an activation with the output y lets a gradient pass, of those that pass all of it or nothing
// (backend.Activation.hasMask); NaN lets none.
__device__ inline bool passes(float y, int activation) { return y > 0 && (activation != RELU6 || y < 6); }

// What the activation passes of d, the gradient behind it: y is its output, of hard-swish its input, which
// two x of one output need. NaN in y passes none.
__device__ inline float passed(float y, int activation, float d) {
    switch (activation) {
        case RELU:
        case RELU6: return passes(y, activation) ? d : 0;
        case HARD_SIGMOID: return (y > 0 && y < 1 ? d : 0) / 6;
        case HARD_SWISH: return y > -3 && y < 3 ? d * ((2 * y + 3) / 6) : y >= 3 ? d : 0;
        default: return d;
    }
}
