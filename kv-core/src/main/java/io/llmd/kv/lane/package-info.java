/** Follows the events of one endpoint: what it holds, by request key and tier. */
@NullMarked
package io.llmd.kv.lane;

import org.jspecify.annotations.NullMarked;
