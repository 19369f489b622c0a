/** The service that knows which endpoint holds which block. */
@NullMarked
package io.llmd.kvindex;

import org.jspecify.annotations.NullMarked;
