/** {@code llmd completion}: what shells complete. */
@NullMarked
package io.llmd.launcher.completion;

import org.jspecify.annotations.NullMarked;
