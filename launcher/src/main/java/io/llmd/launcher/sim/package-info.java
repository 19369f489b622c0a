/** One simulated endpoint alone. */
@NullMarked
package io.llmd.launcher.sim;

import org.jspecify.annotations.NullMarked;
