package dev.multibox.backend.cuda.sim;

import dev.multibox.backend.Backend;
import dev.multibox.backend.Gradient;
import dev.multibox.backend.HeadOutputs;
import dev.multibox.backend.LossKernels;
import dev.multibox.backend.LossParams;
import dev.multibox.backend.cpu.CpuBackend;
import dev.multibox.backend.cuda.driver.Stream;
import dev.multibox.backend.cuda.sim.memory.DeviceMemory;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.Shape;
import dev.multibox.tensor.Tensor;
import dev.multibox.tensor.TensorArena;
import java.util.ArrayList;
import java.util.List;

/**
 * The multibox loss of a simulated GPU by the CPU's kernels, on copies of the simulated memory,
 * where a backend has no kernels of its own; in the order of a stream, and captured, like those.
 */
public final class HostLoss extends LossKernels implements AutoCloseable {
  private final SimulatedDriver driver;
  private final SimulatedStream stream;
  private final Backend cpu = CpuBackend.open();

  public HostLoss(SimulatedDriver driver, Stream stream) {
    this.driver = driver;
    this.stream = (SimulatedStream) stream;
  }

  /** A tensor of the device, by its address. */
  private record Block(Shape shape, DType dtype, Range range) {
    static Block of(Tensor tensor) {
      return new Block(tensor.shape(), tensor.dtype(), new Range(tensor.address(), tensor.bytes()));
    }
  }

  /** What the CPU does: inputs, then results. */
  @FunctionalInterface
  private interface Body {
    void run(LossKernels kernels, List<Tensor> inputs, List<Tensor> results);
  }

  @Override
  protected void runMultibox(
      HeadOutputs heads,
      Tensor classTargets,
      Tensor offsetTargets,
      LossParams params,
      Tensor priorLosses,
      Tensor selected,
      Tensor weights,
      Tensor losses) {
    int levels = heads.levels().size();
    enqueue(
        "multibox",
        with(heads.levels(), classTargets, offsetTargets),
        List.of(
            Gradient.overwrite(priorLosses),
            Gradient.overwrite(selected),
            Gradient.overwrite(weights),
            Gradient.overwrite(losses)),
        (kernels, in, out) ->
            kernels.multibox(
                new HeadOutputs(in.subList(0, levels), heads.layouts()),
                in.get(levels),
                in.get(levels + 1),
                params,
                out.get(0),
                out.get(1),
                out.get(2),
                out.get(3)));
  }

  @Override
  protected void runMultiboxBackward(
      HeadOutputs heads,
      Tensor classTargets,
      Tensor offsetTargets,
      LossParams params,
      Tensor selected,
      Tensor weights,
      Tensor dLoss,
      List<Gradient> dHeads) {
    int levels = heads.levels().size();
    enqueue(
        "multiboxBackward",
        with(heads.levels(), classTargets, offsetTargets, selected, weights, dLoss),
        dHeads,
        (kernels, in, out) -> {
          List<Gradient> gradients = new ArrayList<>();
          for (int i = 0; i < levels; i++) {
            gradients.add(new Gradient(out.get(i), dHeads.get(i).accumulate()));
          }
          kernels.multiboxBackward(
              new HeadOutputs(in.subList(0, levels), heads.layouts()),
              in.get(levels),
              in.get(levels + 1),
              params,
              in.get(levels + 2),
              in.get(levels + 3),
              in.get(levels + 4),
              gradients);
        });
  }

  private static List<Tensor> with(List<Tensor> levels, Tensor... others) {
    List<Tensor> all = new ArrayList<>(levels);
    all.addAll(List.of(others));
    return all;
  }

  private void enqueue(String name, List<Tensor> inputs, List<Gradient> results, Body body) {
    List<Block> read = inputs.stream().map(Block::of).toList();
    List<Block> written = results.stream().map(result -> Block.of(result.tensor())).toList();
    List<Boolean> adds = results.stream().map(Gradient::adds).toList();
    List<Range> reads = new ArrayList<>(read.stream().map(Block::range).toList());
    for (int i = 0; i < written.size(); i++) {
      if (adds.get(i)) {
        reads.add(written.get(i).range());
      }
    }
    stream.enqueue(
        new HostWork(
            name,
            reads,
            written.stream().map(Block::range).toList(),
            memory -> {
              try (TensorArena arena = cpu.newArena()) {
                List<Tensor> in =
                    read.stream().map(block -> copy(name, memory, block, true, arena)).toList();
                List<Tensor> out = new ArrayList<>();
                for (int i = 0; i < written.size(); i++) {
                  out.add(copy(name, memory, written.get(i), adds.get(i), arena));
                }
                body.run(cpu.loss(), in, out);
                for (int i = 0; i < written.size(); i++) {
                  memory.write(written.get(i).range().address(), out.get(i).host());
                }
              }
            }));
  }

  private Tensor copy(
      String name, DeviceMemory memory, Block block, boolean content, TensorArena arena) {
    Tensor host = arena.allocate(block.shape(), block.dtype());
    if (content) {
      driver.checkWritten(name, memory.read(block.range().address(), host.host()));
    }
    return host;
  }

  @Override
  protected void runSoftmax(Tensor x, Tensor out) {
    throw new UnsupportedOperationException("softmax");
  }

  @Override
  protected void runCrossEntropy(Tensor x, Tensor target, Tensor out) {
    throw new UnsupportedOperationException("crossEntropy");
  }

  @Override
  protected void runCrossEntropyBackward(Tensor x, Tensor target, Tensor dOut, Gradient dx) {
    throw new UnsupportedOperationException("crossEntropyBackward");
  }

  @Override
  protected void runSmoothL1(Tensor x, Tensor target, float beta, Tensor out) {
    throw new UnsupportedOperationException("smoothL1");
  }

  @Override
  protected void runSmoothL1Backward(
      Tensor x, Tensor target, float beta, Tensor dOut, Gradient dx) {
    throw new UnsupportedOperationException("smoothL1Backward");
  }

  @Override
  public void close() {
    cpu.close();
  }
}
