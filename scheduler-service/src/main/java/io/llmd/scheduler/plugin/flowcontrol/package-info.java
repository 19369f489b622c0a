/** Saturation detectors, ceilings, fairness, order and eviction: what steers flow control, one file each. */
@NullMarked
package io.llmd.scheduler.plugin.flowcontrol;

import org.jspecify.annotations.NullMarked;
