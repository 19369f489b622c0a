/** Publishes the KV events of an engine over ZeroMQ as vLLM does: live batches, replay, and faults on purpose. */
@NullMarked
package io.llmd.simulator.kvevents;

import org.jspecify.annotations.NullMarked;
