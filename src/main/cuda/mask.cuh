// One bit for each element of [rows, channels] that says whether an activation passed it; eight
// neighbouring channels share a byte, and rows begin with a new one (backend.ActivationMask).
#pragma once

#include "activation.cuh"
#include "columns.cuh"

constexpr int BYTE_BITS = 8;

// How a thread takes its N neighbouring channels, from c on, of each of its rows and their bits of the
// mask. WHOLE: rows divide into bytes, and a thread owns one access of 16 bytes; where that is half a
// byte of the mask, the even thread of two writes it. Else a thread owns a byte, and its elements one by
// one as far as there are; the rest is 0 and stays unwritten.
template <typename T, bool WHOLE>
struct Masked {
    static constexpr int N = WHOLE ? packed<T>() : BYTE_BITS;
    int channels, bytes;
    Columns own;

    __device__ Masked(int64_t rows, int channels, int rows_each)
        : channels(channels),
          bytes((channels + BYTE_BITS - 1) / BYTE_BITS),
          own(own_columns<N>(rows, bytes * BYTE_BITS, rows_each)) {}

    template <typename E>
    __device__ Pack<E, N> load(const E *from) const {
        if constexpr (WHOLE) {
            return *reinterpret_cast<const Pack<E, N> *>(from);
        } else {
            Pack<E, N> pack = {};
#pragma unroll
            for (int i = 0; i < N; i++) {
                if (own.c + i < channels) pack.at[i] = from[i];
            }
            return pack;
        }
    }

    template <typename E>
    __device__ void store(E *to, const Pack<E, N> &pack) const {
        if constexpr (WHOLE) {
            *reinterpret_cast<Pack<E, N> *>(to) = pack;
        } else {
#pragma unroll
            for (int i = 0; i < N; i++) {
                if (own.c + i < channels) to[i] = pack.at[i];
            }
        }
    }

    // The byte of the mask that has the bit of element `at`.
    __device__ int64_t byte_of(int64_t at) const {
        return WHOLE ? at / BYTE_BITS : at / channels * bytes + own.c / BYTE_BITS;
    }

    // The gradients from element `at` on that the mask lets pass, 0 for the others.
    __device__ Pack<T, N> passed(Pack<T, N> ds, const uint8_t *mask, int64_t at) const {
        int bits = mask[byte_of(at)] >> own.c % BYTE_BITS;
        for (int i = 0; i < N; i++) {
            ds.at[i] = (bits >> i & 1) != 0 ? ds.at[i] : stored<T>(0);
        }
        return ds;
    }

    // Writes the bits of outputs from element `at` on; those of padding are 0, as the outputs are.
    __device__ void store_bits(const Pack<T, N> &ys, int activation, uint8_t *mask, int64_t at) const {
        int bits = 0;
        for (int i = 0; i < N; i++) {
            bits |= passes(value(ys.at[i]), activation) ? 1 << i : 0;
        }
        if constexpr (N < BYTE_BITS) {
            // Rows have an even number of packs, so neighbours have one row.
            static_assert(2 * N == BYTE_BITS);
            bits |= __shfl_xor_sync(3u << (threadIdx.x % 32 & ~1u), bits, 1) << N;
            if (threadIdx.x % 2 != 0) return;
        }
        mask[byte_of(at)] = uint8_t(bits);
    }
};
