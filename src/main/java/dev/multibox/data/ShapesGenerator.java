package dev.multibox.data;

import static dev.multibox.data.ShapesCanvas.between;

import dev.multibox.backend.Checks;
import dev.multibox.data.ShapesCanvas.Mask;
import dev.multibox.data.ShapesCanvas.Paint;
import dev.multibox.data.ShapesCanvas.PixelBox;
import dev.multibox.data.ShapesCanvas.Placement;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;

/**
 * Draws a data set of coloured shapes on textured backgrounds and writes it in VOC's layout: six
 * categories, up to five objects an image, about one image in twenty without any. The same seed
 * gives the same bytes on every machine.
 *
 * @param seed of everything drawn
 */
public record ShapesGenerator(long seed) {
  private static final List<ShapeKind> KINDS = List.of(ShapeKind.values());
  private static final double EMPTY_SHARE = 0.05;
  private static final double SMALLEST_WIDTH_SHARE = 0.12;
  private static final double LARGEST_RADIUS_SHARE = 0.36;
  private static final double LARGEST_OVERLAP = 0.2;
  private static final double LEAST_CONTRAST = 110;
  private static final int PLACEMENT_TRIALS = 40;
  private static final int COLOUR_TRIALS = 20;
  private static final int IMAGES_PER_TASK = 16;

  /** How many images each split has. */
  public record Counts(int train, int validation, int test) {
    public Counts {
      Checks.require(
          "shapes",
          train >= 0 && validation >= 0 && test >= 0,
          "counts were %d, %d, %d, wanted none below 0",
          train,
          validation,
          test);
    }

    int total() {
      return train + validation + test;
    }
  }

  /** A drawn image with the tight boxes of its shapes. */
  record Scene(PixelBuffer pixels, List<ShapeKind> kinds, List<PixelBox> boxes) {}

  /** One image's place in the data set. */
  private record Slot(String split, int splitIndex, int index) {
    String id() {
      return "%s_%05d".formatted(split, index);
    }
  }

