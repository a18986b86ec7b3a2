package dev.multibox.backend.cpu;

import dev.multibox.backend.BoxCoding;

/** One box as offsets from one prior, and back; formulas in {@link BoxCoding}. */
final class BoxCoder {
  private final BoxCoding coding;
  private final float[] centres;

  /** A coder for priors in centre form, {@code [P, 4]}, which it reads and never copies. */
  BoxCoder(BoxCoding coding, float[] centres) {
    this.coding = coding;
    this.centres = centres;
  }

  /**
   * Offsets of the box at {@code box[at]} from prior {@code p}, into the same place of {@code out}.
   */
  void encode(float[] box, int at, int p, float[] out, int outAt) {
    int prior = 4 * p;
    float width = box[at + 2] - box[at];
    float height = box[at + 3] - box[at + 1];
    float cx = box[at] + 0.5f * width;
    float cy = box[at + 1] + 0.5f * height;
    out[outAt] = coding.weightX() * (cx - centres[prior]) / centres[prior + 2];
    out[outAt + 1] = coding.weightY() * (cy - centres[prior + 1]) / centres[prior + 3];
    out[outAt + 2] = coding.weightWidth() * CpuMath.log(width / centres[prior + 2]);
    out[outAt + 3] = coding.weightHeight() * CpuMath.log(height / centres[prior + 3]);
  }

  /** The box of the offsets at {@code offsets[at]} from prior {@code p}. */
  void decode(float[] offsets, int at, int p, float[] out, int outAt) {
    int prior = 4 * p;
    float cx = offsets[at] / coding.weightX() * centres[prior + 2] + centres[prior];
    float cy = offsets[at + 1] / coding.weightY() * centres[prior + 3] + centres[prior + 1];
    float halfWidth = 0.5f * extent(offsets[at + 2] / coding.weightWidth(), centres[prior + 2]);
    float halfHeight = 0.5f * extent(offsets[at + 3] / coding.weightHeight(), centres[prior + 3]);
    out[outAt] = cx - halfWidth;
    out[outAt + 1] = cy - halfHeight;
    out[outAt + 2] = cx + halfWidth;
    out[outAt + 3] = cy + halfHeight;
  }

  private float extent(float logScale, float prior) {
    float limited = logScale > coding.maxLogScale() ? coding.maxLogScale() : logScale;
    return CpuMath.exp(limited) * prior;
  }
}
