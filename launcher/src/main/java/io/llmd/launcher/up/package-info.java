/** A trial of the whole suite on one machine: start, progress, state, stop. */
@NullMarked
package io.llmd.launcher.up;

import org.jspecify.annotations.NullMarked;
