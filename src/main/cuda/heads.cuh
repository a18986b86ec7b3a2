// The head outputs of a model as the convolutions wrote them, level by level. Kernels number priors by slots:
// those of a level fill words of 32, the last of which may be short, so that 32 priors a warp owns never lie
// on two levels. Slots are ordered as priors are.
#pragma once

#include "types.cuh"

constexpr int MOST_LEVELS = 8;  // HeadOutputs.MOST_LEVELS

// values is [N, cells, channels]: of each cell per_cell x classes logits, per_cell x 4 offsets, padding.
struct Level {
    const void *values;
    int first_word, first_prior, cells, per_cell, channels, unused;
};

// words covers all slots, and some more that no level has.
struct Heads {
    Level levels[MOST_LEVELS];  // those there are not begin behind all words
    int classes, words;
};

// A prior's place: its cell on its level, and its shape.
struct Place {
    int cell, shape;
};

// The level of a word, chosen with constant indices: memory that is indexed otherwise is local.
__device__ inline Level level_of(const Heads &heads, int word) {
    Level own = heads.levels[0];
#pragma unroll
    for (int i = 1; i < MOST_LEVELS; i++) {
        if (word >= heads.levels[i].first_word) {
            own = heads.levels[i];
        }
    }
    return own;
}

// The priors of a level that lie in a word, at most 32; 0 in a word that no level has.
__device__ inline int priors_in(const Level &level, int word) {
    return max(0, min(32, level.cells * level.per_cell - (word - level.first_word) * 32));
}

// The place of prior `own` of a level.
__device__ inline Place place_of(const Level &level, int own) {
    return {own / level.per_cell, own % level.per_cell};
}

// Cell `cell` of image n.
template <typename T>
__device__ inline const T *cell_of(const Level &level, int n, int cell) {
    return static_cast<const T *>(level.values) + (int64_t(n) * level.cells + cell) * level.channels;
}
