/** An index that is fed by engines' sockets directly, in the process that asks it. */
@NullMarked
package io.llmd.kv.ingest.direct;

import org.jspecify.annotations.NullMarked;
