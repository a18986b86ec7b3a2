package dev.multibox.backend.cuda;

import dev.multibox.backend.Accumulate;
import dev.multibox.backend.Activation;
import dev.multibox.backend.ConvolutionCall;
import dev.multibox.backend.ConvolutionCall.Pass;
import dev.multibox.backend.ConvolutionParams;
import dev.multibox.backend.FixedNorm;
import dev.multibox.backend.Gradient;
import dev.multibox.backend.cuda.cudnn.ConvolutionPlan.Operands;
import dev.multibox.backend.cuda.cudnn.PlanBook;
import dev.multibox.backend.cuda.cudnn.PlanCache;
import dev.multibox.backend.cuda.cudnn.PlanSearch;
import dev.multibox.backend.cuda.cudnn.PlanTarget;
import dev.multibox.backend.cuda.cudnn.PlanTimer;
import dev.multibox.backend.cuda.driver.CublasApi;
import dev.multibox.backend.cuda.driver.CudnnApi;
import dev.multibox.tensor.DType;
import dev.multibox.tensor.Tensor;
import dev.multibox.tensor.TensorArena;
import java.util.Collection;
import java.util.Locale;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Convolution by cuDNN, which reads and writes our layouts as they are. A bias and a ReLU are done
 * along where an engine can; otherwise by our kernels, in place behind it. What cuBLAS is better at
 * {@link PointwiseProducts} does.
 *
 * <p>A batch for which there is no plan is done in parts.
 */
public final class CudnnConvolution extends CudaConvolution {
  /** What a convolution may need beside its operands; all share it. */
  private static final long WORKSPACE_BYTES = 256L << 20;

  private final Setting setting;
  private final CudnnApi api;
  private final PlanBook plans;
  private final PointwiseProducts products;

  private CudnnConvolution(
      Setting setting, CudnnApi api, PlanBook plans, PointwiseProducts products) {
    this.setting = setting;
    this.api = api;
    this.plans = plans;
    this.products = products;
  }

  /**
   * Convolves with plans whose times were taken on {@code setting}'s GPU. Takes over what it is
   * given.
   *
   * @param target what is planned for
   * @param cache what is known of earlier processes
   * @param cublas opens the cuBLAS of the same stream, if there are products for it
   * @param tf32 whether convolutions of F32 may round their factors to TF32
   */
  public static CudnnConvolution open(
      Setting setting,
      CudnnApi api,
      PlanTarget target,
      PlanCache cache,
      Supplier<CublasApi> cublas,
      boolean tf32) {
    PlanTimer timer = new PlanTimer(setting.driver(), setting.stream());
    PlanSearch search = new PlanSearch(api, target);
    return new CudnnConvolution(
        setting,
        api,
        new PlanBook(search, cache, timer, tf32, WORKSPACE_BYTES),
        new PointwiseProducts(cublas, tf32));
  }

  @Override
  protected void runForward(
      Tensor x,
      Tensor filter,
      @Nullable Tensor bias,
      Activation activation,
      ConvolutionParams params,
      Tensor out) {
    if (filter.size() == 0) {
      sumNothing(Gradient.overwrite(out));
      finishForward(bias, activation, out);
      return;
    }
    ConvolutionCall plain =
        ConvolutionCall.plain(Pass.FORWARD, x.dtype(), x.shape(), filter.shape(), params);
    ConvolutionCall fused = plain.withBias(activation);
    if (bias != null && isFused(fused)) {
      run(fused, x.address(), filter.address(), out.address(), bias);
    } else {
      run(plain, x.address(), filter.address(), out.address(), null);
      finishForward(bias, activation, out);
    }
  }

  /** Whether the library adds the bias and applies the activation along. */
  private boolean isFused(ConvolutionCall call) {
    boolean along = call.activation() == Activation.NONE || call.activation() == Activation.RELU;
    return along && plans.has(call);
  }

  /** What the library could not do along. */
  private void finishForward(@Nullable Tensor bias, Activation activation, Tensor out) {
    if (bias != null) {
      setting.elementwise().bias(out, bias, activation, out);
    } else if (activation != Activation.NONE) {
      setting.elementwise().activation(out, activation, out);
    }
  }

  @Override
  protected void runForwardNormalised(
      Tensor x,
      Tensor filter,
      FixedNorm norm,
      @Nullable Tensor residual,
      Activation activation,
      ConvolutionParams params,
      Tensor out) {
    runForward(x, filter, null, Activation.NONE, params, out);
    setting
        .batchNorm()
        .apply(
            out, norm.mean(), norm.invStd(), norm.gamma(), norm.beta(), residual, activation, out);
  }

  /** The bias in the type of the other tensors, which is what cuDNN has engines for. */
  private long biasAddress(Tensor bias, DType dtype, long room) {
    if (bias.dtype() == dtype) {
      return bias.address();
    }
    setting.convert().convert(bias, Tensor.unowned(bias.shape(), dtype, room));
    return room;
  }

