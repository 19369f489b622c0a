/** {@code llmd top}: the endpoints of the running suite, again and again. */
@NullMarked
package io.llmd.launcher.top;

import org.jspecify.annotations.NullMarked;
