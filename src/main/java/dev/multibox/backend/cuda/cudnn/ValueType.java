package dev.multibox.backend.cuda.cudnn;

/** What the values of an attribute are, {@code cudnnBackendAttributeType_t}, and their size. */
enum ValueType {
  HANDLE(0, 8),
  DATA_TYPE(1, 4),
  BOOLEAN(2, 1),
  INT64(3, 8),
  FLOAT(4, 4),
  DOUBLE(5, 8),
  POINTER(6, 8),
  CONVOLUTION_MODE(7, 4),
  HEURISTIC_MODE(8, 4),
  NUMERICAL_NOTE(11, 4),
  POINTWISE_MODE(14, 4),
  DESCRIPTOR(15, 8),
  CHAR(24, 1);

  private final int code;
  private final int bytes;

  ValueType(int code, int bytes) {
    this.code = code;
    this.bytes = bytes;
  }

  int code() {
    return code;
  }

  /** The size of one value. */
  int bytes() {
    return bytes;
  }
}
