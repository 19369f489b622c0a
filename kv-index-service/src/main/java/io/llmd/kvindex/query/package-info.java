/** Look-ups over HTTP. */
@NullMarked
package io.llmd.kvindex.query;

import org.jspecify.annotations.NullMarked;
