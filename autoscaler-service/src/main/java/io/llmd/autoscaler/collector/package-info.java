/** What engines and routers say of themselves, in one form for all of them. */
@NullMarked
package io.llmd.autoscaler.collector;

import org.jspecify.annotations.NullMarked;
