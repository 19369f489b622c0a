/** Asks one URL whether it is well. */
@NullMarked
package io.llmd.launcher.health;

import org.jspecify.annotations.NullMarked;
