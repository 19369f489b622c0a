/** Owns lanes: follows the sockets of engines and publishes what changes to the log. */
@NullMarked
package io.llmd.kv.ingest.owner;

import org.jspecify.annotations.NullMarked;
