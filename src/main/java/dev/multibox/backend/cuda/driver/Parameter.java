package dev.multibox.backend.cuda.driver;

/**
 * One parameter of a kernel.
 *
 * @param name its name in the PTX
 * @param type its PTX type: {@code u64} for pointers and {@code long}, {@code u32} for {@code int},
 *     {@code f32}, and so on; {@code b8} for a structure, which is an array of bytes
 * @param offset from the start of the argument block, in bytes
 * @param bytes its size
 */
public record Parameter(String name, String type, int offset, int bytes) {
  /** Whether it is a structure, passed as so many bytes. */
  boolean isStructure() {
    return type.equals("b8");
  }

  /** For example {@code saxpy_param_2 (f32, 4 bytes)}. */
  @Override
  public String toString() {
    return "%s (%s, %d bytes)".formatted(name, type, bytes);
  }
}
