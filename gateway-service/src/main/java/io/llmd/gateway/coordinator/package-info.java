/** The gateway before another one, to which it sends a request for each phase: where its requests go, and media it fetches. */
@NullMarked
package io.llmd.gateway.coordinator;

import org.jspecify.annotations.NullMarked;
