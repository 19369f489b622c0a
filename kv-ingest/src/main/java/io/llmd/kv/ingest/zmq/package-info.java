/** Reads ZMQ sockets of engines: ZMTP 3.0 over NIO, many connections on one thread. */
@NullMarked
package io.llmd.kv.ingest.zmq;

import org.jspecify.annotations.NullMarked;
