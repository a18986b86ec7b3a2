// From decoded images to a batch, in one pass: colour steps, canvas, crop, resize, flip, colour steps again and
// normalisation, each image by a plan of its own. What depends on no pixel (how much of which row and column an
// output takes, in doubles and sines) is made on the host and read as tables, so that the result is the CPU's to the
// bit. The one number that depends on all pixels, an image's mean grey, is summed by a kernel of its own before.
#include "block.cuh"
#include "colour.cuh"
#include "types.cuh"

constexpr int TILE_WIDTH = 32;  // output pixels of a block: a warp's lanes side by side,
constexpr int TILE_HEIGHT = 8;  // a warp each row
constexpr int STRIP = 1536;     // bytes of source pixels in shared memory: a row for a scale of 15
constexpr int GREY_PARTS = 32;  // blocks that share the sum of an image's greys, a lane each

// An output takes so much of this input.
struct alignas(8) Tap {
    int index;
    float weight;
};

// One image: its pixels [h, w, 3], where it lies in the crop and what part of it shows, and where its tables begin.
struct Plan {
    const uint8_t *image;
    int width, height, left, top;
    int column_from, column_to, row_from, row_to;
    int across, across_count;  // taps of each output column
    int down, down_count;      // and of each row
    int steps, step_count;     // of which the late ones follow
    int late_count;
    int grey_step;             // which of the steps blends with the mean grey, or -1
    int overshoots;            // whether the resize has negative weights
    int reserved;
};

// Channel c of the output is channel source[c] of the image.
struct Normalisation {
    float mean[3], scale[3];
    int source[3];
};

// A pixel in the output's channels.
struct Pixel {
    float at[3];
};

// Columns [from, to) of a row of the crop, those a tile takes that show.
struct Strip {
    const uint8_t *pixels;
    int from, to;
};

// Brings bytes to shared memory: a warp, with neighbouring bytes a lane, from the start of a sector on, and as many
// turns for every lane.
__device__ inline void bring(const uint8_t *from, int bytes, uint8_t *shared) {
    int lane = threadIdx.x % 32;
    for (int turn = -int(reinterpret_cast<uintptr_t>(from) % 32); turn < bytes; turn += 32) {
        int i = turn + lane;
        if (i >= 0 && i < bytes) {
            shared[i] = from[i];
        }
        __syncwarp();
    }
}

// The strip of a row, which shows, in shared memory; one too long for that is read where it is.
__device__ inline Strip strip_of(const Plan &plan, int row, int from, int to, uint8_t *shared) {
    const uint8_t *pixels = plan.image + 3 * ((row - plan.top) * plan.width + from - plan.left);
    int bytes = 3 * (to - from);
    if (bytes > STRIP) {
        return {pixels, from, to};
    }
    bring(pixels, bytes, shared);
    return {shared, from, to};
}

__device__ inline Pixel normalised(const Rgb &c, const Normalisation &normal) {
    Pixel pixel;
    for (int i = 0; i < 3; i++) {
        pixel.at[i] = (chosen(c, normal.source[i]) - normal.mean[i]) * normal.scale[i];
    }
    return pixel;
}

// The pixel at a column, normalised unless steps follow the resize; 0 where the canvas shows.
__device__ inline Pixel pixel_at(const Plan &plan, const ColourStep *steps, int grey, const Normalisation &normal,
                                 const Strip &strip, int column) {
    if (column < strip.from || column >= strip.to) {
        return {};
    }
    Rgb c = coloured(rgb_at(strip.pixels + 3 * (column - strip.from)), steps, plan.step_count, grey);
    if (plan.late_count > 0) {
        return {float(c.red), float(c.green), float(c.blue)};
    }
    return normalised(c, normal);
}

// A row of the crop resampled at the output column of a lane. Steps stand in the loop once: they are long.
__device__ inline Pixel across(const Plan &plan, const ColourStep *steps, int grey, const Normalisation &normal,
                               const Tap *taps, const Tap (*first_two)[TILE_WIDTH], const Strip &strip) {
    Pixel sum = {};
    for (int t = 0; t < plan.across_count; t++) {
        Tap tap = t < 2 ? first_two[t][threadIdx.x] : taps[t];
        if (tap.weight != 0) {
            Pixel one = pixel_at(plan, steps, grey, normal, strip, tap.index);
            for (int i = 0; i < 3; i++) {
                sum.at[i] += tap.weight * one.at[i];
            }
        }
    }
    return sum;
}

