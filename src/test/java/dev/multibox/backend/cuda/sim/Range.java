package dev.multibox.backend.cuda.sim;

/** Bytes of device memory. */
public record Range(long address, long bytes) {}
