/** {@code llmd keys}: API keys for the gateway's key file. */
@NullMarked
package io.llmd.launcher.keys;

import org.jspecify.annotations.NullMarked;
