package dev.multibox.weights;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Writes pickles one instruction at a time, and so also those that Python never would. */
public final class PickleBuilder {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

  public PickleBuilder() {
    op(0x80).op(2);
  }

  public PickleBuilder op(int... codes) {
    for (int code : codes) {
      bytes.write(code);
    }
    return this;
  }

  PickleBuilder ops(String codes) {
    return raw(codes.getBytes(StandardCharsets.ISO_8859_1));
  }

  PickleBuilder raw(byte[] more) {
    bytes.writeBytes(more);
    return this;
  }

  public PickleBuilder text(String value) {
    byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
    return op('X').int32(utf8.length).raw(utf8);
  }

  PickleBuilder number(long value) {
    return op(0x8a, 8).int64(value);
  }

  PickleBuilder int32(int value) {
    return raw(little(Integer.BYTES).putInt(value).array());
  }

  PickleBuilder int64(long value) {
    return raw(little(Long.BYTES).putLong(value).array());
  }

  PickleBuilder global(String module, String name) {
    return ops("c" + module + "\n" + name + "\n");
  }

  PickleBuilder numbers(long... values) {
    op('(');
    for (long value : values) {
      number(value);
    }
    return op('t');
  }

  /** A storage of the key, class and count given. */
  PickleBuilder storage(String type, String key, long elements) {
    return op('(')
        .text("storage")
        .global("torch", type)
        .text(key)
        .text("cpu")
        .number(elements)
        .ops("tQ");
  }

  /** A tensor in {@code storage}, which writes its storage. */
  PickleBuilder tensor(Runnable storage, long offset, long[] size, long[] strides) {
    global("torch._utils", "_rebuild_tensor_v2").op('(');
    storage.run();
    return number(offset)
        .numbers(size)
        .numbers(strides)
        .op(0x89)
        .global("collections", "OrderedDict")
        .ops(")RtR");
  }

  /** A tensor of floats, row-major, from the start of its own storage. */
  public PickleBuilder floats(String key, long elements) {
    return tensor(
        () -> storage("FloatStorage", key, elements), 0, new long[] {elements}, new long[] {1});
  }

  /** The whole pickle. */
  public byte[] end() {
    return op('.').bytes.toByteArray();
  }

  private static ByteBuffer little(int size) {
    return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
  }
}
