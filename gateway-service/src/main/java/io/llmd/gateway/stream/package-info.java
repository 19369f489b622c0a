/** Relays what an endpoint answers: whole events, in order, with usage read on the way. */
@NullMarked
package io.llmd.gateway.stream;

import org.jspecify.annotations.NullMarked;
