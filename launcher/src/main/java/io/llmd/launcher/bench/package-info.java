/**
 * Measures the gateway beside plain proxies (CPU time per request and event, throughput, added latency), and the
 * simulator under both clocks.
 */
@NullMarked
package io.llmd.launcher.bench;

import org.jspecify.annotations.NullMarked;
