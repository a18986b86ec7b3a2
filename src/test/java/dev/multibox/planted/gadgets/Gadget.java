package dev.multibox.planted.gadgets;

/** Stands in a package that is not in the table. */
public final class Gadget {}
