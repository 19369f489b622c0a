/** The engine model: continuous batching, block pool and step time, in virtual nanoseconds and without threads. */
@NullMarked
package io.llmd.simulator.engine;

import org.jspecify.annotations.NullMarked;
