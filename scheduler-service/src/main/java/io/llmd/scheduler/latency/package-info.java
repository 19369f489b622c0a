/** Latencies of requests: what they follow from, who predicts them, and what is learned from those that were measured. */
@NullMarked
package io.llmd.scheduler.latency;

import org.jspecify.annotations.NullMarked;
