/** Carries the KV events of engines to block indexes. */
@NullMarked
package io.llmd.kv.ingest;

import org.jspecify.annotations.NullMarked;
