/** The OpenAI-compatible edge of the suite. */
@NullMarked
package io.llmd.gateway;

import org.jspecify.annotations.NullMarked;
