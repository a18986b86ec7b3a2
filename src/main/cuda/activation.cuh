// The pointwise functions that a fused unit applies last; the numbers are KernelFamily.code's.
#pragma once

enum Activation { NONE = 0, RELU = 1, RELU6 = 2 };

// activation(x); NaN stays NaN, which fmaxf would lose.
__device__ inline float activated(float x, int activation) {
    if (activation != NONE) {
        x = x <= 0 ? 0 : x;
    }
    return activation == RELU6 && x > 6 ? 6 : x;
}

// Whether an activation with the output y lets a gradient pass; NaN lets none.
__device__ inline bool passes(float y, int activation) {
    switch (activation) {
        case RELU: return y > 0;
        case RELU6: return y > 0 && y < 6;
        default: return true;
    }
}

// The gradient before the activation: d where its output y let x pass, else 0.
__device__ inline float passed(float y, int activation, float d) { return passes(y, activation) ? d : 0; }
