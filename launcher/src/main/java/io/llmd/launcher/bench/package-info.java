/** Measures the gateway beside plain proxies: CPU time per request and event, throughput, added latency. */
@NullMarked
package io.llmd.launcher.bench;

import org.jspecify.annotations.NullMarked;
