/** Decisions, what-if questions and holds over HTTP. */
@NullMarked
package io.llmd.autoscaler.api;

import org.jspecify.annotations.NullMarked;
