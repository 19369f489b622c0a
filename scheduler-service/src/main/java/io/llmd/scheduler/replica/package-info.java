/** Load that schedulers of one pool tell each other, so that none of them thinks an endpoint idle that others filled. */
@NullMarked
package io.llmd.scheduler.replica;

import org.jspecify.annotations.NullMarked;
