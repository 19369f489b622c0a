/** Prompts without generation, and generation from token ids to token ids. */
@NullMarked
package io.llmd.simulator.scaleout;

import org.jspecify.annotations.NullMarked;
