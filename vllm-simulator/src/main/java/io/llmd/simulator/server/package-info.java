/** The Netty adapter: sockets, connections, exchanges, and the thread that drives engines. */
@NullMarked
package io.llmd.simulator.server;

import org.jspecify.annotations.NullMarked;