// What negative weights overshot, brought back to what 0 to 255 normalises to.
__device__ inline float within(float value, float mean, float scale) {
    float first = (0 - mean) * scale;
    float last = (255 - mean) * scale;
    float low = first < last ? first : last;
    float high = first < last ? last : first;
    return value < low ? low : value > high ? high : value;
}

// A resampled pixel as it is stored: rounded, coloured and normalised where steps are late, else brought back where
// it overshot.
__device__ inline Pixel finished(const Plan &plan, const ColourStep *late, const Normalisation &normal,
                                 const Pixel &sum) {
    if (plan.late_count > 0) {
        Rgb c = {eight_bits(sum.at[0]), eight_bits(sum.at[1]), eight_bits(sum.at[2])};
        return normalised(coloured(c, late, plan.late_count, 0), normal);
    }
    Pixel pixel;
    for (int i = 0; i < 3; i++) {
        pixel.at[i] = plan.overshoots ? within(sum.at[i], normal.mean[i], normal.scale[i]) : sum.at[i];
    }
    return pixel;
}

// An image's mean grey, rounded half up, from the sums of its parts, one a lane.
__device__ inline int mean_grey(const Plan &plan, const uint64_t *sums) {
    uint64_t sum = sums[blockIdx.x * GREY_PARTS + threadIdx.x];
    for (int distance = 16; distance > 0; distance /= 2) {
        sum += __shfl_xor_sync(ALL_LANES, sum, distance);
    }
    uint64_t pixels = uint64_t(plan.width) * plan.height;
    return int((2 * sum + pixels) / (2 * pixels));
}

// The rows and columns of the crop that a tile takes and the image shows.
struct Seen {
    int first_row, end_row, first_column, end_column;
};

__device__ inline Seen seen_by_tile(const Plan &plan, const Tap *taps, int first_x, int last_x, int first_y,
                                    int last_y) {
    const Tap *rows = taps + plan.down;
    int first_row = rows[first_y * plan.down_count].index;
    int last_row = rows[(last_y + 1) * plan.down_count - 1].index;
    // Columns fall where the image is flipped.
    const Tap *left = taps + plan.across + first_x * plan.across_count;
    const Tap *right = taps + plan.across + last_x * plan.across_count;
    int last_tap = plan.across_count - 1;
    int first_column = max(plan.column_from, min(left[0].index, right[0].index));
    int last_column = max(left[last_tap].index, right[last_tap].index);
    return {max(plan.row_from, first_row), min(plan.row_to, last_row + 1), first_column,
            max(first_column, min(plan.column_to, last_column + 1))};
}

// The tap at an index, behind the last one that no row reaches.
__device__ inline Tap next_tap(const Tap *rows, int tap, int end) {
    return tap < end ? rows[tap] : Tap{0x7fffffff, 0};
}

// A warp writes a row of its tile, N values a lane side by side however long a pixel is, so that sectors are
// written whole; what lies in a pack but the three channels is zero.
template <typename T, int N>
__device__ inline void write_row(const Pixel &own, int pixels, int channels, T *row) {
    int packs = channels / N;  // of a pixel
    for (int turn = 0; turn < packs; turn++) {
        int at = turn * TILE_WIDTH + threadIdx.x;
        int of = at / packs;
        int part = at - of * packs;
        float first = __shfl_sync(ALL_LANES, own.at[0], of);
        float second = __shfl_sync(ALL_LANES, own.at[1], of);
        float third = __shfl_sync(ALL_LANES, own.at[2], of);
        if (of >= pixels) continue;
        Pack<T, N> pack = {};
        if (N == 1) {
            pack.at[0] = stored<T>(part == 0 ? first : part == 1 ? second : part == 2 ? third : 0);
        } else if (part == 0) {
            pack.at[0] = stored<T>(first);
            pack.at[1 % N] = stored<T>(second);
            pack.at[2 % N] = stored<T>(third);
        }
        reinterpret_cast<Pack<T, N> *>(row)[at] = pack;
    }
}

