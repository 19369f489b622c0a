/** What the autoscaler decides, and why, for people. */
@NullMarked
package io.llmd.launcher.scale;

import org.jspecify.annotations.NullMarked;
