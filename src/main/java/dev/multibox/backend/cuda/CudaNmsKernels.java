package dev.multibox.backend.cuda;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.multibox.backend.BoxCoding;
import dev.multibox.backend.Detections;
import dev.multibox.backend.HeadOutputs;
import dev.multibox.backend.NmsKernels;
import dev.multibox.backend.NmsParams;
import dev.multibox.backend.NmsParams.Choice;
import dev.multibox.backend.NmsParams.Clip;
import dev.multibox.backend.NmsParams.Overlap;
import dev.multibox.backend.Priors;
import dev.multibox.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** {@code nms.cu}. */
final class CudaNmsKernels extends NmsKernels {
  /** Words of candidates that a block of the first kernel owns, a warp each. */
  private static final int SCORE_WORDS = 4;

  private static final int SCORE_THREADS = 32 * SCORE_WORDS;
  private static final int SELECT_THREADS = 128;

  private final KernelFamily kernels;
  private final HeadTable table = new HeadTable(SCORE_WORDS);
  private final CodingStruct coding = new CodingStruct();
  private final MemorySegment scoring = Arena.ofAuto().allocate(JAVA_INT, 3);
  private final MemorySegment rule = Arena.ofAuto().allocate(JAVA_INT, 4);
  private final MemorySegment clip = Arena.ofAuto().allocate(JAVA_INT, 4);

  CudaNmsKernels(KernelFamily kernels) {
    this.kernels = kernels;
  }

  @Override
  protected void runNms(
      Tensor boxes,
      Tensor scores,
      float iouThreshold,
      NmsParams.Overlap overlap,
      Tensor keep,
      Tensor count) {
    int size = scores.shape().intDim(0);
    kernels
        .launch("nms")
        .block(SELECT_THREADS)
        .grid(1)
        .arg(size)
        .arg(boxes.address())
        .arg(scores.address())
        .arg(rule(iouThreshold, overlap, Integer.MAX_VALUE, Integer.MAX_VALUE))
        .arg(kernels.workspace().take(Math.max(1, boxes.bytes())))
        .arg(keep.address())
        .arg(count.address())
        .run(kernels.stream());
  }

  @Override
  protected void runDetect(
      HeadOutputs heads,
      Priors priors,
      BoxCoding boxCoding,
      NmsParams params,
      float imageWidth,
      float imageHeight,
      Detections out) {
    if (heads.batch() == 0) {
      return;
    }
    table.fill(heads);
    scoring.setAtIndex(JAVA_INT, 0, code(params.scores()));
    scoring.setAtIndex(JAVA_INT, 1, params.choice() == Choice.BEST_CLASS ? 1 : 0);
    scoring.setAtIndex(JAVA_FLOAT, 2, params.scoreThreshold());
    clip.setAtIndex(JAVA_INT, 0, params.clip() == Clip.BEFORE_NMS ? 1 : 0);
    clip.setAtIndex(JAVA_INT, 1, params.clip() == Clip.AFTER_NMS ? 1 : 0);
    clip.setAtIndex(JAVA_FLOAT, 2, imageWidth);
    clip.setAtIndex(JAVA_FLOAT, 3, imageHeight);
    Work work = Work.of(heads, table.words(), params, kernels.workspace());
    score(heads, params, work);
    suppress(heads, priors, boxCoding, params, work);
    gather(heads, work, out);
  }

