package io.llmd.scheduler.plugin;

/** Parameters of a plugin that has none. */
public record NoParams() {}
