/** Which endpoint probably holds which prefix, learned from the scheduler's own decisions. */
@NullMarked
package io.llmd.scheduler.prefix;

import org.jspecify.annotations.NullMarked;
