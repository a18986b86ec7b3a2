package dev.multibox.backend.cuda.driver;

import static jcuda.cudaDataType.CUDA_R_32F;
import static jcuda.jcublas.cublasComputeType.CUBLAS_COMPUTE_32F_FAST_TF32;
import static jcuda.jcublas.cublasComputeType.CUBLAS_COMPUTE_32F_PEDANTIC;
import static jcuda.jcublas.cublasGemmAlgo.CUBLAS_GEMM_DEFAULT;
import static jcuda.jcublas.cublasOperation.CUBLAS_OP_N;

import com.google.errorprone.annotations.FormatMethod;
import com.google.errorprone.annotations.FormatString;
import dev.multibox.natives.CudaLibraries;
import dev.multibox.natives.JCudaNatives;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import jcuda.Pointer;
import jcuda.jcublas.JCublas2;
import jcuda.jcublas.cublasHandle;
import jcuda.jcublas.cublasStatus;
import jcuda.runtime.cudaStream_t;

/** {@link CublasApi} through JCublas. */
public final class JCublasApi implements CublasApi {
  /** Every function of cuBLAS that is called here: the library must have them all. */
  public static final List<String> FUNCTIONS =
      List.of(
          "cublasCreate_v2",
          "cublasDestroy_v2",
          "cublasGemmEx",
          "cublasGetVersion_v2",
          "cublasSetStream_v2",
          "cublasSetWorkspace_v2");

  private final cublasHandle handle = new cublasHandle();

  private JCublasApi() {}

  /**
   * The cuBLAS that {@link CudaSystem} found, with its work on {@code stream}.
   *
   * @throws IOException if JCublas's natives cannot be loaded
   */
  public static JCublasApi open(Stream stream) throws IOException {
    CudaLibraries loaded = CudaSystem.find().libraries();
    if (loaded == null || !loaded.cublas().isUsable()) {
      throw new IllegalStateException("cuBLAS: not loaded; ./multibox info says why");
    }
    return open(stream, loaded.cudaVersion());
  }

  /**
   * cuBLAS with its work on {@code stream}; its library must be loaded already.
   *
   * @param cudaVersion of which CUDA that library is, 12 or 13
   * @throws IOException if JCublas's natives cannot be loaded
   */
  static JCublasApi open(Stream stream, int cudaVersion) throws IOException {
    if (!(stream instanceof JCudaStream own)) {
      throw new IllegalArgumentException("cuBLAS: a stream of another driver");
    }
    JCudaNatives.loadCublas(cudaVersion);
    JCublasApi api = new JCublasApi();
    check(JCublas2.cublasCreate(api.handle), "cublasCreate()");
    check(
        JCublas2.cublasSetStream(api.handle, new cudaStream_t(own.stream())), "cublasSetStream()");
    return api;
  }

  @Override
  public int version() {
    int[] version = new int[1];
    check(JCublas2.cublasGetVersion(handle, version), "cublasGetVersion()");
    return version[0];
  }

  /** cuBLAS counts columns first: there, a row-major {@code c} is {@code b a} of the transposed. */
  @Override
  public void multiply(int m, int n, int k, long a, long b, long c, boolean adds, boolean tf32) {
    Pointer one = Pointer.to(new float[] {1});
    Pointer beta = Pointer.to(new float[] {adds ? 1 : 0});
    check(
        JCublas2.cublasGemmEx_new(
            handle,
            CUBLAS_OP_N,
            CUBLAS_OP_N,
            n,
            m,
            k,
            one,
            Native.device(b),
            CUDA_R_32F,
            n,
            Native.device(a),
            CUDA_R_32F,
            k,
            beta,
            Native.device(c),
            CUDA_R_32F,
            n,
            tf32 ? CUBLAS_COMPUTE_32F_FAST_TF32 : CUBLAS_COMPUTE_32F_PEDANTIC,
            CUBLAS_GEMM_DEFAULT),
        "multiply(m=%d, n=%d, k=%d)",
        m,
        n,
        k);
  }

  @Override
  public void setWorkspace(long address, long bytes) {
    check(
        JCublas2.cublasSetWorkspace(handle, Native.device(address), bytes),
        "setWorkspace(0x%x, bytes=%d)",
        address,
        bytes);
  }

  @FormatMethod
  private static void check(int status, @FormatString String call, Object... args) {
    if (status != cublasStatus.CUBLAS_STATUS_SUCCESS) {
      throw new IllegalStateException(
          "cuBLAS: %s: %s"
              .formatted(String.format(Locale.ROOT, call, args), cublasStatus.stringFor(status)));
    }
  }

  @Override
  public void close() {
    check(JCublas2.cublasDestroy(handle), "cublasDestroy()");
  }
}
