/** Runs collecting, analyzing and planning on a clock, and keeps what they have learnt. */
@NullMarked
package io.llmd.autoscaler.loop;

import org.jspecify.annotations.NullMarked;
