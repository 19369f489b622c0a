/** Decisions that explain themselves: what was seen, what each plugin said, what came of it, and what would have. */
@NullMarked
package io.llmd.scheduler.explain;

import org.jspecify.annotations.NullMarked;
