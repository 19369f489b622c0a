/** The Responses API: conversations that the endpoint may remember. */
@NullMarked
package io.llmd.simulator.responses;

import org.jspecify.annotations.NullMarked;
