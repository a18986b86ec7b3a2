// Stands in for NVIDIA's driver, libcuda.so.1: says each call with its arguments, and does as little as a caller can
// notice. STANDIN_FAIL=function=status lets one function return that status.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef int CUresult;
typedef void *Handle;
typedef uint64_t Address;

#define SUCCESS 0
#define INVALID_VALUE 1
#define NOT_FOUND 500

// Handles are small numbers that tell what they are: contexts from 0x100 on, streams from 0x200 on, and so on.
static uintptr_t next_stream = 0x200, next_event = 0x300;
static Address next_address = 0x700000000000;

static void say(const char *text) {
    fputs(text, stdout);
    fputc('\n', stdout);
    fflush(stdout);
}

#define SAY(...)                                      \
    do {                                              \
        char line[512];                               \
        snprintf(line, sizeof line, __VA_ARGS__);     \
        say(line);                                    \
    } while (0)

// What STANDIN_FAIL says of this function, else success.
static CUresult status_of(const char *function) {
    const char *fail = getenv("STANDIN_FAIL");
    size_t length = strlen(function);
    if (fail && strncmp(fail, function, length) == 0 && fail[length] == '=') return atoi(fail + length + 1);
    return SUCCESS;
}

#define RETURN return status_of(__func__)

static void hex(const unsigned char *bytes, size_t count, char *text) {
    for (size_t i = 0; i < count; i++) sprintf(text + 2 * i, "%02x", bytes[i]);
}

CUresult cuInit(unsigned flags) { SAY("cuInit %u", flags); RETURN; }
CUresult cuDriverGetVersion(int *version) { *version = 13000; SAY("cuDriverGetVersion"); RETURN; }
CUresult cuDeviceGetCount(int *count) { *count = 2; SAY("cuDeviceGetCount"); RETURN; }
CUresult cuDeviceGet(int *device, int ordinal) { *device = ordinal; SAY("cuDeviceGet %d", ordinal); RETURN; }
CUresult cuDeviceGetName(char *name, int length, int device) {
    snprintf(name, length, "Stand-in GPU %d", device);
    SAY("cuDeviceGetName %d, device %d", length, device);
    RETURN;
}
CUresult cuDeviceTotalMem_v2(size_t *bytes, int device) {
    *bytes = 150754820096;
    SAY("cuDeviceTotalMem device %d", device);
    RETURN;
}
CUresult cuDeviceGetAttribute(int *value, int attribute, int device) {
    *value = 1000 + attribute;
    SAY("cuDeviceGetAttribute %d, device %d", attribute, device);
    RETURN;
}

CUresult cuDevicePrimaryCtxRetain(Handle *context, int device) {
    *context = (Handle)0x100;
    SAY("cuDevicePrimaryCtxRetain device %d", device);
    RETURN;
}
CUresult cuDevicePrimaryCtxRelease_v2(int device) { SAY("cuDevicePrimaryCtxRelease device %d", device); RETURN; }
CUresult cuCtxSetCurrent(Handle context) { SAY("cuCtxSetCurrent %p", context); RETURN; }
CUresult cuCtxSynchronize(void) { SAY("cuCtxSynchronize"); RETURN; }

CUresult cuMemGetInfo_v2(size_t *free_bytes, size_t *total) {
    *free_bytes = 123456789012;
    *total = 150754820096;
    SAY("cuMemGetInfo");
    RETURN;
}
CUresult cuMemAlloc_v2(Address *address, size_t bytes) {
    *address = next_address;
    next_address += 0x1000;
    SAY("cuMemAlloc %zu", bytes);
    RETURN;
}
CUresult cuMemFree_v2(Address address) { SAY("cuMemFree 0x%lx", address); RETURN; }
CUresult cuMemHostAlloc(void **memory, size_t bytes, unsigned flags) {
    *memory = calloc(1, bytes);
    SAY("cuMemHostAlloc %zu, flags %u", bytes, flags);
    RETURN;
}
CUresult cuMemFreeHost(void *memory) { free(memory); SAY("cuMemFreeHost"); RETURN; }

CUresult cuMemcpyHtoDAsync_v2(Address target, const void *source, size_t bytes, Handle stream) {
    char text[65] = "";
    hex(source, bytes < 32 ? bytes : 32, text);
    SAY("cuMemcpyHtoDAsync 0x%lx, %s, %zu, stream %p", target, text, bytes, stream);
    RETURN;
}
// Fills the target with 1, 2, 3, ...
CUresult cuMemcpyDtoHAsync_v2(void *target, Address source, size_t bytes, Handle stream) {
    for (size_t i = 0; i < bytes; i++) ((unsigned char *)target)[i] = (unsigned char)(i + 1);
    SAY("cuMemcpyDtoHAsync 0x%lx, %zu, stream %p", source, bytes, stream);
    RETURN;
}
CUresult cuMemcpyDtoDAsync_v2(Address target, Address source, size_t bytes, Handle stream) {
    SAY("cuMemcpyDtoDAsync 0x%lx, 0x%lx, %zu, stream %p", target, source, bytes, stream);
    RETURN;
}
CUresult cuMemsetD8Async(Address target, unsigned char value, size_t count, Handle stream) {
    SAY("cuMemsetD8Async 0x%lx, %u, %zu, stream %p", target, value, count, stream);
    RETURN;
}

