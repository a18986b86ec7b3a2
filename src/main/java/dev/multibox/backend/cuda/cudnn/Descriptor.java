package dev.multibox.backend.cuda.cudnn;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.multibox.backend.cuda.driver.CudnnApi;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;

/**
 * A descriptor of cuDNN: what everything is made of, from a tensor to an execution plan.
 *
 * <pre>{@code
 * Descriptor x = Descriptor.of(api, DescriptorType.TENSOR)
 *     .set(Attribute.TENSOR_DIMENSIONS, 8, 64, 38, 38)
 *     ...
 *     .finish();
 * }</pre>
 */
final class Descriptor implements AutoCloseable {
  private final CudnnApi api;
  private final DescriptorType type;
  private final long address;

  private Descriptor(CudnnApi api, DescriptorType type) {
    this.api = api;
    this.type = type;
    address = api.create(type.code());
  }

  static Descriptor of(CudnnApi api, DescriptorType type) {
    return new Descriptor(api, type);
  }

  long address() {
    return address;
  }

  /** Sets whole numbers, flags or codes, whatever their size. */
  Descriptor set(Attribute attribute, long... values) {
    return set(
        attribute,
        values.length,
        (segment, i) -> {
          switch (attribute.type().bytes()) {
            case 1 -> segment.setAtIndex(JAVA_BYTE, i, (byte) values[i]);
            case 4 -> segment.setAtIndex(JAVA_INT, i, Math.toIntExact(values[i]));
            default -> segment.setAtIndex(JAVA_LONG, i, values[i]);
          }
        });
  }

  /** Sets one real number. */
  Descriptor setReal(Attribute attribute, double value) {
    return set(
        attribute,
        1,
        (segment, i) -> {
          if (attribute.type() == ValueType.FLOAT) {
            segment.setAtIndex(JAVA_FLOAT, i, (float) value);
          } else {
            segment.setAtIndex(JAVA_DOUBLE, i, value);
          }
        });
  }

  /** Sets other descriptors, which must be finished and must outlive this one. */
  Descriptor set(Attribute attribute, Descriptor... others) {
    long[] addresses = new long[others.length];
    for (int i = 0; i < others.length; i++) {
      addresses[i] = others[i].address;
    }
    return set(attribute, addresses);
  }

  /** Sets a text, without a zero at its end. */
  Descriptor set(Attribute attribute, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return set(attribute, bytes.length, (segment, i) -> segment.setAtIndex(JAVA_BYTE, i, bytes[i]));
  }

  /** Writes value {@code i}. */
  @FunctionalInterface
  private interface Writer {
    void write(MemorySegment values, int i);
  }

  private Descriptor set(Attribute attribute, int count, Writer writer) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment values = arena.allocate((long) count * attribute.type().bytes(), Long.BYTES);
      for (int i = 0; i < count; i++) {
        writer.write(values, i);
      }
      api.set(address, attribute.code(), attribute.type().code(), count, values);
    }
    return this;
  }

  /** Finalises it; {@link #close} it if that is refused. */
  Descriptor finish() {
    api.finish(address);
    return this;
  }

  /** Whole numbers or codes of a finished descriptor, at most {@code capacity} of them. */
  long[] get(Attribute attribute, int capacity) {
    int bytes = attribute.type().bytes();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment values = arena.allocate((long) capacity * bytes, Long.BYTES);
      long count = api.get(address, attribute.code(), attribute.type().code(), capacity, values);
      long[] result = new long[Math.toIntExact(Math.min(count, capacity))];
      for (int i = 0; i < result.length; i++) {
        result[i] =
            bytes == Integer.BYTES
                ? values.getAtIndex(JAVA_INT, i)
                : values.getAtIndex(JAVA_LONG, i);
      }
      return result;
    }
  }

  /**
   * Has cuDNN fill in descriptors of this one, which are created for it first.
   *
   * @return how many it filled in: the first of {@code targets}
   */
  int fill(Attribute attribute, Descriptor... targets) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment values = arena.allocate(JAVA_LONG, Math.max(1, targets.length));
      for (int i = 0; i < targets.length; i++) {
        values.setAtIndex(JAVA_LONG, i, targets[i].address);
      }
      long count =
          api.get(address, attribute.code(), attribute.type().code(), targets.length, values);
      return Math.toIntExact(Math.min(count, targets.length));
    }
  }

  @Override
  public void close() {
    api.destroy(address);
  }

  @Override
  public String toString() {
    return "%s at 0x%x".formatted(type, address);
  }
}
