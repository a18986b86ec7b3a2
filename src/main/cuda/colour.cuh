// Colour steps on a pixel of 8 bits, which has 8 bits again behind each: Caffe's, rounded half up; Pillow's, to
// its last bit; DALI's. The same arithmetic stands in ColourSteps, HsvColour and PillowColour.
#pragma once

#include <stdint.h>

// The numbers are PlanTable's.
enum Colour {
    BRIGHTNESS = 0,
    CONTRAST = 1,
    SATURATION = 2,
    HUE = 3,
    SHUFFLE = 4,
    FROM_BLACK = 5,
    FROM_GREY = 6,
    FROM_MEAN_GREY = 7,
    BYTE_HUE = 8,
    TWIST = 9
};

// One colour step; the fields are PlanTable's.
struct ColourStep {
    int kind;
    float amount;           // added to or multiplied with a value, or sixths of the circle
    int red, green, blue;   // where a shuffle takes them from; in red, 255ths of the circle
    float mixed[3][3];      // what a twist makes of red, green and blue, to which it adds the amount
};

struct Rgb {
    int red, green, blue;
};

__device__ inline Rgb rgb_at(const uint8_t *pixel) { return {pixel[0], pixel[1], pixel[2]}; }

__device__ inline int chosen(const Rgb &c, int channel) {
    return channel == 0 ? c.red : channel == 1 ? c.green : c.blue;
}

// To 8 bits, half up.
__device__ inline int eight_bits(float value) { return min(255, max(0, __float2int_rd(value + 0.5f))); }

// Half up; for values that are known to lie within 0 to 255 but for rounding errors.
__device__ inline int rounded(float value) { return int(value + 0.5f); }

__device__ inline int largest(const Rgb &c) { return max(c.red, max(c.green, c.blue)); }

__device__ inline int chroma_of(const Rgb &c) { return largest(c) - min(c.red, min(c.green, c.blue)); }

// Grey has no reciprocal of its chroma, and stays what it is with any number.
__device__ inline float inverse_of(int chroma) { return chroma == 0 ? 0 : 1 / float(chroma); }

// With value V = max and saturation S = (max - min) / max, each channel lies below V by a multiple of S:
// scaling S scales the distances from V. S stops at 1, where the least is 0.
__device__ inline Rgb saturated(const Rgb &c, float factor) {
    int top = largest(c);
    float most = top * inverse_of(chroma_of(c));
    float k = factor < most ? factor : most;
    return {rounded(top - (top - c.red) * k), rounded(top - (top - c.green) * k), rounded(top - (top - c.blue) * k)};
}

// How far a channel lies below the largest, in chromas, at this distance round the circle.
__device__ inline float distance_below(float sextant) {
    float k = sextant - 6 * int(sextant * (1.0f / 6));
    float rising = k < 4 - k ? k : 4 - k;
    return rising < 0 ? 0 : rising > 1 ? 1 : rising;
}

// The hue turned by `sextants` of 60 degrees, 6 to 12.
__device__ inline Rgb turned(const Rgb &c, float sextants) {
    int top = largest(c);
    int chroma = chroma_of(c);
    float inverse = inverse_of(chroma);
    float hue = top == c.red     ? (c.green - c.blue) * inverse
                : top == c.green ? (c.blue - c.red) * inverse + 2
                                 : (c.red - c.green) * inverse + 4;
    hue += sextants;
    return {rounded(top - chroma * distance_below(hue + 5)), rounded(top - chroma * distance_below(hue + 3)),
            rounded(top - chroma * distance_below(hue + 1))};
}

// Pillow's grey.
__device__ inline int grey_of(const Rgb &c) {
    return (19595 * c.red + 38470 * c.green + 7471 * c.blue + 0x8000) >> 16;
}

// Pillow's blend: the fraction is dropped.
__device__ inline int blended(int from, int value, float factor) {
    float mixed = from + factor * (value - from);
    return min(255, max(0, __float2int_rz(mixed)));
}

