/** Ways in which what was decided gets to what carries it out. */
@NullMarked
package io.llmd.autoscaler.actuator;

import org.jspecify.annotations.NullMarked;
