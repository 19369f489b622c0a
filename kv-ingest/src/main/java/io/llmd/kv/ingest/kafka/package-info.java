/**
 * Carries what changes in lanes over Kafka: who owns a lane, its deltas and snapshots from the owner to every replica, and
 * how a replica starts and follows.
 */
@NullMarked
package io.llmd.kv.ingest.kafka;

import org.jspecify.annotations.NullMarked;
