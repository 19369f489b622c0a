package io.llmd.scheduler.explain;

import io.llmd.scheduler.scheduling.ExtensionPoint;
import org.jspecify.annotations.Nullable;

/**
 * One call of a plugin.
 *
 * @param point where it was called
 * @param profile profile that it was called for; null when it served the whole decision
 * @param plugin instance name
 * @param startNanos reading of the monotonic clock
 * @param nanos how long it took
 */
public record PluginCall(ExtensionPoint point, @Nullable String profile, String plugin, long startNanos, long nanos) {}
