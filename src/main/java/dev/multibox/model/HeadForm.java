package dev.multibox.model;

/** What a head is made of. */
public enum HeadForm {
  /** One 3×3 convolution for logits and offsets together. */
  CONVOLUTION,
  /** One separable convolution for the logits and another for the offsets: SSDlite's. */
  SEPARABLE
}
