package dev.multibox.cli;

import dev.multibox.backend.Backend;
import dev.multibox.backend.cpu.CpuBackend;
import dev.multibox.data.Annotation;
import dev.multibox.data.Dataset;
import dev.multibox.data.ImageRecord;
import dev.multibox.model.Ssd;
import dev.multibox.model.SsdDefinition;
import dev.multibox.tensor.TensorArena;

/**
 * How many objects a network's priors fit: those that some prior overlaps by an IoU of 0.5 on the
 * whole image. The others are trained on by their best prior alone.
 */
final class PriorReach {
  private static final double THRESHOLD = 0.5;

  private final String network;
  private final float[] priors; // [P, 4] xmin ymin xmax ymax

  private PriorReach(String network, float[] priors) {
    this.network = network;
    this.priors = priors;
  }

  /** The priors of a model at an input size. */
  static PriorReach of(SsdDefinition definition, InputSize size) {
    try (Backend backend = CpuBackend.open();
        TensorArena arena = backend.newArena()) {
      Ssd ssd = new Ssd(backend, new Ssd.Config(definition, size.height(), size.width(), 2), arena);
      return new PriorReach(
          "%s at %dx%d".formatted(definition.name(), size.height(), size.width()),
          backend.floats(ssd.priors().corners()));
    }
  }

  /** The model and its input size, for messages. */
  String network() {
    return network;
  }

  /** The part of the objects, 0 to 1, that the priors fit; crowds do not count. */
  double share(Dataset dataset) {
    long objects = 0;
    long fitted = 0;
    for (ImageRecord image : dataset.images()) {
      for (Annotation object : image.objects()) {
        if (!object.crowd()) {
          objects++;
          fitted += isFitted(object, image.width(), image.height()) ? 1 : 0;
        }
      }
    }
    return objects == 0 ? 0 : (double) fitted / objects;
  }

  private boolean isFitted(Annotation object, double width, double height) {
    double xmin = object.xmin() / width;
    double ymin = object.ymin() / height;
    double xmax = object.xmax() / width;
    double ymax = object.ymax() / height;
    double area = (xmax - xmin) * (ymax - ymin);
    for (int p = 0; p < priors.length; p += 4) {
      double w = Math.min(xmax, priors[p + 2]) - Math.max(xmin, priors[p]);
      double h = Math.min(ymax, priors[p + 3]) - Math.max(ymin, priors[p + 1]);
      if (w > 0 && h > 0) {
        double prior =
            ((double) priors[p + 2] - priors[p]) * ((double) priors[p + 3] - priors[p + 1]);
        if (w * h >= THRESHOLD * (area + prior - w * h)) {
          return true;
        }
      }
    }
    return false;
  }
}
