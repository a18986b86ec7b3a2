package dev.multibox.weights;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** The projects whose weights can be given our names and layout. */
public enum ForeignProject {
  /** torchvision's detectors, and its classifiers as backbones. */
  TORCHVISION("torchvision"),
  /** PyTorch/Detection/SSD of NVIDIA's DeepLearningExamples. */
  NVIDIA("nvidia"),
  /** amdegroot/ssd.pytorch. */
  SSD_PYTORCH("ssd.pytorch");

  private final String key;

  ForeignProject(String key) {
    this.key = key;
  }

  /** What the command line calls it. */
  public String key() {
    return key;
  }

  /** The project of this {@link #key}. */
  public static Optional<ForeignProject> find(String key) {
    return Arrays.stream(values()).filter(project -> project.key.equals(key)).findFirst();
  }

  /** All keys, as in {@code a, b}. */
  public static String keys() {
    return Arrays.stream(values()).map(ForeignProject::key).collect(Collectors.joining(", "));
  }

  /** The models whose tensors are known. */
  List<ForeignModel> models() {
    return switch (this) {
      case TORCHVISION -> ForeignModel.ofTorchvision();
      case NVIDIA -> List.of(ForeignModel.ofNvidia());
      case SSD_PYTORCH -> ForeignModel.ofSsdPyTorch();
    };
  }
}
