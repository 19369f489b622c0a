/** The scheduler over HTTP. */
@NullMarked
package io.llmd.scheduler.api.http;

import org.jspecify.annotations.NullMarked;
