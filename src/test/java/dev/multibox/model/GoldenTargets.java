package dev.multibox.model;

import com.fasterxml.jackson.databind.JsonNode;
import dev.multibox.Golden;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The ground truth of a golden file's images, which stands in its metadata in one of two forms. */
final class GoldenTargets {
  private static final Pattern BOX =
      Pattern.compile("\\[(\\d+),(\\d+),(\\d+),(\\d+)\\]=(C-1|\\d+)");

  private GoldenTargets() {}

  /** Boxes of an image in pixels, four values each, and their labels. */
  static final class Image {
    private final float[] boxes;
    private final int[] labels;

    Image(int objects) {
      boxes = new float[4 * objects];
      labels = new int[objects];
    }

    float[] boxes() {
      return boxes;
    }

    int[] labels() {
      return labels;
    }
  }

  /** The images in order. */
  static List<Image> of(Golden golden) {
    String text = golden.text("targets");
    return text.startsWith("[") ? json(golden.metadata("targets")) : words(golden, text);
  }

  private static List<Image> json(JsonNode list) {
    List<Image> images = new ArrayList<>();
    for (JsonNode node : list) {
      JsonNode boxes = node.path("boxes");
      int count = boxes.size();
      Image image = new Image(count);
      for (int i = 0; i < count; i++) {
        for (int j = 0; j < 4; j++) {
          image.boxes[4 * i + j] = (float) boxes.get(i).get(j).asDouble();
        }
        image.labels[i] = node.path("labels").get(i).asInt();
      }
      images.add(image);
    }
    return images;
  }

  /** {@code boxes/300: img0 [30,40,140,200]=1 [..]=C-1; img1 ...}, C the number of classes. */
  private static List<Image> words(Golden golden, String text) {
    List<Image> images = new ArrayList<>();
    for (String part : text.split(";", -1)) {
      List<String[]> found = new ArrayList<>();
      Matcher matcher = BOX.matcher(part);
      while (matcher.find()) {
        found.add(
            new String[] {
              matcher.group(1),
              matcher.group(2),
              matcher.group(3),
              matcher.group(4),
              matcher.group(5)
            });
      }
      Image image = new Image(found.size());
      for (int i = 0; i < found.size(); i++) {
        for (int j = 0; j < 4; j++) {
          image.boxes[4 * i + j] = Float.parseFloat(found.get(i)[j]);
        }
        String label = found.get(i)[4];
        image.labels[i] =
            label.equals("C-1")
                ? golden.metadata("num_classes").asInt() - 1
                : Integer.parseInt(label);
      }
      images.add(image);
    }
    return images;
  }
}
