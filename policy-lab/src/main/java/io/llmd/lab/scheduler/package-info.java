/** The real scheduler on a hand-driven clock. */
@NullMarked
package io.llmd.lab.scheduler;

import org.jspecify.annotations.NullMarked;
