/** Sessions that stay with the endpoint that served them before. */
@NullMarked
package io.llmd.scheduler.plugin.session;

import org.jspecify.annotations.NullMarked;
