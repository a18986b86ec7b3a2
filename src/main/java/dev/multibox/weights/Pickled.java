package dev.multibox.weights;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

/**
 * What a pickle of PyTorch can hold here: data alone. Nothing of it is an object of the program
 * that wrote it, and none of it can run.
 */
sealed interface Pickled {
  /** What is written as a text of its own. */
  sealed interface Scalar extends Pickled {
    /** As JSON writes it, a text without its quotes. */
    String text();
  }

  /** A string. */
  record Text(String text) implements Scalar {}

  /** A whole number of any size. */
  record Int(BigInteger value) implements Scalar {
    static Int of(long value) {
      return new Int(BigInteger.valueOf(value));
    }

    @Override
    public String text() {
      return value.toString();
    }
  }

  /** A floating-point number. */
  record Real(double value) implements Scalar {
    @Override
    public String text() {
      return Double.toString(value);
    }
  }

  /** {@code True} or {@code False}. */
  record Flag(boolean value) implements Scalar {
    @Override
    public String text() {
      return Boolean.toString(value);
    }
  }

  /** {@code None}. */
  enum None implements Scalar {
    NONE;

    @Override
    public String text() {
      return "null";
    }
  }

  /** A list, which may come to hold itself. */
  record Items(List<Pickled> values) implements Pickled {
    static Items empty() {
      return new Items(new ArrayList<>());
    }
  }

  /** A tuple. */
  record Tuple(List<Pickled> values) implements Pickled {
    public Tuple {
      values = List.copyOf(values);
    }
  }

  /**
   * A dictionary, which may come to hold itself. Its keys are their texts: 1 and "1" would be one
   * name of a tensor, and are one key.
   *
   * @param isObject whether it stands for an object with these attributes
   */
  record Dict(SequencedMap<String, Pickled> entries, boolean isObject) implements Pickled {
    static Dict empty() {
      return new Dict(new LinkedHashMap<>(), false);
    }

    static Dict object() {
      return new Dict(new LinkedHashMap<>(), true);
    }
  }

  /** A function or class of the list of those allowed; only its name is known here. */
  enum Callable implements Pickled {
    ORDERED_DICT("collections", "OrderedDict"),
    COUNTER("collections", "Counter"),
    NAMESPACE("argparse", "Namespace"),
    SIZE("torch", "Size"),
    DEVICE("torch", "device"),
    REBUILD_TENSOR("torch._utils", "_rebuild_tensor"),
    REBUILD_TENSOR_V2("torch._utils", "_rebuild_tensor_v2"),
    REBUILD_PARAMETER("torch._utils", "_rebuild_parameter"),
    REBUILD_PARAMETER_WITH_STATE("torch._utils", "_rebuild_parameter_with_state");

    private final String module;
    private final String name;

    Callable(String module, String name) {
      this.module = module;
      this.name = name;
    }

    boolean isNamed(String otherModule, String otherName) {
      return module.equals(otherModule) && name.equals(otherName);
    }

    String qualifiedName() {
      return module + "." + name;
    }
  }

  /** A class of storages, which says what their elements are. */
  record StorageClass(StoredType type) implements Pickled {}

  /**
   * Memory that tensors lie in.
   *
   * @param key names its bytes in the file
   * @param elements how many the file has to hold
   * @param first the element of the file's where this storage begins
   * @param count its own elements
   */
  record Storage(StoredType type, String key, long elements, long first, long count)
      implements Pickled {}

  /** A tensor, as the place of its elements in a storage. */
  record Tensor(Storage storage, Strides strides) implements Pickled {}
}
