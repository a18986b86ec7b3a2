package dev.multibox.weights;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads one pickle: a program for a machine with a stack and a memo, of the instructions that the
 * protocols 2 to 5 use for data. Where Python would look up any function by name and call it,
 * {@link TorchPickles} knows a few names and builds values; nothing else can be named.
 *
 * <p>Memory is bounded by the length of the pickle and by {@value #MAX_INSTRUCTIONS} instructions,
 * each of which makes at most one value.
 */
final class PickleMachine {
  private static final int MAX_INSTRUCTIONS = 2_000_000;

  /** A whole number has at most this many bytes; those of PyTorch have ten. */
  private static final int MAX_INTEGER_BYTES = 256;

  private final ByteCursor code;
  private final TorchPickles objects;
  private final List<Pickled> stack = new ArrayList<>();
  private final Deque<Integer> marks = new ArrayDeque<>();
  private final Map<Long, Pickled> memo = new HashMap<>();

  private PickleMachine(ByteCursor code, TorchPickles objects) {
    this.code = code;
    this.objects = objects;
  }

  /**
   * The value of the pickle that begins at the cursor, which then stands behind it.
   *
   * @param objects what names and calls stand for
   * @throws IOException if it is damaged, or names what is not allowed
   */
  static Pickled read(ByteCursor code, TorchPickles objects) throws IOException {
    return new PickleMachine(code, objects).run();
  }

  private Pickled run() throws IOException {
    for (int instructions = 0; instructions < MAX_INSTRUCTIONS; instructions++) {
      int instruction = code.unsignedByte();
      if (instruction == '.') { // STOP
        Pickled result = pop();
        if (!stack.isEmpty()) {
          throw damaged("leaves values on the stack");
        }
        return result;
      }
      execute(instruction);
    }
    throw Refusal.of(
        code.path(),
        "has a pickle of more than %d instructions".formatted(MAX_INSTRUCTIONS),
        "save the model's state_dict() alone");
  }

  /** Instructions that work on the stack and the memo; the others push a value. */
  private void execute(int instruction) throws IOException {
    switch (instruction) {
      case 0x80 -> requireProtocol(code.unsignedByte()); // PROTO
      case 0x95 -> code.signedLong(); // FRAME: how far a reader may fetch ahead
      case '(' -> marks.push(stack.size()); // MARK
      case '0' -> pop(); // POP
      case '1' -> popToMark(); // POP_MARK
      case 'q' -> memo.put((long) code.unsignedByte(), peek()); // BINPUT
      case 'r' -> memo.put(code.unsignedInt(), peek()); // LONG_BINPUT
      case 0x94 -> memo.put((long) memo.size(), peek()); // MEMOIZE
      case 'a' -> append(List.of(pop())); // APPEND
      case 'e' -> append(popToMark()); // APPENDS
      case 's' -> set(pop(2)); // SETITEM
      case 'u' -> set(popToMark()); // SETITEMS
      case 'b' -> objects.build(pop(), peek()); // BUILD
      default -> push(value(instruction));
    }
  }

  private Pickled value(int instruction) throws IOException {
    return switch (instruction) {
      case 'h' -> recall(code.unsignedByte()); // BINGET
      case 'j' -> recall(code.unsignedInt()); // LONG_BINGET
      case ']' -> Pickled.Items.empty(); // EMPTY_LIST
      case '}' -> Pickled.Dict.empty(); // EMPTY_DICT
      case ')' -> new Pickled.Tuple(List.of()); // EMPTY_TUPLE
      case 't' -> new Pickled.Tuple(popToMark()); // TUPLE
      case 0x85, 0x86, 0x87 -> new Pickled.Tuple(pop(instruction - 0x84)); // TUPLE1 to TUPLE3
      case 'c' -> objects.find(code.line(), code.line()); // GLOBAL
      case 0x93 -> findNamed(pop(2)); // STACK_GLOBAL
      case 'R' -> call(pop(2)); // REDUCE
      case 0x81 -> make(pop(2)); // NEWOBJ
      case 'Q' -> objects.persistent(pop()); // BINPERSID
      default -> scalar(instruction);
    };
  }

  private Pickled scalar(int instruction) throws IOException {
    return switch (instruction) {
      case 'N' -> Pickled.None.NONE; // NONE
      case 0x88 -> new Pickled.Flag(true); // NEWTRUE
      case 0x89 -> new Pickled.Flag(false); // NEWFALSE
      case 'K' -> Pickled.Int.of(code.unsignedByte()); // BININT1
      case 'M' -> Pickled.Int.of(code.unsignedShort()); // BININT2
      case 'J' -> Pickled.Int.of(code.signedInt()); // BININT
      case 0x8a -> integer(code.unsignedByte()); // LONG1
      case 0x8b -> integer(code.signedInt()); // LONG4
      case 'G' -> new Pickled.Real(code.bigEndianDouble()); // BINFLOAT
      case 0x8c -> new Pickled.Text(code.utf8(code.unsignedByte())); // SHORT_BINUNICODE
      case 'X' -> new Pickled.Text(code.utf8(code.unsignedInt())); // BINUNICODE
      case 0x8d -> new Pickled.Text(code.utf8(code.signedLong())); // BINUNICODE8
      // Python 2's strings, and bytes, which are kept as the characters of those numbers.
      case 'U', 'C' -> latin(code.unsignedByte()); // SHORT_BINSTRING, SHORT_BINBYTES
      case 'T', 'B' -> latin(code.unsignedInt()); // BINSTRING, BINBYTES
      default ->
          throw damaged("has the instruction 0x%02x, which is none of data".formatted(instruction));
    };
  }

  private void requireProtocol(int protocol) throws IOException {
    if (protocol < 2 || protocol > 5) {
      throw Refusal.of(
          code.path(),
          "has a pickle of protocol %d, wanted 2 to 5".formatted(protocol),
          "save it again with torch.save");
    }
  }

  /** A whole number of {@code length} bytes, little-endian in two's complement. */
  private Pickled integer(int length) throws IOException {
    if (length < 0 || length > MAX_INTEGER_BYTES) {
      throw damaged("has a whole number of %d bytes".formatted(length));
    }
    byte[] bytes = code.array(length);
    if (length == 0) {
      return Pickled.Int.of(0);
    }
    for (int low = 0, high = length - 1; low < high; low++, high--) {
      byte swapped = bytes[low];
      bytes[low] = bytes[high];
      bytes[high] = swapped;
    }
    return new Pickled.Int(new BigInteger(bytes));
  }

  private Pickled latin(long length) throws IOException {
    return new Pickled.Text(new String(code.array(length), StandardCharsets.ISO_8859_1));
  }

  private void push(Pickled value) {
    stack.add(value);
  }

  /** What is above the last mark belongs to the instruction that will take the mark away. */
  private int floor() {
    return marks.isEmpty() ? 0 : marks.peek();
  }

  private Pickled peek() throws IOException {
    if (stack.size() <= floor()) {
      throw damaged("takes a value from an empty stack");
    }
    return stack.getLast();
  }

  private Pickled pop() throws IOException {
    peek();
    return stack.removeLast();
  }

  /** The last {@code count} values, the last one last. */
  private List<Pickled> pop(int count) throws IOException {
    List<Pickled> values = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      values.add(pop());
    }
    Collections.reverse(values);
    return values;
  }

  private List<Pickled> popToMark() throws IOException {
    if (marks.isEmpty()) {
      throw damaged("goes back to a mark that is not there");
    }
    List<Pickled> above = stack.subList(marks.pop(), stack.size());
    List<Pickled> values = new ArrayList<>(above);
    above.clear();
    return values;
  }

  private Pickled recall(long index) throws IOException {
    Pickled value = memo.get(index);
    if (value == null) {
      throw damaged("reads entry %d of its memo before it is written".formatted(index));
    }
    return value;
  }

  private void append(List<Pickled> values) throws IOException {
    if (!(peek() instanceof Pickled.Items items)) {
      throw damaged("appends to something that is no list");
    }
    items.values().addAll(values);
  }

  private void set(List<Pickled> keysAndValues) throws IOException {
    if (!(peek() instanceof Pickled.Dict dict) || keysAndValues.size() % 2 != 0) {
      throw damaged("sets an item of something that is no dictionary");
    }
    for (int i = 0; i < keysAndValues.size(); i += 2) {
      objects.put(dict, keysAndValues.get(i), keysAndValues.get(i + 1));
    }
  }

  private Pickled findNamed(List<Pickled> moduleAndName) throws IOException {
    if (moduleAndName.getFirst() instanceof Pickled.Text module
        && moduleAndName.getLast() instanceof Pickled.Text name) {
      return objects.find(module.text(), name.text());
    }
    throw damaged("looks up a name that is no text");
  }

  private Pickled call(List<Pickled> functionAndArguments) throws IOException {
    if (functionAndArguments.getFirst() instanceof Pickled.Callable function
        && functionAndArguments.getLast() instanceof Pickled.Tuple arguments) {
      return objects.call(function, arguments.values());
    }
    throw damaged("calls something that is no function");
  }

  private Pickled make(List<Pickled> classAndArguments) throws IOException {
    if (classAndArguments.getFirst() == Pickled.Callable.NAMESPACE) {
      return Pickled.Dict.object();
    }
    throw damaged("makes an object of something that is no class");
  }

  private IOException damaged(String what) {
    return Refusal.damaged(code.path(), "its pickle %s", what);
  }
}