CUresult cuStreamCreate(Handle *stream, unsigned flags) {
    *stream = (Handle)next_stream++;
    SAY("cuStreamCreate %u", flags);
    RETURN;
}
CUresult cuStreamDestroy_v2(Handle stream) { SAY("cuStreamDestroy %p", stream); RETURN; }
CUresult cuStreamSynchronize(Handle stream) { SAY("cuStreamSynchronize %p", stream); RETURN; }
CUresult cuStreamWaitEvent(Handle stream, Handle event, unsigned flags) {
    SAY("cuStreamWaitEvent %p, event %p, %u", stream, event, flags);
    RETURN;
}
CUresult cuStreamBeginCapture_v2(Handle stream, int mode) {
    SAY("cuStreamBeginCapture %p, mode %d", stream, mode);
    RETURN;
}
CUresult cuStreamEndCapture(Handle stream, Handle *graph) {
    *graph = (Handle)0x400;
    SAY("cuStreamEndCapture %p", stream);
    RETURN;
}

CUresult cuEventCreate(Handle *event, unsigned flags) {
    *event = (Handle)next_event++;
    SAY("cuEventCreate %u", flags);
    RETURN;
}
CUresult cuEventDestroy_v2(Handle event) { SAY("cuEventDestroy %p", event); RETURN; }
CUresult cuEventQuery(Handle event) { SAY("cuEventQuery %p", event); RETURN; }
CUresult cuEventSynchronize(Handle event) { SAY("cuEventSynchronize %p", event); RETURN; }
CUresult cuEventRecord(Handle event, Handle stream) { SAY("cuEventRecord %p, stream %p", event, stream); RETURN; }
CUresult cuEventElapsedTime(float *millis, Handle start, Handle end) {
    *millis = 1.5f;
    SAY("cuEventElapsedTime %p, %p", start, end);
    RETURN;
}

// Compiles everything but what says that it is faulty, and writes an error to the log buffer for that.
CUresult cuModuleLoadDataEx(Handle *module, const void *image, unsigned count, int *options, void **values) {
    SAY("cuModuleLoadDataEx %zu bytes, %u options: %d, %d = %zu", strlen(image), count, options[0], options[1],
        (size_t)values[1]);
    if (strstr(image, "faulty")) {
        strcpy(values[0], "ptxas application ptx input, line 7; error\n");
        return 218;
    }
    *module = (Handle)0x500;
    RETURN;
}
CUresult cuModuleUnload(Handle module) { SAY("cuModuleUnload %p", module); RETURN; }
CUresult cuModuleGetFunction(Handle *function, Handle module, const char *name) {
    SAY("cuModuleGetFunction %p, %s", module, name);
    if (strcmp(name, "absent") == 0) return NOT_FOUND;
    *function = (Handle)0x600;
    RETURN;
}
CUresult cuModuleGetGlobal_v2(Address *address, size_t *bytes, Handle module, const char *name) {
    *address = 0x7fff00000100;
    *bytes = 4;
    SAY("cuModuleGetGlobal %p, %s", module, name);
    RETURN;
}

CUresult cuFuncGetAttribute(int *value, int attribute, Handle function) {
    *value = attribute == 0 ? 1024 : attribute == 8 ? 49152 : 10 + attribute;
    SAY("cuFuncGetAttribute %d, function %p", attribute, function);
    RETURN;
}
CUresult cuFuncSetAttribute(Handle function, int attribute, int value) {
    SAY("cuFuncSetAttribute %p, %d = %d", function, attribute, value);
    RETURN;
}
// The kernel takes a pointer, an int, a float and a structure of eight bytes.
CUresult cuLaunchKernel(Handle function, unsigned grid_x, unsigned grid_y, unsigned grid_z, unsigned block_x,
                        unsigned block_y, unsigned block_z, unsigned shared, Handle stream, void **arguments,
                        void **extra) {
    char structure[17];
    hex(arguments[3], 8, structure);
    SAY("cuLaunchKernel %p, %u %u %u, %u %u %u, %u, stream %p, 0x%lx, %d, %g, %s, %p", function, grid_x, grid_y,
        grid_z, block_x, block_y, block_z, shared, stream, *(Address *)arguments[0], *(int *)arguments[1],
        *(float *)arguments[2], structure, (void *)extra);
    RETURN;
}

CUresult cuGraphGetNodes(Handle graph, Handle *nodes, size_t *count) {
    SAY("cuGraphGetNodes %p, %p", graph, (void *)nodes);
    *count = 3;
    RETURN;
}
CUresult cuGraphInstantiateWithFlags(Handle *executable, Handle graph, unsigned long long flags) {
    *executable = (Handle)0x401;
    SAY("cuGraphInstantiate %p, %llu", graph, flags);
    RETURN;
}
CUresult cuGraphLaunch(Handle executable, Handle stream) { SAY("cuGraphLaunch %p, stream %p", executable, stream); RETURN; }
CUresult cuGraphExecDestroy(Handle executable) { SAY("cuGraphExecDestroy %p", executable); RETURN; }
CUresult cuGraphDestroy(Handle graph) { SAY("cuGraphDestroy %p", graph); RETURN; }

CUresult cuGetErrorName(CUresult error, const char **name) {
    switch (error) {
        case 2: *name = "CUDA_ERROR_OUT_OF_MEMORY"; return SUCCESS;
        case 100: *name = "CUDA_ERROR_NO_DEVICE"; return SUCCESS;
        case 218: *name = "CUDA_ERROR_INVALID_PTX"; return SUCCESS;
        case 500: *name = "CUDA_ERROR_NOT_FOUND"; return SUCCESS;
        case 700: *name = "CUDA_ERROR_ILLEGAL_ADDRESS"; return SUCCESS;
        default: *name = NULL; return INVALID_VALUE;
    }
}
CUresult cuGetErrorString(CUresult error, const char **text) {
    *text = "what it means";
    return SUCCESS;
}