// out[n] = image n as its plan says. The image is blockIdx.x; a block owns a tile of 8 rows by 32 columns of it, a
// thread one pixel. The source rows the tile takes pass through shared memory eight at a time: a warp resamples
// one across, each source pixel coloured once for each tap on it, then each warp mixes those of its row, in
// order. Reads 3 bytes a source pixel that shows and writes out once, whole sectors, the floor; rows that two tiles
// take, and tables, are read again from the cache.
template <typename T, int N>
__device__ void prepare(const Plan *plans, const ColourStep *all_steps, const Tap *taps, const uint64_t *greys,
                        Normalisation normal, int height, int width, int channels, T *out) {
    __shared__ Pixel lines[TILE_HEIGHT][TILE_WIDTH];
    __shared__ uint8_t strips[TILE_HEIGHT][STRIP];
    __shared__ Tap shared_taps[2][TILE_WIDTH];
    __shared__ Plan plan;
    __shared__ Seen seen;
    __shared__ int shared_grey;
    if (threadIdx.y == 0 && threadIdx.x < sizeof(Plan) / sizeof(int)) {
        reinterpret_cast<int *>(&plan)[threadIdx.x] =
            reinterpret_cast<const int *>(plans + blockIdx.x)[threadIdx.x];
    }
    __syncthreads();
    const ColourStep *steps = all_steps + plan.steps;
    int tiles = (width + TILE_WIDTH - 1) / TILE_WIDTH;
    int first_x = blockIdx.y % tiles * TILE_WIDTH;
    int last_x = min(first_x + TILE_WIDTH, width) - 1;
    int x = first_x + threadIdx.x;
    int first_y = blockIdx.y / tiles * TILE_HEIGHT;
    int last_y = min(first_y + TILE_HEIGHT, height) - 1;
    int y = first_y + threadIdx.y;
    bool is_inside = x < width && y < height;
    const Tap *columns = taps + plan.across;
    const Tap *rows = taps + plan.down;
    int count = plan.across_count;
    if (threadIdx.y < 2 && x < width) {
        shared_taps[threadIdx.y][threadIdx.x] = columns[x * count + min(int(threadIdx.y), count - 1)];
    }
    if (threadIdx.x == 0 && threadIdx.y == 0) {
        seen = seen_by_tile(plan, taps, first_x, last_x, first_y, last_y);
    }
    if (threadIdx.y == 1) {
        shared_grey = plan.grey_step < 0 ? 0 : mean_grey(plan, greys);
    }
    __syncthreads();
    int grey = shared_grey;

    Pixel sum = {};
    int tap = y * plan.down_count;
    int end_tap = is_inside ? tap + plan.down_count : tap;
    Tap own = next_tap(rows, tap, end_tap);
    for (int from = seen.first_row; from < seen.end_row; from += TILE_HEIGHT) {
        int row = from + threadIdx.y;
        __syncthreads();
        if (row < seen.end_row) {
            Strip strip = strip_of(plan, row, seen.first_column, seen.end_column, strips[threadIdx.y]);
            if (x < width) {
                lines[threadIdx.y][threadIdx.x] =
                    across(plan, steps, grey, normal, columns + x * count, shared_taps, strip);
            }
        }
        __syncthreads();
        while (own.index < min(from + TILE_HEIGHT, seen.end_row)) {
            if (own.weight != 0 && own.index >= from) {
                const Pixel &line = lines[own.index - from][threadIdx.x];
                for (int i = 0; i < 3; i++) {
                    sum.at[i] += own.weight * line.at[i];
                }
            }
            own = next_tap(rows, ++tap, end_tap);
        }
    }
    if (y >= height) return;
    Pixel pixel = finished(plan, steps + plan.step_count, normal, sum);
    T *row = out + int64_t(blockIdx.x) * height * width * channels + (y * width + first_x) * channels;
    write_row<T, N>(pixel, last_x + 1 - first_x, channels, row);
}