__device__ inline Rgb blended(int from, const Rgb &c, float factor) {
    return {blended(from, c.red, factor), blended(from, c.green, factor), blended(from, c.blue, factor)};
}

// Whether Pillow's floats fall short of a hue that is a whole number of 255ths: a bit for each, PillowColour's.
__device__ inline bool falls_short(int hue) {
    unsigned bits = hue < 32    ? 0xFFFFFFFEu
                    : hue < 64  ? 0u
                    : hue < 96  ? 0x11000000u
                    : hue < 128 ? 0x00000111u
                    : hue < 160 ? 0x222AAAAAu
                    : hue < 192 ? 0x23232222u
                    : hue < 224 ? 0x00022222u
                                : 0u;
    return bits >> hue % 32 & 1;
}

// value (1 - lost / 255^2), rounded; no half occurs, as the divisor is odd.
__device__ inline int part_of(int value, int lost) {
    constexpr int SQUARE = 255 * 255;
    return (2 * value * (SQUARE - lost) + SQUARE) / (2 * SQUARE);
}

// The hue moved by so many 255ths, modulo 256, in Pillow's HSV of 8 bits.
__device__ inline Rgb byte_turned(const Rgb &c, int steps) {
    int top = largest(c);
    int chroma = chroma_of(c);
    int saturation = chroma * 255 / max(1, top);
    if (saturation == 0) {
        return {top, top, top};
    }
    int sixths = top == c.red     ? c.green - c.blue
                 : top == c.green ? 2 * chroma + c.blue - c.red
                                  : 4 * chroma + c.red - c.green;
    sixths = 255 * (sixths < 0 ? sixths + 6 * chroma : sixths);
    int hue = sixths / (6 * chroma);
    hue -= hue * 6 * chroma == sixths && falls_short(hue);
    hue = (hue + steps) & 255;
    int sector = hue * 6 / 255;
    int within = hue * 6 - sector * 255;
    int low = part_of(top, 255 * saturation);
    int middle = part_of(top, saturation * (sector % 2 == 1 ? within : 255 - within));
    // Hue 255 is that of 0, in a seventh sector.
    switch (sector) {
        case 1: return {middle, top, low};
        case 2: return {low, top, middle};
        case 3: return {low, middle, top};
        case 4: return {middle, low, top};
        case 5: return {top, low, middle};
        default: return {top, middle, low};
    }
}

__device__ inline int mix(const float *k, const Rgb &c, float offset) {
    return eight_bits(k[0] * c.red + k[1] * c.green + k[2] * c.blue + offset);
}

// `grey` is the mean of the image, for the step that blends with it.
__device__ inline Rgb coloured(const Rgb &c, const ColourStep &step, int grey) {
    switch (step.kind) {
        case BRIGHTNESS:
            return {eight_bits(c.red + step.amount), eight_bits(c.green + step.amount),
                    eight_bits(c.blue + step.amount)};
        case CONTRAST:
            return {eight_bits(c.red * step.amount), eight_bits(c.green * step.amount),
                    eight_bits(c.blue * step.amount)};
        case SATURATION: return saturated(c, step.amount);
        case HUE: return turned(c, step.amount);
        case FROM_BLACK: return blended(0, c, step.amount);
        case FROM_GREY: return blended(grey_of(c), c, step.amount);
        case FROM_MEAN_GREY: return blended(grey, c, step.amount);
        case BYTE_HUE: return byte_turned(c, step.red);
        case TWIST:
            return {mix(step.mixed[0], c, step.amount), mix(step.mixed[1], c, step.amount),
                    mix(step.mixed[2], c, step.amount)};
        default: return {chosen(c, step.red), chosen(c, step.green), chosen(c, step.blue)};
    }
}

// The first `count` steps, one after the other.
__device__ inline Rgb coloured(Rgb c, const ColourStep *steps, int count, int grey) {
    for (int i = 0; i < count; i++) {
        c = coloured(c, steps[i], grey);
    }
    return c;
}
