/** What the scheduler knows of endpoints: who they are, what their metrics say, what is in flight to them. */
@NullMarked
package io.llmd.scheduler.datalayer;

import org.jspecify.annotations.NullMarked;