  /** What that bias takes of the workspace: those of F32 are read where they are. */
  private static long biasRoom(ConvolutionCall call) {
    return call.bias() && call.type() != DType.F32
        ? TensorArena.padded(Math.multiplyExact(call.filter().dim(0), (long) call.type().bytes()))
        : 0;
  }

  @Override
  public long workspaceBytes(Collection<ConvolutionCall> calls) {
    return calls.stream()
        .filter(call -> call.filter().size() > 0 && call.out().size() > 0)
        .mapToLong(call -> workspaceBytes(planned(call)))
        .max()
        .orElse(0);
  }

  /** A call as the library is asked for it. */
  private ConvolutionCall planned(ConvolutionCall call) {
    boolean asItIs =
        switch (call.pass()) {
          case FORWARD -> call.bias() && isFused(call);
          case FORWARD_NORMALISED -> false;
          case BACKWARD_DATA, BACKWARD_FILTER -> true;
        };
    return asItIs
        ? call
        : ConvolutionCall.plain(Pass.FORWARD, call.type(), call.x(), call.filter(), call.params());
  }

  /** What all parts of a call that is planned so take, one after the other. */
  private long workspaceBytes(ConvolutionCall call) {
    if (products.does(call)) {
      return PointwiseProducts.WORKSPACE_BYTES;
    }
    long images = call.x().dim(0);
    long each = plans.imagesAtOnce(call);
    long most = 0;
    for (long done = 0; done < images; done += each) {
      most = Math.max(most, plans.plan(part(call, done, each)).workspaceBytes());
    }
    return biasRoom(call) + most;
  }

  /** Images from {@code done} on. */
  private static ConvolutionCall part(ConvolutionCall call, long done, long each) {
    ConvolutionCall part = call.withImages(Math.min(each, call.x().dim(0) - done));
    // The filter's gradient is a sum over all parts.
    boolean sums = call.pass() == Pass.BACKWARD_FILTER && done > 0;
    return sums ? part.with(Accumulate.ADD) : part;
  }

  @Override
  protected void runBackwardData(
      Tensor dOut, Tensor filter, ConvolutionParams params, Gradient dx) {
    Tensor target = dx.tensor();
    ConvolutionCall call =
        ConvolutionCall.plain(
            Pass.BACKWARD_DATA, dOut.dtype(), target.shape(), filter.shape(), params);
    if (dOut.size() == 0 || filter.size() == 0) {
      sumNothing(dx);
      return;
    }
    ConvolutionCall added = dx.adds() ? call.with(Accumulate.ADD) : call;
    if (products.does(added)) {
      long room = setting.workspace().take(PointwiseProducts.WORKSPACE_BYTES);
      products.run(added, dOut.address(), filter.address(), target.address(), room);
    } else {
      run(added, target.address(), filter.address(), dOut.address(), null);
    }
  }

  @Override
  protected void runBackwardFilter(
      Tensor x, Tensor dOut, ConvolutionParams params, Gradient dFilter) {
    Tensor target = dFilter.tensor();
    ConvolutionCall call =
        ConvolutionCall.plain(Pass.BACKWARD_FILTER, x.dtype(), x.shape(), target.shape(), params);
    if (dOut.size() == 0) {
      sumNothing(dFilter);
      return;
    }
    run(
        dFilter.adds() ? call.with(Accumulate.ADD) : call,
        x.address(),
        target.address(),
        dOut.address(),
        null);
  }

  private void sumNothing(Gradient gradient) {
    if (!gradient.adds()) {
      setting.stream().fill(gradient.tensor().address(), gradient.tensor().bytes(), (byte) 0);
    }
  }

  /** Does a call, in parts of its batch if it must be. */
  private void run(ConvolutionCall call, long x, long filter, long out, @Nullable Tensor bias) {
    long room = setting.workspace().take(Math.max(1, workspaceBytes(call)));
    long biasAddress = bias == null ? 0 : biasAddress(bias, call.type(), room);
    long images = call.x().dim(0);
    long each = plans.imagesAtOnce(call);
    long xBytes = call.x().size() / images * call.type().bytes();
    long outBytes = call.out().size() / images * call.type().bytes();
    for (long done = 0; done < images; done += each) {
      plans
          .plan(part(call, done, each))
          .execute(
              new Operands(
                  x + done * xBytes,
                  filter,
                  out + done * outBytes,
                  biasAddress,
                  room + biasRoom(call)));
    }
  }

  /** For example {@code cuDNN 9.24.0}. */
  @Override
  public String description() {
    long version = api.version();
    return String.format(
        Locale.ROOT, "cuDNN %d.%d.%d", version / 10_000, version / 100 % 100, version % 100);
  }

  @Override
  public void close() {
    plans.close();
    products.close();
    api.close();
  }
}
