/** Bytes of ZMTP 3, which ZeroMQ sockets speak over streams: greeting, commands, frames. */
@NullMarked
package io.llmd.kv.zmtp;

import org.jspecify.annotations.NullMarked;
