/** The one pipeline behind all doors of the scheduler. */
@NullMarked
package io.llmd.scheduler.api;

import org.jspecify.annotations.NullMarked;
