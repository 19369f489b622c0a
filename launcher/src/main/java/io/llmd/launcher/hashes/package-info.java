/** {@code llmd hashes}: block hashes of engines and routers, for comparison. */
@NullMarked
package io.llmd.launcher.hashes;

import org.jspecify.annotations.NullMarked;
