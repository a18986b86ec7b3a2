// exp and ln made of multiply-adds and bit operations alone, the same ones as CpuMath's in the same
// order, so that the CPU and every GPU get the same bits. The polynomials are minimax fits (Remez).
#pragma once

#include <stdint.h>

namespace exact {

// ln 2 = high + low; a multiple of high up to 2^8 subtracts exactly by a multiply-add.
constexpr float LN2_HIGH = 0x1.62e43p-1f;
constexpr float LN2_LOW = -0x1.05c61p-29f;

__device__ inline float power_of_two(int exponent) { return __int_as_float((exponent + 127) << 23); }

// e^x, at most 0.876 ulp off. Infinite above 88.7228, a subnormal below -87.3366, zero below
// -103.972; NaN gives NaN.
__device__ inline float exp(float x) {
    constexpr float LOG2_E = 0x1.715476p0f;
    constexpr float ROUND = 0x1.8p23f;  // adding and subtracting it rounds to an integer
    if (!(x <= 0x1.62e42ep6f)) {
        return x > 0 ? __int_as_float(0x7f800000) : x;
    }
    if (x < -0x1.9fe368p6f) {
        return 0;
    }
    float k = fmaf(x, LOG2_E, ROUND) - ROUND;
    float high = fmaf(-k, LN2_HIGH, x);
    float low = -k * LN2_LOW;
    float r = high + low;
    float q = 0x1.6a23d0p-10f;
    q = fmaf(q, r, 0x1.123a2p-7f);
    q = fmaf(q, r, 0x1.5558f2p-5f);
    q = fmaf(q, r, 0x1.555492p-3f);
    q = fmaf(q, r, 0x1.fffffcp-2f);
    float mantissa = (high + fmaf(r * r, q, low)) + 1;
    // Two factors, for 2^k itself may be too small or too large for a float.
    int exponent = int(k);
    int half = exponent >> 1;
    return mantissa * power_of_two(half) * power_of_two(exponent - half);
}

// ln x, at most 0.923 ulp off. Minus infinity at zero of either sign, NaN below zero and for NaN.
__device__ inline float log(float x) {
    constexpr int SMALLEST_NORMAL = 0x00800000;
    constexpr int INFINITE = 0x7f800000;
    constexpr int SQRT_HALF = 0x3f3504f3;
    int bits = __float_as_int(x);
    int shift = 0;
    if (bits < SMALLEST_NORMAL || bits >= INFINITE) {
        if (!(x > 0) || bits == INFINITE) {
            return x == 0 ? __int_as_float(0xff800000) : x < 0 ? __int_as_float(0x7fc00000) : x;
        }
        bits = __float_as_int(x * 0x1p23f);
        shift = -23;
    }
    // x = 2^k m with m from sqrt(1/2) to sqrt(2).
    int exponent = (bits - SQRT_HALF) >> 23;
    float f = __int_as_float(bits - (exponent << 23)) - 1;
    float k = float(exponent + shift);
    float q = -0x1.38b4e4p-4f;
    q = fmaf(q, f, 0x1.05657ep-3f);
    q = fmaf(q, f, -0x1.0d8a08p-3f);
    q = fmaf(q, f, 0x1.22d918p-3f);
    q = fmaf(q, f, -0x1.5471b6p-3f);
    q = fmaf(q, f, 0x1.99a00ep-3f);
    q = fmaf(q, f, -0x1.000228p-2f);
    q = fmaf(q, f, 0x1.555554p-2f);
    q = fmaf(q, f, -0.5f);
    float tail = fmaf(k, LN2_LOW, f * f * q);
    return fmaf(k, LN2_HIGH, f + tail);
}

}  // namespace exact
