/** An index that follows the log of all lanes. */
@NullMarked
package io.llmd.kv.ingest.replica;

import org.jspecify.annotations.NullMarked;
