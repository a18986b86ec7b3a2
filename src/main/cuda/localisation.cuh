// The loss of one offset's error, and its slope.
#pragma once

// 0.5 d^2 / beta near zero, |d| - 0.5 beta elsewhere.
__device__ inline float smooth_l1_of(float error, float beta) {
    float size = fabsf(error);
    return size < beta ? 0.5f * size * size / beta : size - 0.5f * beta;
}

// d / beta from -1 to 1; NaN stays NaN.
__device__ inline float smooth_l1_slope(float error, float beta) {
    float slope = error / beta;
    return slope < -1 ? -1 : slope > 1 ? 1 : slope;
}

// What LossParams says of offsets.
struct Localisation {
    int absolute;  // |d| instead of smooth-L1
    float beta, weight;

    __device__ float loss(float error) const { return absolute ? fabsf(error) : smooth_l1_of(error, beta); }

    __device__ float slope(float error) const {
        if (!absolute) {
            return smooth_l1_slope(error, beta);
        }
        return error > 0 ? 1 : error < 0 ? -1 : error;
    }
};
