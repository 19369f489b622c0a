/** Meters and health. */
@NullMarked
package io.llmd.autoscaler.observe;

import org.jspecify.annotations.NullMarked;
