// Stands in for cuBLAS: says each call with its arguments.
#include <stdio.h>

typedef int Status;
typedef void *Handle;

#define SAY(...) (printf(__VA_ARGS__), fflush(stdout), 0)

Status cublasCreate_v2(Handle *handle) { *handle = (Handle)0x10; return SAY("cublasCreate\n"); }
Status cublasDestroy_v2(Handle handle) { return SAY("cublasDestroy %p\n", handle); }
Status cublasGetVersion_v2(Handle handle, int *version) { *version = 130101; return SAY("cublasGetVersion\n"); }
Status cublasSetStream_v2(Handle handle, Handle stream) { return SAY("cublasSetStream %p, %p\n", handle, stream); }
Status cublasSetWorkspace_v2(Handle handle, void *memory, size_t bytes) {
    return SAY("cublasSetWorkspace %p, %zu\n", memory, bytes);
}
// A product of no rows is refused, as an invalid value.
Status cublasGemmEx(Handle handle, int op_a, int op_b, int m, int n, int k, const void *alpha, const void *a, int type_a,
                    int lda, const void *b, int type_b, int ldb, const void *beta, void *c, int type_c, int ldc,
                    int compute, int algorithm) {
    (void)SAY("cublasGemmEx ops %d %d, %d %d %d, %g, %p type %d ld %d, %p type %d ld %d, %g, %p type %d ld %d, compute %d, %d\n",
        op_a, op_b, m, n, k, *(const float *)alpha, a, type_a, lda, b, type_b, ldb, *(const float *)beta, c, type_c, ldc,
        compute, algorithm);
    return n == 0 ? 7 : 0;
}
