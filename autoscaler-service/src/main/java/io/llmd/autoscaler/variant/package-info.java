/** What is scaled: variants, lanes, classes of requests, and what was seen of them. */
@NullMarked
package io.llmd.autoscaler.variant;

import org.jspecify.annotations.NullMarked;
