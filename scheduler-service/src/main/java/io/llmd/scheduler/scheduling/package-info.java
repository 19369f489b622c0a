/** The pure core of endpoint picking: a request and candidates go in, a result comes out. */
@NullMarked
package io.llmd.scheduler.scheduling;

import org.jspecify.annotations.NullMarked;
