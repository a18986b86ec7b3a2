package dev.multibox.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.math.BigInteger;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PickleMachineTest {
  private static final Path FILE = Path.of("weights.pth");

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 4, 5})
  void readsWhatEveryProtocolOfPythonWrites(int protocol) throws IOException {
    PickledTree tree = PickledTree.of(FILE, read(byPython(protocol)));
    assertThat(tree.texts())
        .containsExactly(
            Map.entry("one", "1"),
            Map.entry("negative", "-5"),
            Map.entry("word", "40000"),
            Map.entry("long", "1099511627776"),
            Map.entry("huge", BigInteger.TWO.pow(100).negate().toString()),
            Map.entry("half", "0.5"),
            Map.entry("pair.0", "1"),
            Map.entry("pair.1", "2"),
            Map.entry("triple.0", "1"),
            Map.entry("triple.1", "2"),
            Map.entry("triple.2", "3"),
            Map.entry("list.0", "1"),
            Map.entry("list.1", "x"),
            Map.entry("none", "null"),
            Map.entry("yes", "true"),
            Map.entry("no", "false"),
            Map.entry("text", "ü".repeat(200)),
            Map.entry("ordered.k", "1"),
            Map.entry("ordered.l", "a"),
            Map.entry("counter.7", "2"),
            Map.entry("again.0", "1"),
            Map.entry("again.1", "x"));
    assertThat(tree.tensors()).isEmpty();
  }

  @Test
  void readsStringsAndDictionariesOfPython2() throws IOException {
    // OrderedDict([["a", 5]])
    byte[] pairs =
        new PickleBuilder().global("collections", "OrderedDict").ops("(](](U\1aK\5eetR").end();
    assertThat(PickledTree.of(FILE, read(pairs)).texts()).containsExactly(Map.entry("a", "5"));
  }

  @Test
  void readsTheSettingsOfATrainingScript() throws IOException {
    // {"args": Namespace(lr=0.5, dtype=torch.float32, device=device("cuda", 1))}
    byte[] pickle =
        new PickleBuilder()
            .op('}')
            .text("args")
            .global("argparse", "Namespace")
            .op(')', 0x81, '}', '(')
            .text("lr")
            .op('G', 0x3f, 0xe0, 0, 0, 0, 0, 0, 0)
            .text("dtype")
            .global("torch", "float32")
            .text("device")
            .global("torch", "device")
            .text("cuda")
            .ops("K\1")
            .op(0x86, 'R', 'u', 'b', 's')
            .end();
    assertThat(PickledTree.of(FILE, read(pickle)).texts())
        .containsExactly(
            Map.entry("args.lr", "0.5"),
            Map.entry("args.dtype", "torch.float32"),
            Map.entry("args.device", "cuda:1"));
  }

  @Test
  void leavesOutTheAttributesOfAStateDict() throws IOException {
    byte[] pickle =
        new PickleBuilder()
            .global("collections", "OrderedDict")
            .ops(")R")
            .text("epoch")
            .ops("K\1s}")
            .text("_metadata")
            .ops("K\2sb")
            .end();
    assertThat(PickledTree.of(FILE, read(pickle)).texts()).containsExactly(Map.entry("epoch", "1"));
  }

  @Test
  void refusesAPickleCutOffAnywhere() throws IOException {
    byte[] whole = byPython(4);
    for (int length = 0; length < whole.length; length++) {
      byte[] part = Arrays.copyOf(whole, length);
      assertThatIOException()
          .describedAs("the first %d bytes", length)
          .isThrownBy(() -> read(part))
          .withMessageStartingWith("weights.pth: ")
          .withMessageEndingWith("; the file is damaged: download or save it again");
    }
    assertThat(whole).hasSizeGreaterThan(100);
  }

  @TestFactory
  Stream<DynamicTest> refusesWhatIsNoData() {
    return Stream.of(
        refusal("names \"os.system\"", code -> code.global("os", "system")),
        refusal("names \"os.system\"", code -> code.text("os").text("system").op(0x93)),
        refusal("names \"__builtin__.eval\"", code -> code.global("__builtin__", "eval")),
        refusal(
            "names \"torch.storage.FloatStorage\"",
            code -> code.global("torch.storage", "FloatStorage")),
        refusal("names \"torch.nn.Module\"", code -> code.global("torch", "nn.Module")),
        refusal(
            "names \"a.\\u001b[31m\\u202e", code -> code.text("a").text("\033[31m\u202e").op(0x93)),
        refusal("calls something that is no function", code -> code.text("a").ops(")R")),
        refusal(
            "calls something that is no function",
            code -> code.global("torch", "FloatStorage").ops(")R")),
        refusal(
            "calls torch._utils._rebuild_tensor_v2 with the wrong arguments",
            code -> code.global("torch._utils", "_rebuild_tensor_v2").ops(")R")),
        refusal(
            "calls torch.Size with the wrong arguments",
            code -> code.global("torch", "Size").text("x").op(0x85, 'R')),
        refusal(
            "calls collections.OrderedDict with the wrong arguments",
            code -> code.global("collections", "OrderedDict").ops("(](K\1etR")),
        refusal("no class", code -> code.global("torch", "Size").op(')', 0x81)),
        refusal("refers to something that is no storage", code -> code.text("x").op('Q')),
        refusal("attributes of something that has none", code -> code.ops("]}b")),
        refusal(
            "attributes that are no dictionary",
            code -> code.global("argparse", "Namespace").ops(")RNb")),
        refusal("takes a value from an empty stack", code -> code.op('0', '0')),
        refusal("takes a value from an empty stack", code -> code.ops("N(0")),
        refusal("goes back to a mark that is not there", code -> code.op('t')),
        refusal("reads entry 9 of its memo", code -> code.op('h', 9)),
        refusal("appends to something that is no list", code -> code.ops("}Na")),
        refusal("sets an item of something that is no dictionary", code -> code.ops("]NNs")),
        refusal("sets an item of something that is no dictionary", code -> code.ops("}(Nu")),
        refusal("leaves values on the stack", code -> code.ops("NN")),
        refusal("the key \"1\" twice", code -> code.ops("}(K\1N").text("1").ops("Nu")),
        refusal("a key that is neither a text nor a number", code -> code.ops("}(]Nu")),
        refusal("a key that is neither a text nor a number", code -> code.ops("})Ns")),
        refusal("the instruction 0x50, which is none of data", code -> code.ops("P0\n")),
        refusal("the instruction 0x69, which is none of data", code -> code.ops("(ios\nsystem\n")),
        refusal("the instruction 0x82, which is none of data", code -> code.op(0x82, 1)),
        refusal("protocol 0", code -> code.op(0x80, 0)),
        refusal("protocol 6", code -> code.op(0x80, 6)),
        refusal("a whole number of 257 bytes", code -> code.op(0x8b).int32(257)),
        refusal("a whole number of -1 bytes", code -> code.op(0x8b).int32(-1)),
        refusal("in the middle of a value", code -> code.op('X').int32(-1)),
        refusal("in the middle of a value", code -> code.op(0x8d).int64(Long.MAX_VALUE)),
        refusal("in the middle of a value", code -> code.op(0x8d).int64(-1)),
        refusal("a text in its pickle that is not UTF-8", code -> code.op('X').int32(1).op(0xff)));
  }

  private static DynamicTest refusal(String message, UnaryOperator<PickleBuilder> code) {
    return DynamicTest.dynamicTest(
        message,
        () -> {
          byte[] pickle = code.apply(new PickleBuilder()).end();
          assertThatIOException()
              .isThrownBy(() -> read(pickle))
              .withMessageStartingWith("weights.pth: ")
              .withMessageContaining(message)
              .withMessageMatching("\\P{Cc}*; \\P{Cc}*");
        });
  }

  @Test
  void takesNoMoreMemoryThanAFewMillionValues() {
    byte[] lists = new byte[3_000_000];
    Arrays.fill(lists, (byte) ']');
    assertThatIOException()
        .isThrownBy(() -> read(lists))
        .withMessageContaining("has a pickle of more than 2000000 instructions");

    // One dictionary of 2,000 entries, copied by each of a thousand calls.
    PickleBuilder code = new PickleBuilder().ops("](");
    for (int i = 0; i < 2_000; i++) {
      code.op('(').text("key" + i).ops("Nt");
    }
    code.ops("eq\0");
    for (int i = 0; i < 2_000; i++) {
      code.global("collections", "OrderedDict").op('h', 0, 0x85, 'R');
    }
    byte[] copies = code.end();
    assertThatIOException()
        .isThrownBy(() -> read(copies))
        .withMessageContaining("has dictionaries of more than 2000000 entries");
  }

  @Test
  void refusesValuesThatHoldThemselves() {
    for (String code : new String[] {"]q\0h\0a", "}q\0X\1\0\0\0ah\0s", "]q\0(h\0tq\1a"}) {
      byte[] pickle = new PickleBuilder().ops(code).end();
      assertThatIOException()
          .isThrownBy(() -> PickledTree.of(FILE, read(pickle)))
          .withMessageContaining("nests more than 64 deep");
    }
  }

  @Test
  void refusesToWriteOutWhatIsReferredToAgainAndAgain() {
    // A list of two references to a list of two references to ...: 2^60 times None.
    PickleBuilder code = new PickleBuilder().ops("]Naq\0000");
    for (int level = 1; level <= 60; level++) {
      code.op(']', '(', 'h', level - 1, 'h', level - 1, 'e', 'q', level, '0');
    }
    byte[] doubling = code.op('h', 60).end();
    assertThatIOException()
        .isThrownBy(() -> PickledTree.of(FILE, read(doubling)))
        .withMessageContaining("has more names and settings than the 16000000 characters");
  }

  @Test
  void refusesTwoValuesOfOneName() {
    byte[] pickle =
        new PickleBuilder()
            .ops("}(")
            .text("a.b")
            .ops("N")
            .text("a")
            .ops("}")
            .text("b")
            .ops("Nsu")
            .end();
    assertThatIOException()
        .isThrownBy(() -> PickledTree.of(FILE, read(pickle)))
        .withMessageContaining("has two values that come to the name \"a.b\"; rename one");
  }

  private static Pickled read(byte[] pickle) throws IOException {
    return PickleMachine.read(
        new ByteCursor(FILE, MemorySegment.ofArray(pickle)), new TorchPickles(FILE));
  }

  /** What {@code pickles_by_python.py} beside it wrote. */
  private static byte[] byPython(int protocol) throws IOException {
    try (InputStream in =
        Objects.requireNonNull(
            PickleMachineTest.class.getResourceAsStream("protocol" + protocol + ".pickle"))) {
      return in.readAllBytes();
    }
  }
}
