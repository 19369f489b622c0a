/** Endpoints that return vectors instead of text. */
@NullMarked
package io.llmd.simulator.pooling;

import org.jspecify.annotations.NullMarked;
