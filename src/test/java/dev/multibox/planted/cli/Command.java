package dev.multibox.planted.cli;

/** Stands in a package that is in the table, and imports nothing. */
public final class Command {}
