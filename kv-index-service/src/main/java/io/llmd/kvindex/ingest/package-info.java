/** Where engines are, and the index that follows them, over their sockets or over the log. */
@NullMarked
package io.llmd.kvindex.ingest;

import org.jspecify.annotations.NullMarked;