  /**
   * Where the kernels leave what the next one reads.
   *
   * @param kept boxes that a class of an image keeps at most
   * @param sums {@code [N, slots, 2]} F32
   * @param best {@code [N, slots]} F32, or 0 where nothing asks for it
   * @param candidates {@code [N, K - 1, words]} bits
   * @param boxes {@code [N, K - 1, kept, 4]} F32
   * @param scores {@code [N, K - 1, kept]} F32
   * @param counts {@code [N, K - 1]} I32
   */
  private record Work(
      int kept, long sums, long best, long candidates, long boxes, long scores, long counts) {
    static Work of(HeadOutputs heads, int words, NmsParams params, CudaWorkspace workspace) {
      long lists = (long) heads.batch() * (heads.classes() - 1);
      long slots = 32L * heads.batch() * words;
      int limit = params.candidatesPerClass();
      int kept =
          Math.min(Math.min(limit == 0 ? heads.priors() : limit, heads.priors()), params.topK());
      boolean thins = params.candidatesPerLevel() > 0;
      // Those of 16 bytes first, so that all are aligned.
      long boxBytes = Math.multiplyExact(lists * kept, 4L * Float.BYTES);
      long sumBytes = slots * 2 * Float.BYTES;
      long bestBytes = thins ? slots * Float.BYTES : 0;
      long candidateBytes = Math.multiplyExact(lists * words, (long) Integer.BYTES);
      long scoreBytes = lists * kept * Float.BYTES;
      long boxes =
          workspace.take(
              boxBytes
                  + sumBytes
                  + bestBytes
                  + candidateBytes
                  + scoreBytes
                  + lists * Integer.BYTES);
      long sums = boxes + boxBytes;
      long candidates = sums + sumBytes + bestBytes;
      long scores = candidates + candidateBytes;
      return new Work(
          kept, sums, thins ? sums + sumBytes : 0, candidates, boxes, scores, scores + scoreBytes);
    }
  }

  private void score(HeadOutputs heads, NmsParams params, Work work) {
    kernels
        .launch("nms_score", heads.levels().getFirst().dtype())
        .block(SCORE_THREADS)
        .grid(heads.batch(), table.words() / SCORE_WORDS, 1)
        .arg(table.structure())
        .arg(scoring)
        .arg(work.sums())
        .arg(work.best())
        .arg(work.candidates())
        .run(kernels.stream());
    if (work.best() != 0) {
      kernels
          .launch("nms_thin")
          .block(SELECT_THREADS)
          .grid(heads.batch(), heads.levels().size(), 1)
          .arg(table.structure())
          .arg(params.candidatesPerLevel())
          .arg(work.best())
          .run(kernels.stream());
    }
  }

  private void suppress(
      HeadOutputs heads, Priors priors, BoxCoding boxCoding, NmsParams params, Work work) {
    int limit = params.candidatesPerClass();
    kernels
        .launch("nms_suppress", heads.levels().getFirst().dtype())
        .block(SELECT_THREADS)
        .grid(heads.batch(), heads.classes() - 1, 1)
        .arg(table.structure())
        .arg(scoring)
        .arg(coding.of(boxCoding))
        .arg(clip)
        .arg(
            rule(
                params.iouThreshold(),
                params.overlap(),
                limit == 0 ? Integer.MAX_VALUE : limit,
                work.kept()))
        .arg(priors.centres().address())
        .arg(work.sums())
        .arg(work.best())
        .arg(work.candidates())
        .arg(work.scores())
        .arg(work.boxes())
        .arg(work.counts())
        .run(kernels.stream());
  }

  private void gather(HeadOutputs heads, Work work, Detections out) {
    kernels.stream().fill(out.boxes().address(), out.boxes().bytes(), (byte) 0);
    kernels.stream().fill(out.scores().address(), out.scores().bytes(), (byte) 0);
    kernels.stream().fill(out.labels().address(), out.labels().bytes(), (byte) 0);
    kernels
        .launch("nms_gather")
        .block(SELECT_THREADS)
        .grid(heads.batch(), heads.classes() - 1, 1)
        .arg(heads.classes())
        .arg(work.kept())
        .arg(out.scores().shape().intDim(1))
        .arg(clip)
        .arg(work.scores())
        .arg(work.boxes())
        .arg(work.counts())
        .arg(out.boxes().address())
        .arg(out.scores().address())
        .arg(out.labels().address())
        .arg(out.counts().address())
        .run(kernels.stream());
  }

  private MemorySegment rule(float iouThreshold, Overlap overlap, int limit, int most) {
    rule.setAtIndex(JAVA_FLOAT, 0, iouThreshold);
    rule.setAtIndex(JAVA_INT, 1, overlap == Overlap.AT_LEAST ? 1 : 0);
    rule.setAtIndex(JAVA_INT, 2, limit);
    rule.setAtIndex(JAVA_INT, 3, most);
    return rule;
  }

  /** The number of {@code nms.cu}. */
  private static int code(NmsParams.Scores scores) {
    return switch (scores) {
      case SOFTMAX -> 0;
      case SIGMOID -> 1;
    };
  }
}
