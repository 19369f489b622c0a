/** Prefill and decode on different engines: what they tell each other, who holds blocks for whom, and how long reading takes. */
@NullMarked
package io.llmd.simulator.handoff;

import org.jspecify.annotations.NullMarked;
