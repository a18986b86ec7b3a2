package dev.multibox.box;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.multibox.Golden;
import dev.multibox.Tensors;
import dev.multibox.box.PriorSettings.Clip;
import dev.multibox.box.PriorSettings.Level;
import dev.multibox.box.PublishedPriors.PixelSizes;
import dev.multibox.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Prior boxes against torchvision's, NVIDIA's and Caffe's. A set is either one of the published
 * ones, known by its name, or its generator's parameters stand in the metadata.
 */
class PriorBoxesGoldenTest {
  /** Of the largest value: float32 generators against double. */
  private static final double TOLERANCE = 1e-6;

  private static final JsonMapper JSON = new JsonMapper();

  /** A generator's settings laid over its maps. */
  private record Set(PriorSettings settings, List<Shape> maps, int height, int width) {
    PriorBoxes boxes() {
      return PriorBoxes.of(settings, maps, height, width);
    }
  }

  @Test
  void priorsAreThoseOfTheirGenerator() throws Exception {
    Golden golden = Golden.open("01_default_boxes.safetensors");
    int ran = 0;
    for (String name : golden.names()) {
      int dot = name.indexOf('.');
      String prefix = name.substring(0, dot);
      String form = name.substring(dot + 1);
      String text = golden.text(prefix);
      JsonNode parameters = JSON.readTree(text.startsWith("{") ? text : "{}");
      boolean given = parameters.has("feat") || parameters.has("feature_hw");
      Set set = given ? generated(prefix, form, parameters) : published(prefix, form);
      check(golden.floats(name), prefix, form, set);
      ran++;
    }
    assertThat(ran).isPositive();
  }

  private static void check(float[] expected, String prefix, String form, Set set) {
    PriorBoxes boxes = set.boxes();
    float[] actual = form.startsWith("cxcywh") ? boxes.centres() : boxes.corners();
    if (form.endsWith("_px")) {
      for (int i = 0; i < actual.length; i++) {
        actual[i] *= i % 2 == 0 ? set.width() : set.height();
      }
    }
    if (prefix.startsWith("nv")) {
      actual = reordered(actual, PriorOrder.shapeMajor(set.settings(), set.maps()));
    }
    assertThat(actual).describedAs("%s.%s", prefix, form).hasSameSizeAs(expected);
    Tensors.assertClose(actual, expected, TOLERANCE);
  }

  private static float[] reordered(float[] boxes, int[] order) {
    float[] result = new float[boxes.length];
    for (int i = 0; i < order.length; i++) {
      System.arraycopy(boxes, 4 * order[i], result, 4 * i, 4);
    }
    return result;
  }

  private static Set published(String prefix, String form) {
    PixelSizes pixels = form.endsWith("_int") ? PixelSizes.TRUNCATED : PixelSizes.EXACT;
    PriorSettings settings =
        switch (prefix) {
          case "tv_ssd300" -> PublishedPriors.coco300(Clip.SIZE);
          case "nv_ssd300_coco" -> PublishedPriors.coco300(Clip.CENTRE_FORM);
          case "caffe_ssd300_voc" -> PublishedPriors.voc300(Clip.NONE);
          case "caffe_ssd300_coco" -> PublishedPriors.coco300(Clip.NONE);
          case "caffe_ssd512_voc" -> PublishedPriors.voc512(pixels, Clip.NONE);
          case "caffe_ssd512_coco" -> PublishedPriors.coco512(pixels, Clip.NONE);
          default -> throw new IllegalArgumentException("no published set " + prefix);
        };
    boolean large = prefix.contains("512");
    int input = large ? 512 : 300;
    int[] maps = large ? PriorBoxesTest.MAPS_512 : PriorBoxesTest.MAPS_300;
    return new Set(settings, PriorBoxesTest.square(maps), input, input);
  }

  private static Set generated(String prefix, String form, JsonNode parameters) {
    if (prefix.startsWith("tv")) {
      return torchvision(parameters);
    }
    return prefix.startsWith("nv") ? nvidia(parameters) : caffe(form, parameters);
  }

  private static Set torchvision(JsonNode parameters) {
    JsonNode ratios = parameters.path("aspect_ratios");
    int levels = ratios.size();
    double[] scales = scales(parameters, levels);
    JsonNode steps = parameters.path("steps");
    List<Level> list = new ArrayList<>();
    for (int i = 0; i < levels; i++) {
      double step = steps.isArray() ? steps.get(i).asDouble() : 0;
      list.add(new Level(scales[i], scales[i + 1], doubles(ratios.get(i)), step));
    }
    Clip clip = parameters.path("clip").asBoolean() ? Clip.SIZE : Clip.NONE;
    JsonNode image = parameters.path("image_hw");
    return new Set(
        new PriorSettings(list, clip),
        maps(parameters.path("feature_hw")),
        image.get(0).asInt(),
        image.get(1).asInt());
  }

  /** Stated, or spread evenly from the least ratio to the largest, with 1 behind. */
  private static double[] scales(JsonNode parameters, int levels) {
    double[] scales = new double[levels + 1];
    JsonNode stated = parameters.path("scales");
    double least = parameters.path("min_ratio").asDouble();
    double range = parameters.path("max_ratio").asDouble() - least;
    for (int i = 0; i <= levels; i++) {
      if (stated.isArray()) {
        scales[i] = stated.get(i).asDouble();
      } else if (levels == 1) {
        scales[i] = least + i * range;
      } else {
        scales[i] = i == levels ? 1 : least + range * i / (levels - 1);
      }
    }
    return scales;
  }

  private static Set nvidia(JsonNode parameters) {
    List<Double> scales = doubles(parameters.path("scales"));
    double input = parameters.path("fig").asDouble();
    return pixels(parameters, input, scales, scales.subList(1, scales.size()), Clip.CENTRE_FORM);
  }

  private static Set caffe(String form, JsonNode parameters) {
    List<Double> least = doubles(parameters.path("min"));
    List<Double> most = doubles(parameters.path("max"));
    if (!form.endsWith("_exact")) {
      least = truncated(least);
      most = truncated(most);
    }
    return pixels(parameters, parameters.path("dim").asDouble(), least, most, Clip.NONE);
  }

  private static List<Double> truncated(List<Double> sizes) {
    return sizes.stream().map(Math::floor).toList();
  }

  private static Set pixels(
      JsonNode parameters, double input, List<Double> least, List<Double> most, Clip clip) {
    JsonNode ratios = parameters.path("ars");
    List<Level> levels = new ArrayList<>();
    for (int i = 0; i < ratios.size(); i++) {
      levels.add(
          new Level(
              least.get(i) / input,
              most.get(i) / input,
              doubles(ratios.get(i)),
              parameters.path("steps").get(i).asDouble()));
    }
    return new Set(
        new PriorSettings(levels, clip), maps(parameters.path("feat")), (int) input, (int) input);
  }

  private static List<Double> doubles(JsonNode array) {
    List<Double> values = new ArrayList<>();
    array.forEach(value -> values.add(value.asDouble()));
    return values;
  }

  /** Sides of square maps, or pairs of height and width. */
  private static List<Shape> maps(JsonNode sizes) {
    List<Shape> maps = new ArrayList<>();
    for (JsonNode size : sizes) {
      int height = size.isArray() ? size.get(0).asInt() : size.asInt();
      int width = size.isArray() ? size.get(1).asInt() : size.asInt();
      maps.add(Shape.of(1, height, width, 1));
    }
    return maps;
  }
}
