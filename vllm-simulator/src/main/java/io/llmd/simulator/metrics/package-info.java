/** Meters of one simulated endpoint under vLLM's names, and their text exposition. */
@NullMarked
package io.llmd.simulator.metrics;

import org.jspecify.annotations.NullMarked;
