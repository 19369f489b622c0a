/** Which endpoint holds which block, for all endpoints of a pool. */
@NullMarked
package io.llmd.kv.index;

import org.jspecify.annotations.NullMarked;
