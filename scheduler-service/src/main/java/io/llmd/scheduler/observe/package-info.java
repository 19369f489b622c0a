/** Meters and health. */
@NullMarked
package io.llmd.scheduler.observe;

import org.jspecify.annotations.NullMarked;
