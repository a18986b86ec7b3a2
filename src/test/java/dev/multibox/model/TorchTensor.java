package dev.multibox.model;

import dev.multibox.nn.Parameter;
import dev.multibox.tensor.Shape;

/**
 * A parameter of a PyTorch model as part of one of ours: theirs is {@code [K, C, R, S]} or {@code
 * [K]}, and its row k is row {@code rows[k]} of ours.
 */
final class TorchTensor {
  private final String name;
  private final Parameter ours;
  private final int[] rows;

  TorchTensor(String name, Parameter ours, int[] rows) {
    this.name = name;
    this.ours = ours;
    this.rows = rows;
  }

  /** All of {@code ours}, in the same order. */
  static TorchTensor whole(String name, Parameter ours) {
    int[] rows = new int[ours.shape().intDim(0)];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = i;
    }
    return new TorchTensor(name, ours, rows);
  }

  String name() {
    return name;
  }

  Parameter ours() {
    return ours;
  }

  /** Its own rows, {@code K}. */
  int rowCount() {
    return rows.length;
  }

  private boolean isFilter() {
    return ours.shape().rank() == 4;
  }

  /** Elements of a row. */
  private int rowSize() {
    return Math.toIntExact(ours.shape().size() / ours.shape().dim(0));
  }

  int size() {
    return rows.length * rowSize();
  }

  /** Writes {@code theirs}, in their order, into {@code values}, in ours. */
  void put(float[] theirs, float[] values) {
    Shape shape = ours.shape();
    int channels = isFilter() ? shape.intDim(3) : 1;
    int window = rowSize() / channels;
    for (int k = 0; k < rows.length; k++) {
      for (int c = 0; c < channels; c++) {
        for (int at = 0; at < window; at++) {
          values[rows[k] * rowSize() + at * channels + c] = theirs[k * rowSize() + c * window + at];
        }
      }
    }
  }

  /** What {@link #put} puts, out of {@code values}. */
  float[] take(float[] values) {
    float[] theirs = new float[size()];
    float[] places = new float[values.length];
    for (int i = 0; i < theirs.length; i++) {
      theirs[i] = i;
    }
    put(theirs, places);
    for (int row : rows) {
      for (int i = row * rowSize(); i < (row + 1) * rowSize(); i++) {
        theirs[(int) places[i]] = values[i];
      }
    }
    return theirs;
  }

  /** The root of the sum of squares of this part of {@code values}. */
  double norm(float[] values) {
    double sum = 0;
    for (int row : rows) {
      for (int i = row * rowSize(); i < (row + 1) * rowSize(); i++) {
        sum += (double) values[i] * values[i];
      }
    }
    return Math.sqrt(sum);
  }
}
