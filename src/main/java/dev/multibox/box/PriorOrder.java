package dev.multibox.box;

import dev.multibox.tensor.Shape;
import java.util.List;

/** Orders of priors other than level, row, column, shape. */
public final class PriorOrder {
  private PriorOrder() {}

  /**
   * Where the priors of NVIDIA's and MLPerf's order, level, shape, row, column, stand in ours:
   * element i is our index of their prior i.
   *
   * @param maps {@code [N, H, W, C]} of each feature map
   */
  public static int[] shapeMajor(PriorSettings settings, List<Shape> maps) {
    int count = 0;
    for (int level = 0; level < maps.size(); level++) {
      count += cells(maps.get(level)) * settings.levels().get(level).priorsPerCell();
    }
    int[] order = new int[count];
    int next = 0;
    for (int level = 0; level < maps.size(); level++) {
      int first = next;
      int shapes = settings.levels().get(level).priorsPerCell();
      for (int shape = 0; shape < shapes; shape++) {
        for (int cell = 0; cell < cells(maps.get(level)); cell++) {
          order[next++] = first + cell * shapes + shape;
        }
      }
    }
    return order;
  }

  private static int cells(Shape map) {
    return map.intDim(1) * map.intDim(2);
  }
}
