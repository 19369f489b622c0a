/** The Netty adapter: HTTP routes, request validation, answers, event streams, and the thread that drives engines. */
@NullMarked
package io.llmd.simulator.server;

import org.jspecify.annotations.NullMarked;
