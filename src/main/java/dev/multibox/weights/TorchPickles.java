package dev.multibox.weights;

import dev.multibox.tensor.Shape;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The names a pickle of PyTorch may use, and the values their calls stand for. This is the whole
 * list: a checkpoint that names another function or class is refused, whether it is an attack or a
 * model that was saved together with its code.
 */
final class TorchPickles {
  private static final Map<String, StoredType> STORAGES =
      Map.of(
          "DoubleStorage", StoredType.F64,
          "FloatStorage", StoredType.F32,
          "HalfStorage", StoredType.F16,
          "BFloat16Storage", StoredType.BF16,
          "LongStorage", StoredType.I64,
          "IntStorage", StoredType.I32,
          "ShortStorage", StoredType.I16,
          "CharStorage", StoredType.I8,
          "ByteStorage", StoredType.U8,
          "BoolStorage", StoredType.BOOL);

  /** Element types, which checkpoints hold among their settings. */
  private static final Set<String> DTYPES =
      Set.of(
          "float64",
          "float32",
          "float16",
          "bfloat16",
          "int64",
          "int32",
          "int16",
          "int8",
          "uint8",
          "bool");

  /** More than any checkpoint has; what a few bytes copy again and again does not fill memory. */
  private static final int MAX_ENTRIES = 2_000_000;

  private final Path path;
  private final Map<String, StoredType> storageTypes = new HashMap<>();
  private int entries;

  /**
   * @param path the file, for messages
   */
  TorchPickles(Path path) {
    this.path = path;
  }

  /** What {@code module.name} stands for. */
  Pickled find(String module, String name) throws IOException {
    for (Pickled.Callable callable : Pickled.Callable.values()) {
      if (callable.isNamed(module, name)) {
        return callable;
      }
    }
    if (module.equals("torch") && STORAGES.containsKey(name)) {
      return new Pickled.StorageClass(STORAGES.get(name));
    }
    if (module.equals("torch") && DTYPES.contains(name)) {
      return new Pickled.Text("torch." + name);
    }
    throw Refusal.of(
        path,
        "names %s, which is neither weights nor a setting and is not run"
            .formatted(Refusal.quoted(module + "." + name)),
        "save the model's state_dict() alone, and do not load the file elsewhere unless you trust"
            + " who made it");
  }

  /** What the call of {@code function} gives. */
  Pickled call(Pickled.Callable function, List<Pickled> arguments) throws IOException {
    return switch (function) {
      case ORDERED_DICT, COUNTER -> dictionary(function, arguments);
      case NAMESPACE -> Pickled.Dict.object();
      case SIZE -> argument(function, arguments, 0, Pickled.Tuple.class);
      case DEVICE -> new Pickled.Text(device(function, arguments));
      case REBUILD_TENSOR, REBUILD_TENSOR_V2 -> tensor(function, arguments);
      case REBUILD_PARAMETER, REBUILD_PARAMETER_WITH_STATE ->
          argument(function, arguments, 0, Pickled.Tensor.class);
    };
  }

  /**
   * Sets an object's attributes. Those of a dictionary, as a state dict's versions, are no items.
   */
  void build(Pickled state, Pickled object) throws IOException {
    if (!(object instanceof Pickled.Dict dict)) {
      throw Refusal.damaged(path, "its pickle sets attributes of something that has none");
    }
    if (dict.isObject()) {
      if (!(state instanceof Pickled.Dict attributes)) {
        throw Refusal.damaged(path, "its pickle sets attributes that are no dictionary");
      }
      copy(attributes, dict);
    }
  }

  /**
   * Puts an item into a dictionary.
   *
   * @throws IOException if the key is there already, which no dictionary's pickle does, or is no
   *     scalar
   */
  void put(Pickled.Dict dict, Pickled key, Pickled value) throws IOException {
    if (!(key instanceof Pickled.Scalar scalar)) {
      throw Refusal.of(
          path,
          "has a dictionary with a key that is neither a text nor a number",
          "save the model's state_dict() alone");
    }
    if (++entries > MAX_ENTRIES) {
      throw Refusal.of(
          path,
          "has dictionaries of more than %d entries".formatted(MAX_ENTRIES),
          "save the model's state_dict() alone");
    }
    if (dict.entries().putIfAbsent(scalar.text(), value) != null) {
      throw Refusal.damaged(
          path, "has a dictionary with the key %s twice", Refusal.quoted(scalar.text()));
    }
  }

  private void copy(Pickled.Dict from, Pickled.Dict to) throws IOException {
    // Not in one step, since a damaged pickle may set a dictionary's attributes to itself.
    for (Map.Entry<String, Pickled> entry : List.copyOf(from.entries().entrySet())) {
      put(to, new Pickled.Text(entry.getKey()), entry.getValue());
    }
  }

