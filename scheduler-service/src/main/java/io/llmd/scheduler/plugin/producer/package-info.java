/** Plugins that write data about a request and its candidates. */
@NullMarked
package io.llmd.scheduler.plugin.producer;

import org.jspecify.annotations.NullMarked;
