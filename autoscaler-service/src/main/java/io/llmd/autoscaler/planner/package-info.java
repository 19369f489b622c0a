/** Signals to numbers of replicas, with the reason for each step. */
@NullMarked
package io.llmd.autoscaler.planner;

import org.jspecify.annotations.NullMarked;
