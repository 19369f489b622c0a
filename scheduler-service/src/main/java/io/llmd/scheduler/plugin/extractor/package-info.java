/** What is read of the data about endpoints. */
@NullMarked
package io.llmd.scheduler.plugin.extractor;

import org.jspecify.annotations.NullMarked;
