/** Relays what an endpoint answers: whole events, in order, with usage read on the way. */
@NullMarked
package io.llmd.openai.stream;

import org.jspecify.annotations.NullMarked;
