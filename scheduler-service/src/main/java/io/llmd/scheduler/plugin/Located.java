package io.llmd.scheduler.plugin;

/**
 * A value of a configuration file with its place.
 *
 * @param value the value
 * @param line line in the file, first is 1; 0 for a value that no file contains
 * @param <T> type of the value
 */
public record Located<T>(T value, int line) {}
