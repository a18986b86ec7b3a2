package dev.multibox.backend.cuda.cudnn;

/** The kinds of descriptors that convolutions are made of, {@code cudnnBackendDescriptorType_t}. */
enum DescriptorType {
  POINTWISE(0),
  CONVOLUTION(1),
  ENGINE(2),
  ENGINE_CONFIG(3),
  ENGINE_HEURISTICS(4),
  EXECUTION_PLAN(5),
  CONVOLUTION_FORWARD(10),
  CONVOLUTION_BACKWARD_FILTER(11),
  CONVOLUTION_BACKWARD_DATA(12),
  POINTWISE_OPERATION(13),
  OPERATION_GRAPH(15),
  VARIANT_PACK(16),
  TENSOR(17),
  DEVICE_PROPERTIES(38);

  private final int code;

  DescriptorType(int code) {
    this.code = code;
  }

  int code() {
    return code;
  }
}
