/** Traces over OTLP, set up alike in every service. */
@NullMarked
package io.llmd.trace;

import org.jspecify.annotations.NullMarked;