  /**
   * Writes the data set. It is written beside {@code folder} first and renamed when it is complete,
   * so that a folder of this name is a whole data set.
   *
   * @param size the side in pixels of a square image's; the images' sides are from 0.87 to 1.15 of
   *     it, with about its area
   * @throws FileAlreadyExistsException if there is something in {@code folder}
   * @throws IOException if it cannot be written
   */
  public void write(Path folder, Counts counts, int size) throws IOException {
    Checks.require("shapes", size >= 32, "size was %d, wanted at least 32", size);
    refuseFilled(folder);
    Path target = folder.toAbsolutePath().normalize();
    Path parent = target.getParent();
    if (parent == null) {
      throw new FileAlreadyExistsException(folder + ": is the root folder; name another");
    }
    Files.createDirectories(parent);
    Path part =
        parent.resolve(
            ".%s.part-%d".formatted(target.getFileName(), ProcessHandle.current().pid()));
    deleteTree(part);
    try {
      writeTo(part, String.valueOf(target.getFileName()), counts, size);
      Files.deleteIfExists(target);
      Files.move(part, target, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      deleteTree(part);
    }
  }

  private void writeTo(Path folder, String name, Counts counts, int size) throws IOException {
    Path lists = folder.resolve("ImageSets").resolve("Main");
    Files.createDirectories(lists);
    Files.createDirectories(folder.resolve("JPEGImages"));
    Files.createDirectories(folder.resolve("Annotations"));
    List<Slot> slots = new ArrayList<>();
    int[] sizes = {counts.train, counts.validation, counts.test};
    String[] splits = {"train", "val", "test"};
    for (int split = 0; split < splits.length; split++) {
      StringBuilder list = new StringBuilder();
      for (int i = 0; i < sizes[split]; i++) {
        Slot slot = new Slot(splits[split], split, i);
        slots.add(slot);
        list.append(slot.id()).append('\n');
      }
      Files.writeString(lists.resolve(splits[split] + ".txt"), list);
    }
    inParallel(slots, slot -> writeImage(folder, name, slot, size));
  }

  private void writeImage(Path folder, String name, Slot slot, int size) throws IOException {
    Scene scene = draw(new SampleRandom(seed).sample(slot.splitIndex, slot.index), size);
    Files.write(
        folder.resolve("JPEGImages").resolve(slot.id() + ".png"), PngWriter.encode(scene.pixels));
    Files.writeString(
        folder.resolve("Annotations").resolve(slot.id() + ".xml"), xml(name, slot.id(), scene));
  }

  /** One image of about {@code size} by {@code size} pixels. */
  static Scene draw(RandomGenerator random, int size) {
    double aspect = Math.sqrt(between(random, 0.75, 1.33));
    int width = (int) Math.round(size * aspect);
    int height = (int) Math.round(size / aspect);
    ShapesCanvas canvas = new ShapesCanvas(width, height);
    background(random, canvas, width, height);
    List<ShapeKind> kinds = new ArrayList<>();
    List<PixelBox> boxes = new ArrayList<>();
    int wanted = objectCount(random);
    for (int trial = 0; trial < PLACEMENT_TRIALS && kinds.size() < wanted; trial++) {
      Placement shape = place(random, width, height);
      Mask mask = new Mask(shape);
      PixelBox box = mask.box();
      if (box.width() >= SMALLEST_WIDTH_SHARE * width && isApart(box, boxes)) {
        canvas.draw(shape, mask, paint(random, shape.kind(), canvas.mean(box)));
        kinds.add(shape.kind());
        boxes.add(box);
      }
    }
    return new Scene(canvas.pixels(random, between(random, 0, 12)), kinds, boxes);
  }

  private static int objectCount(RandomGenerator random) {
    if (random.nextDouble() < EMPTY_SHARE) {
      return 0;
    }
    double draw = random.nextDouble();
    return draw < 0.3 ? 1 : draw < 0.6 ? 2 : draw < 0.8 ? 3 : draw < 0.92 ? 4 : 5;
  }

  private static Placement place(RandomGenerator random, int width, int height) {
    ShapeKind kind = KINDS.get(random.nextInt(KINDS.size()));
    double smallest = SMALLEST_WIDTH_SHARE / 2 * width;
    double largest = LARGEST_RADIUS_SHARE * Math.min(width, height);
    double radius = between(random, smallest, largest);
    double angle = between(random, 0, 2 * Math.PI);
    return new Placement(
        kind,
        between(random, radius, width - radius),
        between(random, radius, height - radius),
        radius,
        StrictMath.cos(angle),
        StrictMath.sin(angle));
  }

  private static boolean isApart(PixelBox box, List<PixelBox> others) {
    for (PixelBox other : others) {
      if (box.overlap(other) > LARGEST_OVERLAP) {
        return false;
      }
    }
    return true;
  }

  /** A colour that stands out from {@code under}, sometimes with a border or a shade. */
  private static Paint paint(RandomGenerator random, ShapeKind kind, Colour under) {
    Colour fill = Colour.random(random);
    for (int i = 0; i < COLOUR_TRIALS && fill.distance(under) < LEAST_CONTRAST; i++) {
      Colour candidate = Colour.random(random);
      fill = candidate.distance(under) > fill.distance(under) ? candidate : fill;
    }
    boolean bordered = random.nextDouble() < 0.35 && kind.hasBorder();
    Colour border = fill.times(random.nextDouble() < 0.5 ? 0.35 : 1.6);
    double shade = random.nextDouble() < 0.5 ? 0 : 40;
    return new Paint(
        fill,
        border,
        bordered ? between(random, 0.1, 0.2) : 0,
        between(random, -shade, shade),
        between(random, -shade, shade));
  }

  private static void background(
      RandomGenerator random, ShapesCanvas canvas, int width, int height) {
    Colour from = Colour.random(random).times(0.84).plus(20, 20, 20);
    Colour to =
        from.plus(between(random, -70, 70), between(random, -70, 70), between(random, -70, 70));
    canvas.texture(random, from, to);
    int lines = random.nextDouble() < 0.3 ? 1 + random.nextInt(3) : 0;
    for (int i = 0; i < lines; i++) {
      canvas.line(
          between(random, 0, width),
          between(random, 0, height),
          between(random, 0, width),
          between(random, 0, height),
          Colour.random(random));
    }
  }

  private String xml(String folder, String id, Scene scene) {
    StringBuilder xml = new StringBuilder();
    xml.append("<annotation>\n  <folder>").append(folder.replaceAll("[<&]", "_"));
    xml.append("</folder>\n  <filename>").append(id).append(".png</filename>\n");
    xml.append("  <source><database>MultiBox shapes, seed ").append(seed);
    xml.append("</database></source>\n");
    xml.append(
        "  <size><width>%d</width><height>%d</height><depth>3</depth></size>\n"
            .formatted(scene.pixels.width(), scene.pixels.height()));
    for (int i = 0; i < scene.kinds.size(); i++) {
      PixelBox box = scene.boxes.get(i);
      xml.append("  <object>\n    <name>").append(scene.kinds.get(i).category());
      xml.append("</name>\n    <difficult>0</difficult>\n");
      xml.append(
          "    <bndbox><xmin>%d</xmin><ymin>%d</ymin><xmax>%d</xmax><ymax>%d</ymax></bndbox>\n"
              .formatted(box.left() + 1, box.top() + 1, box.right(), box.bottom()));
      xml.append("  </object>\n");
    }
    return xml.append("</annotation>\n").toString();
  }

  /** A step of work on one element. */
  private interface Task<T> {
    void run(T element) throws IOException;
  }

  private static <T> void inParallel(List<T> elements, Task<T> task) throws IOException {
    int threads = Runtime.getRuntime().availableProcessors();
    try (ExecutorService workers = Executors.newFixedThreadPool(threads)) {
      List<Callable<Boolean>> tasks = new ArrayList<>();
      for (int from = 0; from < elements.size(); from += IMAGES_PER_TASK) {
        List<T> some = elements.subList(from, Math.min(elements.size(), from + IMAGES_PER_TASK));
        tasks.add(() -> {
          for (T element : some) {
            task.run(element);
          }
          return true;
        });
      }
      for (Future<Boolean> result : workers.invokeAll(tasks)) {
        result.get();
      }
    } catch (ExecutionException e) {
      if (e.getCause() instanceof IOException cause) {
        throw cause;
      }
      throw new IllegalStateException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("shapes: interrupted before all images were written", e);
    }
  }

  private static void refuseFilled(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return;
    }
    if (Files.isDirectory(folder)) {
      try (Stream<Path> entries = Files.list(folder)) {
        if (entries.findAny().isEmpty()) {
          return;
        }
      }
    }
    throw new FileAlreadyExistsException(
        folder + ": exists and is not an empty folder; remove it or name another");
  }

  private static void deleteTree(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return;
    }
    List<Path> all;
    try (Stream<Path> tree = Files.walk(folder)) {
      all = tree.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path path : all) {
      Files.delete(path);
    }
  }
}
