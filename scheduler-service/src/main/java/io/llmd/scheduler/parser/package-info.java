/** Reads of a request body what scheduling needs, in one pass. */
@NullMarked
package io.llmd.scheduler.parser;

import org.jspecify.annotations.NullMarked;
