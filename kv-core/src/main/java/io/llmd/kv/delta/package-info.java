/**
 * What changed in a lane as bytes for a log: delta records that follow each other, and snapshots that a reader of the log
 * starts from.
 */
@NullMarked
package io.llmd.kv.delta;

import org.jspecify.annotations.NullMarked;
