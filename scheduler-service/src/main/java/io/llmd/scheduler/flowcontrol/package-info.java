/** Holds requests while the pool is full, and says which of them goes next. */
@NullMarked
package io.llmd.scheduler.flowcontrol;

import org.jspecify.annotations.NullMarked;