  /** An empty one, or one of the items given: a dictionary or, in Python 2, a list of pairs. */
  private Pickled dictionary(Pickled.Callable function, List<Pickled> arguments)
      throws IOException {
    Pickled.Dict dict = Pickled.Dict.empty();
    if (arguments.isEmpty()) {
      return dict;
    }
    switch (arguments.getFirst()) {
      case Pickled.Dict items -> copy(items, dict);
      case Pickled.Items items -> {
        for (Pickled item : items.values()) {
          List<Pickled> pair =
              switch (item) {
                case Pickled.Items list -> list.values();
                case Pickled.Tuple tuple -> tuple.values();
                default -> List.of();
              };
          if (pair.size() != 2) {
            throw wrongArguments(function);
          }
          put(dict, pair.getFirst(), pair.getLast());
        }
      }
      default -> throw wrongArguments(function);
    }
    return dict;
  }

  /** For example {@code cuda:0}. */
  private String device(Pickled.Callable function, List<Pickled> arguments) throws IOException {
    for (int i = 0; i < arguments.size(); i++) {
      argument(function, arguments, i, Pickled.Scalar.class);
    }
    return arguments.stream()
        .map(argument -> ((Pickled.Scalar) argument).text())
        .collect(Collectors.joining(":"));
  }

  /** Storage, first element, size, strides; what follows is not needed. */
  private Pickled tensor(Pickled.Callable function, List<Pickled> arguments) throws IOException {
    Pickled.Storage storage = argument(function, arguments, 0, Pickled.Storage.class);
    long offset = count(argument(function, arguments, 1, Pickled.Int.class));
    List<Long> size = counts(argument(function, arguments, 2, Pickled.Tuple.class));
    List<Long> steps = counts(argument(function, arguments, 3, Pickled.Tuple.class));
    String place =
        "the shape %s with the strides %s from element %d".formatted(size, steps, offset);
    if (size.size() != steps.size()) {
      throw Refusal.damaged(path, "has a tensor of %s, an axis too few or too many", place);
    }
    try {
      Shape shape = Shape.of(size.stream().mapToLong(Long::longValue).toArray());
      Strides strides = new Strides(offset, shape, steps);
      if (strides.storageElements() <= storage.count()) {
        return new Pickled.Tensor(storage, strides);
      }
      throw Refusal.damaged(
          path, "has a tensor of %s, in a storage of %d elements", place, storage.count());
    } catch (ArithmeticException _) {
      throw Refusal.damaged(path, "has a tensor of %s, which overflows", place);
    }
  }

  /**
   * The storage of a persistent id: {@code ("storage", class, key, device, elements)}, in old files
   * with {@code (view's key, first element, elements)} or {@code None} behind it.
   */
  Pickled persistent(Pickled id) throws IOException {
    if (id instanceof Pickled.Tuple(List<Pickled> parts)
        && parts.size() >= 5
        && parts.get(0) instanceof Pickled.Text(String kind)
        && kind.equals("storage")
        && parts.get(1) instanceof Pickled.StorageClass(StoredType type)
        && parts.get(2) instanceof Pickled.Text(String key)
        && parts.get(4) instanceof Pickled.Int elements) {
      StoredType before = storageTypes.putIfAbsent(key, type);
      if (before != null && before != type) {
        throw Refusal.damaged(
            path, "has the storage %s as %s and as %s", Refusal.quoted(key), before, type);
      }
      long count = count(elements);
      if (parts.size() > 5 && parts.get(5) instanceof Pickled.Tuple(List<Pickled> view)) {
        return view(type, key, count, view);
      }
      return new Pickled.Storage(type, key, count, 0, count);
    }
    throw Refusal.of(
        path, "refers to something that is no storage", "save the model's state_dict() alone");
  }

  /** The types of all storages that were referred to, by their keys. */
  Map<String, StoredType> storageTypes() {
    return storageTypes;
  }

  private Pickled view(StoredType type, String key, long elements, List<Pickled> view)
      throws IOException {
    if (view.size() == 3
        && view.get(1) instanceof Pickled.Int first
        && view.get(2) instanceof Pickled.Int length) {
      long begin = count(first);
      long count = count(length);
      if (begin <= elements && count <= elements - begin) {
        return new Pickled.Storage(type, key, elements, begin, count);
      }
    }
    throw Refusal.damaged(
        path, "has a view that lies outside its storage of %d elements", elements);
  }

  private List<Long> counts(Pickled.Tuple tuple) throws IOException {
    List<Long> counts = new ArrayList<>();
    for (Pickled value : tuple.values()) {
      if (!(value instanceof Pickled.Int number)) {
        throw Refusal.damaged(path, "has a tensor whose size or strides are no whole numbers");
      }
      counts.add(count(number));
    }
    return counts;
  }

  private long count(Pickled.Int number) throws IOException {
    BigInteger value = number.value();
    if (value.signum() < 0 || value.bitLength() >= Long.SIZE) {
      throw Refusal.damaged(path, "has the size, stride or offset %s", value);
    }
    return value.longValue();
  }

  private <T extends Pickled> T argument(
      Pickled.Callable function, List<Pickled> arguments, int index, Class<T> type)
      throws IOException {
    if (index < arguments.size() && type.isInstance(arguments.get(index))) {
      return type.cast(arguments.get(index));
    }
    throw wrongArguments(function);
  }

  private IOException wrongArguments(Pickled.Callable function) {
    return Refusal.damaged(
        path, "its pickle calls %s with the wrong arguments", function.qualifiedName());
  }
}