// sums[n][part] = the greys of a part of image n, as it is when its plan blends with their mean; images whose plans
// never do are left alone. The image is blockIdx.x, the part blockIdx.y, of GREY_PARTS; a block owns strips of 512
// pixels far apart, a warp one at a time, a lane every 32nd pixel of it. Pixels pass through shared memory, where
// their three bytes lie in no bank twice. Reads 3 bytes a pixel once, the floor.
extern "C" __global__ void __launch_bounds__(TILE_WIDTH *TILE_HEIGHT) image_greys(
    const Plan *__restrict__ plans, const ColourStep *__restrict__ all_steps, uint64_t *__restrict__ sums) {
    constexpr int PIXELS = STRIP / 3;
    __shared__ uint8_t strips[TILE_HEIGHT][STRIP];
    const Plan &plan = plans[blockIdx.x];
    int grey_step = plan.grey_step;
    if (grey_step < 0) return;
    const uint8_t *image = plan.image;
    const ColourStep *steps = all_steps + plan.steps;
    int pixels = plan.width * plan.height;
    int lane = threadIdx.x % 32;
    int warp = threadIdx.x / 32;
    unsigned own = 0;
    for (int from = (blockIdx.y * TILE_HEIGHT + warp) * PIXELS; from < pixels;
         from += GREY_PARTS * TILE_HEIGHT * PIXELS) {
        int count = min(PIXELS, pixels - from);
        __syncwarp();  // the last strip has been read
        bring(image + 3 * from, 3 * count, strips[warp]);
        for (int i = lane; i < count; i += 32) {
            own += grey_of(coloured(rgb_at(strips[warp] + 3 * i), steps, grey_step, 0));
        }
    }
    uint64_t sum = block_sum<uint64_t>(own);
    if (threadIdx.x == 0) {
        sums[blockIdx.x * GREY_PARTS + blockIdx.y] = sum;
    }
}

// out = x [h, w, C] resampled between two rows and two columns. The image is blockIdx.x; a thread owns N
// neighbouring channels of one output pixel, 16 bytes where the channel count allows it. Neighbours share what they
// read, which the cache serves: x is read from memory once, out written once, the floor.
template <int N>
__device__ void resize(const Tap *__restrict__ down, const Tap *__restrict__ across, int in_height, int in_width,
                       int height, int width, int channels, const float *__restrict__ x, float *__restrict__ out) {
    int packs = channels / N;
    int own = blockIdx.y * blockDim.x + threadIdx.x;
    if (own >= height * width * packs) return;
    int c = own % packs * N;
    int pixel = own / packs;
    const Tap *rows = down + pixel / width * 2;
    const Tap *columns = across + pixel % width * 2;
    x += int64_t(blockIdx.x) * in_height * in_width * channels + c;
    float mixed[2][N];
    for (int side = 0; side < 2; side++) {
        int column = columns[side].index;
        Pack<float, N> upper =
            *reinterpret_cast<const Pack<float, N> *>(x + (rows[0].index * in_width + column) * channels);
        Pack<float, N> lower =
            *reinterpret_cast<const Pack<float, N> *>(x + (rows[1].index * in_width + column) * channels);
        for (int i = 0; i < N; i++) {
            mixed[side][i] = rows[0].weight * upper.at[i] + rows[1].weight * lower.at[i];
        }
    }
    Pack<float, N> result;
    for (int i = 0; i < N; i++) {
        result.at[i] = columns[0].weight * mixed[0][i] + columns[1].weight * mixed[1][i];
    }
    out += int64_t(blockIdx.x) * height * width * channels + pixel * channels + c;
    *reinterpret_cast<Pack<float, N> *>(out) = result;
}

#define PREPARE(name, T, width_name, N)                                                                             \
    extern "C" __global__ void __launch_bounds__(TILE_WIDTH *TILE_HEIGHT) image_prepare_##name##width_name(          \
        const Plan *__restrict__ plans, const ColourStep *__restrict__ steps, const Tap *__restrict__ taps,         \
        const uint64_t *__restrict__ greys, Normalisation normal, int height, int width, int channels, T *__restrict__ out) {                           \
        prepare<T, N>(plans, steps, taps, greys, normal, height, width, channels, out);                                    \
    }

#define RESIZE(width_name, N)                                                                                       \
    extern "C" __global__ void image_resize_f32##width_name(                                                        \
        const Tap *__restrict__ down, const Tap *__restrict__ across, int in_height, int in_width, int height,      \
        int width, int channels, const float *__restrict__ x, float *__restrict__ out) {                            \
        resize<N>(down, across, in_height, in_width, height, width, channels, x, out);                              \
    }

PREPARE(f32, float, _packed, 4)
PREPARE(f32, float, _single, 1)
PREPARE(f16, __half, _packed, 8)
PREPARE(f16, __half, _single, 1)
RESIZE(_packed, 4)
RESIZE(_single, 1)
