/** Meters and health. */
@NullMarked
package io.llmd.kvindex.observe;

import org.jspecify.annotations.NullMarked;
