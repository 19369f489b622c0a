/** Settings and wiring. */
@NullMarked
package io.llmd.scheduler.config;

import org.jspecify.annotations.NullMarked;
