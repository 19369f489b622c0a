/** Many engines, their clients and a router in virtual time: one thread, no clock, the same run for the same seed. */
@NullMarked
package io.llmd.simulator.cluster;

import org.jspecify.annotations.NullMarked;
