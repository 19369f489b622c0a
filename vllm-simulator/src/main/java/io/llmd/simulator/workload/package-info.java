/** Workloads for simulations: stages of rising load, clients that wait for answers, recorded traffic. */
@NullMarked
package io.llmd.simulator.workload;

import org.jspecify.annotations.NullMarked;
