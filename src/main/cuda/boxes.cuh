// Boxes in corner form: overlap, and what offsets from a prior stand for. Every comparison of two IoUs decides
// as the CPU does, since both compute them by the same operations in the same order; nothing is fused unless it
// says fmaf.
#pragma once

#include "math.cuh"

struct Box {
    float4 corner;  // xmin ymin xmax ymax
    float area;
};

__device__ inline Box box_of(float4 corner) {
    return {corner, (corner.z - corner.x) * (corner.w - corner.y)};
}

// |a and b| / (|b| + |a| - |a and b| + epsilon); 0 or NaN where a coordinate is NaN, so ask whether it
// is greater than something.
__device__ inline float iou_of(const Box &a, const Box &b, float epsilon) {
    float left = a.corner.x > b.corner.x ? a.corner.x : b.corner.x;
    float right = a.corner.z < b.corner.z ? a.corner.z : b.corner.z;
    float width = right - left;
    if (!(width > 0)) {
        return 0;
    }
    float top = a.corner.y > b.corner.y ? a.corner.y : b.corner.y;
    float bottom = a.corner.w < b.corner.w ? a.corner.w : b.corner.w;
    float height = bottom - top;
    if (!(height > 0)) {
        return 0;
    }
    float both = width * height;
    return both / (b.area + a.area - both + epsilon);
}

struct Coding {
    float weight_x, weight_y, weight_width, weight_height, max_log_scale;
};

__device__ inline float extent(float log_scale, float prior, float max_log_scale) {
    return exact::exp(log_scale > max_log_scale ? max_log_scale : log_scale) * prior;
}

// The box in corner form that offsets from a prior in centre form stand for (Liu et al., SSD, equation 2).
__device__ inline float4 decoded(float4 offsets, float4 prior, const Coding &coding) {
    float cx = offsets.x / coding.weight_x * prior.z + prior.x;
    float cy = offsets.y / coding.weight_y * prior.w + prior.y;
    float half_width = 0.5f * extent(offsets.z / coding.weight_width, prior.z, coding.max_log_scale);
    float half_height = 0.5f * extent(offsets.w / coding.weight_height, prior.w, coding.max_log_scale);
    return {cx - half_width, cy - half_height, cx + half_width, cy + half_height};
}
