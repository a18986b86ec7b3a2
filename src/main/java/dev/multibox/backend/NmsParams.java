package dev.multibox.backend;

/**
 * From head outputs to detections, and what the implementations of SSD disagree on. A limit of 0
 * stands for none.
 *
 * @param scores how logits become scores
 * @param choice which classes of a prior are candidates
 * @param scoreThreshold a candidate's score must be above this
 * @param candidatesPerLevel priors of a level that go on, those with the largest score of any
 *     class: 1000 in MMDetection, else 0
 * @param candidatesPerClass candidates of a class that go on: 400 in Caffe and torchvision
 * @param iouThreshold the overlap with a better box of the same class at which a box goes
 * @param overlap whether the threshold itself is kept
 * @param topK detections that are returned: 200 in most
 * @param scope what topK counts over
 * @param clip when boxes are clipped to the image
 */
public record NmsParams(
    Scores scores,
    Choice choice,
    float scoreThreshold,
    int candidatesPerLevel,
    int candidatesPerClass,
    float iouThreshold,
    Overlap overlap,
    int topK,
    Scope scope,
    Clip clip) {

  /** How logits become scores. */
  public enum Scores {
    SOFTMAX,
    /** Each class by itself: the TensorFlow detection API. */
    SIGMOID
  }

  /** Which classes of a prior are candidates. */
  public enum Choice {
    /** Every class but background. */
    EVERY_CLASS,
    /** The best one, if that is not background: DJL. */
    BEST_CLASS
  }

  /** When a box goes because of a better one of its class. */
  public enum Overlap {
    /** IoU above the threshold: Caffe, torchvision. */
    ABOVE,
    /** IoU at or above the threshold: NVIDIA. */
    AT_LEAST
  }

  /** What topK counts over. */
  public enum Scope {
    PER_IMAGE,
    /** ssd.pytorch, in effect. */
    PER_CLASS
  }

  /** When boxes are clipped to the image. */
  public enum Clip {
    NEVER,
    /** torchvision: overlap is that of the clipped boxes. */
    BEFORE_NMS,
    /** Caffe, when it writes. */
    AFTER_NMS
  }

  public NmsParams {
    Checks.require(
        "nms",
        iouThreshold >= 0 && iouThreshold <= 1,
        "iouThreshold was %s, wanted 0 to 1",
        iouThreshold);
    Checks.notNegative("nms", "scoreThreshold", scoreThreshold);
    Checks.require(
        "nms",
        candidatesPerLevel >= 0 && candidatesPerClass >= 0,
        "candidates were %d a level and %d a class, wanted at least 0",
        candidatesPerLevel,
        candidatesPerClass);
    Checks.require("nms", topK > 0, "topK was %d, wanted at least 1", topK);
  }

  /** Caffe's release of SSD. */
  public static NmsParams caffe() {
    return perClass(0.01f, 400, 0.45f, Overlap.ABOVE, Scope.PER_IMAGE, Clip.AFTER_NMS);
  }

  public static NmsParams torchvision() {
    return perClass(0.01f, 400, 0.45f, Overlap.ABOVE, Scope.PER_IMAGE, Clip.BEFORE_NMS);
  }

  /** torchvision's SSDlite, which lets more and weaker candidates through than its SSD. */
  public static NmsParams torchvisionSsdLite() {
    return perClass(0.001f, 300, 0.55f, Overlap.ABOVE, Scope.PER_IMAGE, Clip.BEFORE_NMS)
        .withTopK(300);
  }

  /** ssd.pytorch, whose limit of 200 holds for each class. */
  public static NmsParams ssdPyTorch() {
    return perClass(0.01f, 200, 0.45f, Overlap.ABOVE, Scope.PER_CLASS, Clip.NEVER);
  }

  public static NmsParams nvidia() {
    return perClass(0.05f, 200, 0.5f, Overlap.AT_LEAST, Scope.PER_IMAGE, Clip.NEVER);
  }

  private static NmsParams perClass(
      float scoreThreshold,
      int candidates,
      float iouThreshold,
      Overlap overlap,
      Scope scope,
      Clip clip) {
    return new NmsParams(
        Scores.SOFTMAX,
        Choice.EVERY_CLASS,
        scoreThreshold,
        0,
        candidates,
        iouThreshold,
        overlap,
        200,
        scope,
        clip);
  }

  public NmsParams withThresholds(float score, float iou) {
    return new NmsParams(
        scores,
        choice,
        score,
        candidatesPerLevel,
        candidatesPerClass,
        iou,
        overlap,
        topK,
        scope,
        clip);
  }

  public NmsParams withTopK(int detections) {
    return new NmsParams(
        scores,
        choice,
        scoreThreshold,
        candidatesPerLevel,
        candidatesPerClass,
        iouThreshold,
        overlap,
        detections,
        scope,
        clip);
  }

  /** The most detections an image of {@code K} classes can have. */
  public int capacity(int classes) {
    return scope == Scope.PER_IMAGE ? topK : Math.multiplyExact(topK, classes - 1);
  }
}
