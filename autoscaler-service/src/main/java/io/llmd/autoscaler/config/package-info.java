/** Settings and wiring. */
@NullMarked
package io.llmd.autoscaler.config;

import org.jspecify.annotations.NullMarked;
