package dev.multibox.data;

/**
 * Which objects are trained on, and which images.
 *
 * @param difficult whether those marked difficult are
 * @param crowds whether boxes round crowds are
 * @param leastSide objects of which a side has fewer pixels are not
 * @param images which images are
 */
public record ObjectSettings(boolean difficult, boolean crowds, float leastSide, Images images) {

  /** Which images are trained on. */
  public enum Images {
    ALL,
    /** Those with an object, be it a crowd, of which no side has less than a tenth of a pixel. */
    WITH_OBJECTS,
    /** Those with an object, be it a crowd, of which both sides have more than a pixel. */
    WITH_OBJECTS_OVER_A_PIXEL
  }

  private static final float TENTH = 0.1f;

  /** Caffe's: difficult ones and no crowds, on all images. */
  public static ObjectSettings caffe() {
    return new ObjectSettings(true, false, 0, Images.ALL);
  }

  /** DALI's reader of COCO, as NVIDIA sets it: crowds like any other object. */
  public static ObjectSettings dali() {
    return new ObjectSettings(true, true, TENTH, Images.WITH_OBJECTS);
  }

  /** torchvision's references: no crowds, though an image of nothing else is kept for them. */
  public static ObjectSettings torchvision() {
    return new ObjectSettings(true, false, 0, Images.WITH_OBJECTS_OVER_A_PIXEL);
  }

  /** Whether an object of an image is trained on. */
  public boolean includes(Annotation object) {
    return (crowds || !object.crowd())
        && (difficult || !object.difficult())
        && shorterSide(object) >= leastSide;
  }

  /** Whether an image is trained on. */
  public boolean includes(ImageRecord image) {
    return switch (images) {
      case ALL -> true;
      case WITH_OBJECTS ->
          image.objects().stream().anyMatch(object -> shorterSide(object) >= TENTH);
      case WITH_OBJECTS_OVER_A_PIXEL ->
          image.objects().stream().anyMatch(object -> shorterSide(object) > 1);
    };
  }

  /** The images of a data set that are trained on; a remark says how many are not. */
  public Dataset select(Dataset dataset) {
    boolean wantsMore = images == Images.WITH_OBJECTS_OVER_A_PIXEL;
    return dataset.only(this::includes, wantsMore ? "object of more than a pixel" : "object");
  }

  private static float shorterSide(Annotation object) {
    return Math.min(object.xmax() - object.xmin(), object.ymax() - object.ymin());
  }
}
