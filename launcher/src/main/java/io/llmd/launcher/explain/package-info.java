/** Where a request would go, and why. */
@NullMarked
package io.llmd.launcher.explain;

import org.jspecify.annotations.NullMarked;
